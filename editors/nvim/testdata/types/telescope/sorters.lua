---@meta telescope.sorters
local sorters = {}

---@return table sorter
function sorters.empty() end

return sorters
