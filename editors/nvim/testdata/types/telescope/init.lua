---@meta telescope
-- The part of telescope.nvim that the plugin and its tests use, here and beside. Never loaded.
local telescope = {}

---@class telescope.Extension
---@field exports table<string, fun(opts?: table)>
---@field health? fun()

---@param extension telescope.Extension
---@return telescope.Extension
function telescope.register_extension(extension) end

return telescope
