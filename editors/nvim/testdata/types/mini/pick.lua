---@meta mini.pick
-- The part of mini.pick that the plugin and its tests use. Never loaded.
local pick = {}

---@param opts table
function pick.setup(opts) end

---Keeps the main loop until the picker ends.
---@param opts { source: table }
function pick.start(opts) end

---@return boolean
function pick.is_picker_active() end

---@param opts table
function pick.set_picker_opts(opts) end

---@param items table[]
---@param opts { do_match?: boolean }
function pick.set_picker_items(items, opts) end

---@return { semantic: semantic.Item }[]?
function pick.get_picker_items() end

---@param query string[] its characters
function pick.set_picker_query(query) end

---@return { windows: { target: integer } }
function pick.get_picker_state() end

return pick
