---@meta telescope.actions.set
local set = {}

---@class telescope.Action
set.select = {}

---@param fn fun(prompt_bufnr: integer, kind: "default"|"horizontal"|"vertical"|"tab")
function set.select:replace(fn) end

return set
