---@meta telescope.actions.state
local state = {}

---@class telescope.Entry
---@field value semantic.Item

---@return telescope.Entry?
function state.get_selected_entry() end

---@param prompt_bufnr integer
---@return telescope.Picker?
function state.get_current_picker(prompt_bufnr) end

return state
