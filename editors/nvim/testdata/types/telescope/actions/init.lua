---@meta telescope.actions
local actions = {}

---@param prompt_bufnr integer
function actions.close(prompt_bufnr) end

---@param prompt_bufnr integer
function actions.select_default(prompt_bufnr) end

return actions
