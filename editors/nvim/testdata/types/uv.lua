---@meta
-- The functions of vim.uv that the plugin and its tests use, as `:help luv` has them; Neovim's own annotations leave out
-- vim.uv. Never loaded.

---@class uv
local uv = {}

---@class uv.fs_stat.time
---@field sec integer
---@field nsec integer

---@class uv.fs_stat.result
---@field size integer
---@field mtime uv.fs_stat.time

---@class uv.uv_timer_t
local timer = {}

---@param timeout integer milliseconds
---@param again integer milliseconds; 0 for once
---@param callback fun()
---@return 0? success
---@return string? err
function timer:start(timeout, again, callback) end

---@return 0? success
---@return string? err
function timer:stop() end

---@param callback? fun()
function timer:close(callback) end

---@return boolean
function timer:is_closing() end

---@return uv.uv_timer_t? timer
---@return string? err
function uv.new_timer() end

---@return integer milliseconds of the event loop
function uv.now() end

function uv.update_time() end

---@return integer nanoseconds
function uv.hrtime() end

---@return string? path
---@return string? err
function uv.os_homedir() end

---@param path string
---@return uv.fs_stat.result? stat
---@return string? err
function uv.fs_stat(path) end

---@param path string
---@return string? path
---@return string? err
function uv.fs_realpath(path) end

---@param path string
---@param mode integer
---@return boolean? success
---@return string? err
function uv.fs_chmod(path, mode) end

---@param from string
---@param to string
---@return boolean? success
---@return string? err
function uv.fs_copyfile(from, to) end

---@param pid integer
---@param signal string|integer
---@return 0? success
---@return string? err
function uv.kill(pid, signal) end
