-- The connection to the server: which client answers a request, requests that always end, and life after a crash.
local M = {}

local log = require("semantic.log")
local server = require("semantic.server")

M.NAME = "semantic"

---What ends with the server: requests and waits for its start, by client.
---@type table<integer, table<function, true>>
local pending = {}
---Servers that are stopped on purpose.
---@type table<integer, true>
local stopping = {}
---Why servers that speak another protocol are stopped.
---@type table<integer, string>
local refused = {}

---The configuration in force: the plugin's, with what the person changed of it.
---@return vim.lsp.Config
function M.config()
  return (vim.lsp.config --[[@as table<string, vim.lsp.Config>]])[M.NAME]
end

---@param id integer
---@param fn fun(err?: string, client?: vim.lsp.Client)
local function add_pending(id, fn)
  pending[id] = pending[id] or {}
  pending[id][fn] = true
end

---Takes a callback off the list; false when it was already called.
---@param id integer
---@param fn function
---@return boolean
local function take_pending(id, fn)
  if not (pending[id] and pending[id][fn]) then
    return false
  end
  pending[id][fn] = nil
  return true
end

---@param id integer
---@param err string
local function fail_pending(id, err)
  local fns = pending[id] or {}
  pending[id] = nil
  for fn in pairs(fns) do
    fn(err)
  end
end

---The folder whose code is meant in a buffer: its project, else that of the working directory, else that itself.
---@param bufnr integer
---@return string? root
---@return string? err
function M.root(bufnr)
  local markers = M.config().root_markers or {}
  local file = vim.bo[bufnr].buftype == "" and vim.api.nvim_buf_get_name(bufnr) ~= ""
  local root = file and vim.fs.root(bufnr, markers) or vim.fs.root(vim.fn.getcwd(), markers)
  if root then
    return vim.fs.normalize(root)
  end
  local cwd = vim.fs.normalize(vim.fn.getcwd())
  if cwd == vim.fs.normalize(vim.uv.os_homedir() or "") or vim.fs.dirname(cwd) == cwd then
    return nil, ("no project here: nothing above %s holds one of %s. Open a file of a project, or :cd into one"):format(
      cwd, table.concat(vim.iter(markers):flatten():totable(), ", "))
  end
  return cwd
end

---The client of a root, also one that is starting, or nil.
---@param root? string
---@return vim.lsp.Client?
local function client_of(root)
  return root and vim.iter(vim.lsp.get_clients({ name = M.NAME, _uninitialized = true })):find(function(client)
    return client.root_dir == root
  end)
end

---The client that answers for a buffer, or nil.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.find(bufnr)
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  local attached = vim.lsp.get_clients({ name = M.NAME, bufnr = bufnr })[1]
  if attached then
    return attached
  end
  return client_of((M.root(bufnr)))
end

---Attaches a file below a root, so that its unsaved text is searched; not one that `filetypes` leaves out.
---@param bufnr integer
---@param id integer
---@param root? string
local function attach(bufnr, id, root)
  local name = vim.api.nvim_buf_get_name(bufnr)
  local filetypes = M.config().filetypes
  if
    root
    and name ~= ""
    and vim.api.nvim_buf_is_loaded(bufnr)
    and vim.bo[bufnr].buftype == ""
    and (not filetypes or vim.list_contains(filetypes, vim.bo[bufnr].filetype))
    and vim.fs.relpath(root, name)
  then
    vim.lsp.buf_attach_client(bufnr, id)
  end
end

---Starts a server for a root.
---@param root string
---@param callback fun(err?: string, id?: integer)
local function start(root, callback)
  local config = vim.deepcopy(M.config())
  local function go(err)
    if err then
      return callback(err)
    end
    config.root_dir = root
    server.started(root)
    local ok, id = pcall(vim.lsp.start, config, { attach = false })
    if not ok or not id then
      return callback(("the server could not be started: %s. See :Semantic log"):format(ok and "no client" or id))
    end
    for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
      attach(bufnr, id, root)
    end
    callback(nil, id)
  end
  if server.is_ours(config) then
    server.check(go)
  else
    go()
  end
end

---Calls back as soon as a client is initialised, with an error when that does not come about.
---@param id integer
---@param callback fun(err?: string, client?: vim.lsp.Client)
local function when_ready(id, callback)
  local client = vim.lsp.get_client_by_id(id)
  if not client then
    return callback("the server ended. See :Semantic log")
  end
  if refused[id] then
    return callback(refused[id])
  end
  if client.initialized then
    return callback(nil, client)
  end
  local timeout = require("semantic.config").get().timeout
  add_pending(id, callback)
  vim.defer_fn(function()
    if take_pending(id, callback) then
      callback(("the server has not answered for %.1f s. See :Semantic log; :Semantic restart starts it again"):format(timeout / 1000))
    end
  end, timeout)
end

---Calls back with the client for the current buffer, which is started when there is none.
---@param callback fun(err?: string, client?: vim.lsp.Client)
function M.with(callback)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = M.find(bufnr)
  if client then
    attach(bufnr, client.id, client.root_dir) -- :edit detaches it until the next tick
    return when_ready(client.id, callback)
  end
  local root, err = M.root(bufnr)
  err = err or (root and server.given_up(root))
  if err or not root then
    return callback(err)
  end
  start(root, function(problem, id)
    if problem or not id then
      return callback(problem)
    end
    when_ready(id, callback)
  end)
end

---What an error of the protocol tells a person.
---@param err lsp.ResponseError
---@return string
local function describe(err)
  local text = err.message or vim.inspect(err)
  return #text > 400 and text:sub(1, 400) .. "…" or text
end

