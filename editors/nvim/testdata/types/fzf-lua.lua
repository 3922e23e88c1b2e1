---@meta fzf-lua
-- The part of fzf-lua that the plugin uses. Never loaded.
local fzf = {}

---@param contents fun(args: string|string[]): fun(write: fun(line: string?))
---@param opts table
function fzf.fzf_live(contents, opts) end

---@param contents string[]
---@param opts table
function fzf.fzf_exec(contents, opts) end

return fzf
