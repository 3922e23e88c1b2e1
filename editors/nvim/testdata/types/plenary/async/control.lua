---@meta plenary.async.control
-- The part of plenary.nvim that the plugin uses. Never loaded.
local control = { channel = {} }

---@return fun(value: any) send
---@return fun(): any receive waits for the value in a coroutine
function control.channel.oneshot() end

return control
