---@meta snacks
-- The part of snacks.nvim that the plugin and its tests use. Never loaded.
local snacks = { picker = {} }

---@class snacks.Picker
---@field opts { live?: boolean }
---@field title string
---@field input? { win?: { buf?: integer } }
local picker = {}

function picker:refresh() end

function picker:close() end

function picker:update_titles() end

---@param name string
function picker:action(name) end

---@return { semantic: semantic.Item }[]
function picker:items() end

---@param opts { fallback?: boolean }
---@return { semantic: semantic.Item }[]
function picker:selected(opts) end

---@param opts table
function snacks.setup(opts) end

---@param opts table
---@return snacks.Picker? picker nil when it was open, and is closed now
function snacks.picker.pick(opts) end

---@return snacks.Picker[]
function snacks.picker.get() end

return snacks
