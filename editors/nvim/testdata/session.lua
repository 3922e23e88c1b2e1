-- Drives the language server from a real Neovim, the way its users do: vim.lsp.config and vim.lsp.enable, real
-- buffers, real files. Run by e2e_test.go as
--
--   nvim --headless --clean -l session.lua SERVER WORKSPACE
--
-- Every step prints its name; the first one that fails ends Neovim with an error.

local server, workspace = arg[1], arg[2]
local patience = 60 * 1000 -- milliseconds until something that must happen counts as missing

local function fail(message)
  error(message, 0)
end

--- Runs git in the workspace.
local function git(...)
  local done = vim.system({ "git", ... }, { cwd = workspace, text = true }):wait()
  if done.code ~= 0 then
    fail("git " .. table.concat({ ... }, " ") .. ": " .. done.stderr)
  end
end

--- Waits until check() returns something, and returns that. Neovim handles messages of the server meanwhile.
---@param what string
---@param check fun(): any
---@return any
local function await(what, check)
  local got
  vim.wait(patience, function()
    got = check()
    return got ~= nil and got ~= false
  end, 20)
  if not got then
    fail("never happened: " .. what)
  end
  return got
end

--- Sends a request and returns its result; an error reply fails the step.
local function request(client, method, params)
  local reply, err = client:request_sync(method, params, patience)
  if not reply then
    fail(method .. ": " .. tostring(err))
  end
  if reply.err then
    fail(method .. ": " .. vim.inspect(reply.err))
  end
  return reply.result
end

local function search(client, query)
  return request(client, "semantic/search", { query = query, limit = 10 })
end

--- The result with the name, or nil.
local function named(results, name)
  for _, result in ipairs(results) do
    if result.name == name then
      return result
    end
  end
end

--- The process of the running server.
---@return integer
local function pid()
  return tonumber(vim.fn.readfile(workspace .. "/.git/server.pid")[1]) --[[@as integer]]
end

--- Opens a file and returns the client that attaches to its buffer.
---@param path string
---@return vim.lsp.Client
local function open(path)
  vim.cmd.edit(vim.fn.fnameescape(workspace .. "/" .. path))
  return await("the server attaches to " .. path, function()
    local client = vim.lsp.get_clients({ bufnr = 0, name = "semantic" })[1]
    return client and client.initialized and client
  end)
end

local function step(name, run)
  run()
  io.stdout:write("ok " .. name .. "\n")
end

-- The wrapper notes the process id, which Neovim keeps to itself.
vim.lsp.config("semantic", {
  cmd = { "sh", "-c", 'echo $$ > "$0/.git/server.pid"; exec "$1" --stdio', workspace, server },
  filetypes = { "go", "python" },
  root_markers = { ".git" },
})
vim.cmd("filetype on")
vim.lsp.enable("semantic")

local client ---@type vim.lsp.Client

step("attach", function()
  client = open("retry/retry.go")
  if not vim.tbl_get(client.server_capabilities or {}, "experimental", "semanticSearch") then
    fail("the server does not advertise semantic search")
  end
end)

step("semantic/search finds a function by its meaning", function()
  local found = await("the index is complete", function()
    local answer = search(client, "try a request again after a growing delay")
    return answer.complete and answer
  end)
  local hit = named(found.results, "WithBackoff")
  if not hit then
    fail("WithBackoff is not among " .. vim.inspect(found.results))
  end
  local start = hit.location.range.start
  local line = vim.fn.readfile(workspace .. "/" .. hit.path)[start.line + 1]
  if not line or hit.path ~= "retry/retry.go" then
    fail("the location does not lead to the function: " .. vim.inspect(hit))
  end
end)

step("workspace/symbol finds a name", function()
  local symbols = request(client, "workspace/symbol", { query = "WithBackoff" })
  if not named(symbols, "WithBackoff") then
    fail("WithBackoff is not among " .. vim.inspect(symbols))
  end
end)

step("workspace/symbol finds a sentence", function()
  local symbols = request(client, "workspace/symbol", { query = "turn words into a slug for a link" })
  if not named(symbols, "slugify") then
    fail("slugify is not among " .. vim.inspect(symbols))
  end
end)

step("an unsaved edit is found at once, and only here", function()
  vim.api.nvim_buf_set_lines(0, -1, -1, false, {
    "",
    "// Fahrenheit converts a temperature from degrees Celsius.",
    "func Fahrenheit(celsius float64) float64 { return celsius*9/5 + 32 }",
  })
  local answer = search(client, "convert a temperature from Celsius to Fahrenheit")
  local hit = named(answer.results, "Fahrenheit")
  if not hit then
    fail("the unsaved function is not among " .. vim.inspect(answer.results))
  end
  local on_disk = table.concat(vim.fn.readfile(workspace .. "/retry/retry.go"), "\n")
  if on_disk:find("Fahrenheit", 1, true) then
    fail("the unsaved text reached the disk")
  end
end)

step("an edit that is thrown away is forgotten", function()
  vim.cmd.edit({ bang = true })
  local answer = search(client, "convert a temperature from Celsius to Fahrenheit")
  if named(answer.results, "Fahrenheit") then
    fail("the function that was thrown away is still found")
  end
end)

step("git checkout is followed", function()
  git("checkout", "--quiet", "other")
  await("the function of the other branch is found", function()
    return named(search(client, "draw the outline of a triangle").results, "Triangle")
  end)
  git("checkout", "--quiet", "main")
  await("the function of the other branch is gone", function()
    return not named(search(client, "draw the outline of a triangle").results, "Triangle")
  end)
end)

step("a deleted folder is followed", function()
  if vim.fn.delete(workspace .. "/text", "rf") ~= 0 then
    fail("cannot delete the folder")
  end
  await("the functions of the folder are gone", function()
    return not named(search(client, "turn words into a slug for a link").results, "slugify")
  end)
  git("checkout", "--quiet", "--", "text")
  await("the functions of the folder are back", function()
    return named(search(client, "turn words into a slug for a link").results, "slugify")
  end)
end)

step("after kill -9 a new server knows everything", function()
  local before = request(client, "semantic/status", vim.empty_dict())
  vim.uv.kill(pid(), "sigkill")
  await("Neovim sees the server end", function()
    return #vim.lsp.get_clients({ name = "semantic" }) == 0
  end)
  vim.cmd.edit({ bang = true })
  client = open("text/slug.py")
  local answer = await("the index is complete again", function()
    local found = search(client, "try a request again after a growing delay")
    return found.complete and found
  end)
  if not named(answer.results, "WithBackoff") then
    fail("WithBackoff is lost")
  end
  local after = request(client, "semantic/status", vim.empty_dict())
  if before.roots[1].units ~= after.roots[1].units then
    fail(("%d units before, %d after"):format(before.roots[1].units, after.roots[1].units))
  end
end)

step("an orderly end", function()
  client:stop()
  await("the server ends", function()
    return #vim.lsp.get_clients({ name = "semantic" }) == 0
  end)
end)
