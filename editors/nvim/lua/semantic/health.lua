-- :checkhealth semantic. It starts the server in a folder of its own, asks it a question, and looks at the answer.
local M = {}

local health = vim.health
local server = require("semantic.server")

local PATIENCE = 15 * 1000 -- milliseconds for each step

local SAMPLE = [[
package sample

// RetryWithBackoff calls send again after a growing delay until it succeeds.
func RetryWithBackoff(send func() error) error {
	for delay := 1; ; delay *= 2 {
		if err := send(); err == nil {
			return nil
		}
	}
}
]]

local function check_editor()
  health.start("semantic: Neovim")
  local version = tostring((vim.version --[[@as fun(): vim.Version]])())
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok("Neovim " .. version)
  else
    health.error("Neovim 0.11 or newer is needed, this is " .. version)
  end
  local _, problems = require("semantic.config").read()
  for _, problem in ipairs(problems) do
    health.error(problem, "See :help semantic-options")
  end
  if #problems == 0 then
    health.ok("vim.g.semantic is understood")
  end
  local config = require("semantic.client").config()
  if not server.is_ours(config) then
    local command = type(config.cmd) == "table" and table.concat(config.cmd, " ") or "a function"
    health.info('cmd comes from vim.lsp.config("semantic"): ' .. command)
  end
end

---@return string? path of a program that is the server
local function check_program()
  local done, err, path, version = false, nil, nil, nil
  server.check(function(...)
    done = true
    err, path, version = ...
  end)
  vim.wait(PATIENCE, function()
    return done
  end, 10)
  if err or not path or not version then
    health.error(err or "the server did not tell its version in time")
    return nil
  end
  health.ok(("%s: version %s, model %s"):format(path, version.version, version.model))
  return path
end

---Asks until the answer is complete.
---@param client vim.lsp.Client
---@return semantic.SearchResponse? response
---@return string? err
local function ask(client)
  local deadline = vim.uv.hrtime() + PATIENCE * 1e6
  while vim.uv.hrtime() < deadline do
    local reply, err = client:request_sync("semantic/search", { query = "try again after a growing delay" }, PATIENCE)
    if not reply then
      return nil, tostring(err)
    elseif reply.err then
      return nil, reply.err.message
    elseif reply.result.complete then
      return reply.result
    end
    vim.wait(50)
  end
  return nil, "the index was not complete in time"
end

---Starts the server in a folder and asks it.
---@param path string
---@param folder string
local function exercise(path, folder)
  local ended
  local id = vim.lsp.start({
    name = "semantic-health",
    cmd = vim.list_extend({ path, "--stdio", "--cache-dir", folder .. "/cache" }, require("semantic.config").get().args),
    root_dir = folder .. "/code",
    on_exit = function(code, signal)
      ended = ("status %d, signal %d"):format(code, signal)
    end,
  }, { attach = false })
  local client = id and vim.lsp.get_client_by_id(id)
  if not client then
    return health.error("the server could not be started", "See :lua vim.cmd.edit(vim.lsp.log.get_filename())")
  end
  vim.wait(PATIENCE, function()
    return client.initialized or ended ~= nil
  end, 10)
  if not client.initialized then
    client:stop(true)
    return health.error(ended and "the server ended at its start: " .. ended or "the server did not answer initialize in time",
      "Its own words: " .. vim.lsp.log.get_filename())
  end
  local mismatch = server.mismatch(client.server_capabilities)
  if mismatch then
    health.error(mismatch)
  else
    health.ok(("it started and speaks protocol %d, positions in %s"):format(server.PROTOCOL, client.offset_encoding))
    local response, err = ask(client)
    if not response then
      health.error("a search failed: " .. err, "Run `" .. path .. " doctor` in a shell")
    elseif not (response.results[1] and response.results[1].name == "RetryWithBackoff") then
      health.error("a search did not find the function it should", "Run `" .. path .. " doctor` in a shell")
    else
      health.ok(("it indexed a file and found its function by what it does, in %.1f ms"):format(response.tookMs))
    end
  end
  client:stop()
  vim.wait(PATIENCE, function()
    return ended ~= nil
  end, 10)
  if ended then
    health.ok("it ended when it was told to")
  else
    client:stop(true)
    health.warn("it did not end when it was told to")
  end
end

---Checks the server by using it.
function M.server()
  health.start("semantic: server")
  local path = check_program()
  if not path then
    return
  end
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder .. "/code", "p")
  vim.fn.writefile(vim.split(SAMPLE, "\n"), folder .. "/code/sample.go")
  local ok, err = pcall(exercise, path, folder)
  vim.fn.delete(folder, "rf")
  if not ok then
    health.error("trying out the server failed: " .. tostring(err))
  end
end

---@param root semantic.RootStatus
local function report_root(root)
  local text = ("%s: %s, %d files, %d functions"):format(root.path, root.state, root.files or 0, root.functions or 0)
  if root.state == "degraded" then
    health.warn(text .. ": " .. (root.reason or "no reason given"), "See :Semantic log; :Semantic reindex makes the index anew")
  elseif root.state == "disabled" then
    health.warn(text .. ": " .. (root.reason or ""), 'The setting "enabled" decides: vim.g.semantic = { settings = { enabled = "on" } }')
  elseif root.state == "ready" and (root.units or 0) == 0 then
    health.warn(text .. ": there is no code", "What git ignores is left out; :Semantic status counts it")
  else
    health.ok(text)
  end
end

local function check_sessions()
  health.start("semantic: open folders")
  local clients = vim.lsp.get_clients({ name = "semantic" })
  if #clients == 0 then
    health.info('no server runs now: :Semantic starts one, and vim.lsp.enable("semantic") does with every file of a project')
  end
  for _, client in ipairs(clients) do
    local reply, err = client:request_sync("semantic/status", vim.empty_dict(), PATIENCE)
    if not reply or reply.err then
      health.error(("the server for %s does not tell its status: %s"):format(client.root_dir or "no folder",
        reply and reply.err.message or tostring(err)), ":Semantic restart")
    else
      if reply.result.degraded and reply.result.degraded ~= "" then
        health.warn(reply.result.degraded)
      end
      vim.iter(reply.result.roots):each(report_root)
    end
  end
end

local function check_pickers()
  health.start("semantic: pickers")
  local picker = require("semantic.picker")
  for _, name in ipairs(picker.names()) do
    if picker.available(name) then
      health.ok(name .. " is there")
    else
      health.info(name .. " is not there")
    end
  end
  local _, name = picker.resolve()
  health.info("results are shown with " .. name)
end

---Runs all checks.
function M.check()
  check_editor()
  M.server()
  check_sessions()
  check_pickers()
end

return M