---Sends a request. The callback is called exactly once, also when the server ends or the request is cancelled.
---@param method string
---@param params table|fun(client: vim.lsp.Client): table
---@param callback fun(err?: string, result?: any, client?: vim.lsp.Client) err is "cancelled" after a call of cancel
---@return fun() cancel
function M.request(method, params, callback)
  local cancelled, finished, cancel_sent = false, false, nil
  local function finish(err, result, client)
    if not finished then
      finished = true
      callback(err, result, client)
    end
  end
  M.with(function(err, client)
    if err or not client then
      return finish(err or "no server")
    end
    if cancelled then
      return
    end
    local function fail(message)
      finish(message)
    end
    add_pending(client.id, fail)
    local ok, id = client:request(method, type(params) == "function" and params(client) or params, function(failure, result)
      if take_pending(client.id, fail) then
        if failure then
          return finish(describe(failure))
        end
        finish(nil, result, client)
      end
    end) -- without a buffer: edits of all of them are sent first
    if not ok or not id then
      take_pending(client.id, fail)
      return finish("the server is ending. Try again")
    end
    cancel_sent = function()
      take_pending(client.id, fail)
      client:cancel_request(id)
    end
  end)
  return function()
    if not finished then
      cancelled = true
      if cancel_sent then
        cancel_sent()
      end
      finish("cancelled")
    end
  end
end

---Sends a request to a running server and waits for the answer; nil when there is none in time. Starts nothing.
---@param method string
---@param params table|fun(client: vim.lsp.Client): table
---@param timeout integer milliseconds
---@return any? result
---@return vim.lsp.Client? client
function M.request_sync(method, params, timeout)
  local client = M.find()
  if not client or not client.initialized then
    return nil
  end
  local reply = client:request_sync(method, type(params) == "function" and params(client) or params, timeout)
  return reply and not reply.err and reply.result or nil, client
end

---Stops the running servers, forgets their crashes, and starts one again for the current buffer and all that were attached.
---@param callback fun(err?: string)
function M.restart(callback)
  server.forgive()
  local clients = vim.lsp.get_clients({ name = M.NAME, _uninitialized = true })
  local left, roots = #clients, {}
  local function begin()
    local root, err = M.root(vim.api.nvim_get_current_buf())
    if vim.tbl_isempty(roots) and not root then
      return callback(err)
    end
    roots[root or next(roots)] = true
    local waiting, failure = vim.tbl_count(roots), nil
    for folder in pairs(roots) do
      start(folder, function(problem)
        failure = failure or problem
        waiting = waiting - 1
        if waiting == 0 then
          callback(failure)
        end
      end)
    end
  end
  if left == 0 then
    return begin()
  end
  for _, client in ipairs(clients) do
    roots[client.root_dir or ""] = client.root_dir and true or nil
    stopping[client.id] = true
    add_pending(client.id, function()
      left = left - 1
      if left == 0 then
        begin()
      end
    end)
    client:stop(true)
  end
end

---Handles on_init: refuses a server that speaks another protocol.
---@param client vim.lsp.Client
function M.on_init(client)
  local err = server.mismatch(client.server_capabilities)
  if err then
    stopping[client.id], refused[client.id] = true, err
    if vim.tbl_isempty(pending[client.id] or {}) then
      log.tell_once(err, vim.log.levels.ERROR) -- otherwise those who wait tell it
    end
    fail_pending(client.id, err)
    client:stop()
    return
  end
  -- Whoever terminates it, it is no crash, whatever status the program ends with.
  local terminate = client.rpc.terminate
  client.rpc.terminate = function()
    stopping[client.id] = true
    terminate()
  end
  local waiting = pending[client.id] or {}
  pending[client.id] = nil
  for fn in pairs(waiting) do
    fn(nil, client)
  end
end

---Handles on_exit: fails what waits for the server, and starts it again after a crash, later each time.
---@param code integer
---@param signal integer
---@param id integer
function M.on_exit(code, signal, id)
  local client = vim.lsp.get_client_by_id(id)
  local root = client and client.root_dir
  vim.schedule(function()
    require("semantic.status").forget(id)
    local orderly = stopping[id] or (code == 0 and signal == 0) or signal == 15 or signal == 2
    stopping[id], refused[id] = nil, nil
    if vim.v.exiting ~= vim.NIL then
      return
    end
    local how = signal ~= 0 and ("signal " .. signal) or ("status " .. code)
    log.add(("the server for %s ended: %s"):format(root or "no folder", how))
    fail_pending(id, "the server ended: " .. how .. ". See :Semantic log")
    if orderly or not root then
      return
    end
    local delay, message = server.crashed(root, how)
    log.tell(message, delay and vim.log.levels.WARN or vim.log.levels.ERROR)
    if delay then
      vim.defer_fn(function()
        M.revive(root)
      end, delay)
    end
  end)
end

---Starts a server for a root again, unless one is back already.
---@param root string
function M.revive(root)
  if client_of(root) then
    return
  end
  start(root, function(err)
    if err then
      log.tell(err, vim.log.levels.ERROR)
    end
  end)
end

---The value of `root_dir`: calls on_dir only for files of a project, and only when the server can be started.
---@param bufnr integer
---@param on_dir fun(root: string)
function M.root_dir(bufnr, on_dir)
  local config = M.config()
  local root = vim.api.nvim_buf_get_name(bufnr) ~= "" and vim.fs.root(bufnr, config.root_markers or {})
  if not root then
    return
  end
  root = vim.fs.normalize(root)
  if server.given_up(root) then
    return
  end
  local function go(err)
    if err then
      log.tell_once(err, vim.log.levels.WARN)
    elseif vim.api.nvim_buf_is_valid(bufnr) then
      if not client_of(root) then
        server.started(root)
      end
      on_dir(root)
    end
  end
  if server.is_ours(config) then
    server.check(go)
  else
    go()
  end
end

return M
