---@meta telescope.config
local config = { values = {} }

---@param opts table
---@return table previewer
function config.values.qflist_previewer(opts) end

---@param opts table
---@return table sorter
function config.values.generic_sorter(opts) end

return config
