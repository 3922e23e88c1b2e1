---@meta telescope.pickers
local pickers = {}

---@class telescope.Manager
local manager = {}

---@return fun(): telescope.Entry?
function manager:iter() end

---@class telescope.Picker
---@field prompt_bufnr integer
---@field manager? telescope.Manager
---@field results_border? { change_title?: fun(self: table, title: string) }
local picker = {}

function picker:find() end

function picker:refresh() end

---@param opts table
---@param spec table
---@return telescope.Picker
function pickers.new(opts, spec) end

return pickers
