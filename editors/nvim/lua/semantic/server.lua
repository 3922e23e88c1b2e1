-- The server's program: where it is, whether it is ours, and when to start it again.
local M = {}

local log = require("semantic.log")

---Version of the protocol that this plugin speaks; the server tells its own when it starts.
M.PROTOCOL = 1

local STEADY = 60 * 1000 -- milliseconds after which a server that ends no longer counts as crashing in a loop
local CHECK = 10 * 1000 -- milliseconds a program may take to tell its version

local INSTALL = "Build it with `go install ./server/lsp` in its repository and put Go's bin folder in the PATH, "
  .. 'or name it: vim.g.semantic = { server = "/path/to/lsp" }. Then :Semantic restart'

---@class semantic.Version
---@field version string
---@field model string
---@field platform? string

---Finds the program.
---@return string? path
---@return string? err what to do when there is none
function M.locate()
  local name = require("semantic.config").get().server
  local path = vim.fn.exepath(vim.fn.expand(name) --[[@as string]])
  if path ~= "" then
    return path
  end
  if name:find("[/\\]") then
    return nil, ("the server %s does not exist or is no program. %s"):format(name, INSTALL)
  end
  return nil, ("the server %q is not in the PATH. %s"):format(name, INSTALL)
end

---The command that starts the server.
---@return string[]? command
---@return string? err
function M.command()
  local path, err = M.locate()
  if not path then
    return nil, err
  end
  return vim.list_extend({ path, "--stdio" }, require("semantic.config").get().args)
end

---Reads what `lsp version --json` printed.
---@param path string
---@param done vim.SystemCompleted
---@return semantic.Version? version
---@return string? err
local function read_version(path, done)
  if done.signal == 9 or done.code == 124 then
    return nil, ("%s did not tell its version within %d s, so it is not started. %s"):format(path, CHECK / 1000, INSTALL)
  end
  local ok, version = pcall(vim.json.decode, done.stdout or "")
  if done.code == 0 and ok and type(version) == "table" and type(version.version) == "string" and type(version.model) == "string" then
    return version
  end
  local reason = vim.trim(vim.split(vim.trim(done.stderr or ""), "\n")[1] or "")
  reason = reason == "" and ("status " .. done.code) or reason:sub(1, 200)
  return nil, ("%s is another program or a broken server: `version --json` gave no answer of ours (%s). %s"):format(path, reason, INSTALL)
end

---Verified programs by path and time of change, so that a program is asked once.
---@type table<string, semantic.Version>
local verified = {}

---Finds the program and makes sure that it is our server, without blocking.
---@param callback fun(err?: string, path?: string, version?: semantic.Version)
function M.check(callback)
  local path, missing = M.locate()
  if not path then
    return callback(missing)
  end
  local stat = vim.uv.fs_stat(path)
  local key = stat and ("%s %d.%d %d"):format(path, stat.mtime.sec, stat.mtime.nsec, stat.size) or path
  if verified[key] then
    return callback(nil, path, verified[key])
  end
  local ok, err = pcall(vim.system, { path, "version", "--json" }, { text = true, timeout = CHECK }, vim.schedule_wrap(function(done)
    local version, reason = read_version(path, done)
    if not version then
      return callback(reason)
    end
    verified[key] = version
    log.add(("%s is version %s with the model %s"):format(path, version.version, version.model))
    callback(nil, path, version)
  end))
  if not ok then
    callback(("%s cannot be run: %s. %s"):format(path, err, INSTALL))
  end
end

---Starts the server for Neovim's client; the value of `cmd`. A server that Neovim terminates ends with a status of
---its own choice; it is reported as ended by SIGTERM, so that Neovim does not warn of it.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@return vim.lsp.rpc.PublicClient
function M.start(dispatchers)
  local command, err = M.command()
  local terminated = false
  local rpc = vim.lsp.rpc.start(assert(command, err), vim.tbl_extend("force", dispatchers, {
    on_exit = function(code, signal)
      if terminated then
        code, signal = 0, 15
      end
      dispatchers.on_exit(code, signal)
    end,
  }) --[[@as vim.lsp.rpc.Dispatchers]])
  local terminate = rpc.terminate
  rpc.terminate = function()
    terminated = true
    terminate()
  end
  return rpc
end

---Whether the command is the plugin's own, not one given with vim.lsp.config("semantic", { cmd = … }).
---@param config vim.lsp.Config
---@return boolean
function M.is_ours(config)
  return config.cmd == M.start
end

---Why the server speaks another protocol, or nil when it speaks ours.
---@param capabilities? lsp.ServerCapabilities
---@return string?
function M.mismatch(capabilities)
  local ours = vim.tbl_get(capabilities or {}, "experimental", "semanticSearch")
  if type(ours) ~= "table" then
    return "the server does not offer semantic search. " .. INSTALL
  end
  if ours.version == M.PROTOCOL then
    return nil
  end
  local older = type(ours.version) == "number" and ours.version < M.PROTOCOL
  return ("the server speaks protocol %s and this plugin protocol %d: update the %s"):format(
    vim.inspect(ours.version), M.PROTOCOL, older and "server" or "plugin")
end

---@class semantic.Crashes
---@field count integer how many in a row
---@field started integer milliseconds of the monotonic clock
---@field given_up? string

---@type table<string, semantic.Crashes>
local crashes = {}

---Notes that a server starts for a root.
---@param root string
function M.started(root)
  local c = crashes[root] or { count = 0 }
  c.started = vim.uv.now()
  crashes[root] = c
end

---Decides what follows the unexpected end of a server.
---@param root string
---@param how string how it ended
---@return integer? delay milliseconds until the next start, or nil to give up
---@return string message for the person
function M.crashed(root, how)
  local restart = require("semantic.config").get().restart
  local c = crashes[root] or { count = 0, started = vim.uv.now() }
  crashes[root] = c
  vim.uv.update_time()
  if vim.uv.now() - c.started >= STEADY then
    c.count = 0
  end
  c.count = c.count + 1
  if c.count > restart.attempts then
    local often = c.count > 1 and ("%d times in a row "):format(c.count) or ""
    c.given_up = ("the server ended %s(%s) and is not started again. :Semantic log may tell why, "
      .. ":checkhealth semantic tries it out, :Semantic restart starts it again"):format(often, how)
    return nil, c.given_up
  end
  local delay = math.floor(restart.delay * 2 ^ (c.count - 1))
  return delay, ("the server ended (%s); starting it again in %.1f s, attempt %d of %d"):format(
    how, delay / 1000, c.count, restart.attempts)
end

---Why no server is started for a root any more, or nil.
---@param root string
---@return string?
function M.given_up(root)
  return crashes[root] and crashes[root].given_up
end

---Forgets all crashes: the person asked for a new start.
function M.forgive()
  crashes = {}
end

return M
