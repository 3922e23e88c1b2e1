---@meta telescope.finders
local finders = {}

---@param spec { fn: (fun(prompt?: string): any[]), entry_maker: fun(item: any): table }
---@return table finder
function finders.new_dynamic(spec) end

---@param spec { results: any[], entry_maker: fun(item: any): table }
---@return table finder
function finders.new_table(spec) end

return finders
