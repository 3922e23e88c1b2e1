-- Runs one spec with the plugin. plugin_test.go starts it as
--
--   nvim --headless --clean --cmd 'lua arg = { SERVER, WORKSPACE, PLUGIN, SPEC }' -S harness.lua
--
-- A spec is a Lua file that calls the functions of the global T. The first case that fails ends Neovim.

T = {
  server = assert(arg[1]), ---@type string
  workspace = assert(vim.uv.fs_realpath(assert(arg[2]))), ---@type string
  plugin = assert(arg[3]), ---@type string
}

local PATIENCE = 15 * 1000 -- milliseconds until something that must happen counts as missing

---Fails the case.
---@param message string
function T.fail(message)
  error(message, 0)
end

---Compares two values of any shape.
---@param want any
---@param got any
---@param what? string
function T.eq(want, got, what)
  if not vim.deep_equal(want, got) then
    T.fail(("%s\nwant %s\ngot  %s"):format(what or "not equal", vim.inspect(want), vim.inspect(got)))
  end
end

---Whether a text holds another, both plain.
---@param text? string|string[]
---@param part string
function T.has(text, part)
  if type(text) == "table" then
    text = table.concat(text, "\n")
  end
  if not text or not text:find(part, 1, true) then
    T.fail(("%q is not in\n%s"):format(part, text))
  end
end

---Waits until check() returns something, and returns that. Neovim handles messages meanwhile.
---@param what string
---@param check fun(): any
---@return any
function T.await(what, check)
  local got
  vim.wait(PATIENCE, function()
    got = check()
    return got ~= nil and got ~= false
  end, 5)
  if not got then
    T.fail("never happened: " .. what .. "\nmessages: " .. vim.inspect(T.messages) .. "\nlog:\n"
      .. table.concat(require("semantic.log").lines(), "\n"))
  end
  return got
end

---Messages since the last call of T.forget, as { text, level }.
---@type { [1]: string, [2]: integer? }[]
T.messages = {}
vim.notify = function(text, level)
  T.messages[#T.messages + 1] = { text, level }
end

function T.forget()
  T.messages = {}
end

---Waits for a message that holds a text.
---@param part string
---@return { [1]: string, [2]: integer? } message
function T.told(part)
  return T.await(("message %q"):format(part), function()
    for _, message in ipairs(T.messages) do
      if message[1]:find(part, 1, true) then
        return message
      end
    end
  end)
end

vim.ui.select = function(_, opts)
  T.fail("nobody is there to choose: " .. opts.prompt)
end

---Opens a file of the workspace, unless it is open: that would read it again.
---@param path string below the workspace
function T.edit(path)
  path = T.workspace .. "/" .. path
  if vim.api.nvim_buf_get_name(0) ~= path then
    vim.cmd.edit(vim.fn.fnameescape(path))
  end
end

---The running client, or nil.
---@return vim.lsp.Client?
function T.client()
  return vim.lsp.get_clients({ name = "semantic" })[1]
end

---Starts the server for the workspace and waits until all of it is indexed.
---@return vim.lsp.Client
function T.ready()
  return T.await("a complete index", function()
    local done
    require("semantic.client").request("semantic/search", { query = "anything" }, function(err, answer, client)
      done = { err = err, answer = answer, client = client }
    end)
    vim.wait(PATIENCE, function()
      return done ~= nil
    end, 5)
    if done and done.err then
      T.fail(done.err)
    end
    return done and done.answer.complete and done.client
  end)
end

---Stops every server.
function T.stop()
  vim.lsp.stop_client(vim.lsp.get_clients({ _uninitialized = true }), true)
  T.await("the servers end", function()
    return #vim.lsp.get_clients({ _uninitialized = true }) == 0
  end)
end

---Writes a program for the shell and returns its path.
---@param name string
---@param text string
---@return string path
function T.program(name, text)
  local path = T.workspace .. "/.git/" .. name
  vim.fn.writefile(vim.split("#!/bin/sh\n" .. text, "\n"), path)
  vim.uv.fs_chmod(path, 493) -- 0755
  return path
end

---Has Neovim talk to a server made of Lua functions by method; each gets the parameters and returns result, error.
---@param methods table<string, fun(params: table, dispatchers: vim.lsp.rpc.Dispatchers): any, lsp.ResponseError?>
function T.pretend(methods)
  vim.lsp.config("semantic", {
    cmd = function(dispatchers)
      local closing, id = false, 0
      local defaults = {
        initialize = function()
          return { capabilities = { experimental = { semanticSearch = { version = 1 } } } }
        end,
      }
      return {
        request = function(method, params, callback)
          id = id + 1
          local handle = methods[method] or defaults[method]
          local result, err
          if handle then
            result, err = handle(params, dispatchers)
          end
          if method ~= "initialize" and result == T.SILENCE then
            return true, id
          end
          callback(err, result)
          return true, id
        end,
        notify = function(method)
          if method == "exit" then
            closing = true
            dispatchers.on_exit(0, 0)
          end
          return true
        end,
        is_closing = function()
          return closing
        end,
        terminate = function()
          closing = true
          dispatchers.on_exit(0, 15)
        end,
      }
    end,
  })
end

---Result of a method of T.pretend that never answers.
T.SILENCE = {}

---A result as a server sends it, for a file of the workspace.
---@param path string
---@param line integer from 1
---@param name string
---@return semantic.SearchResult
function T.result(path, line, name)
  local start = { line = line - 1, character = 0 }
  return {
    path = path, root = T.workspace, startLine = line, endLine = line + 1, name = name, owner = "", kind = "function",
    language = "go", signature = "func " .. name .. "()", documentation = name .. " does something.", score = 1,
    confidence = "likely", nameRange = { start = start, ["end"] = start },
    location = { uri = vim.uri_from_fname(T.workspace .. "/" .. path), range = { start = start, ["end"] = start } },
  }
end

---Runs a case.
---@param name string
---@param run fun()
function T.case(name, run)
  T.forget()
  local ok, err = xpcall(run, function(problem)
    return type(problem) == "string" and problem or debug.traceback(vim.inspect(problem))
  end)
  if not ok then
    io.stdout:write(("FAILED %s: %s\n"):format(name, err))
    vim.cmd("cquit! 1")
  end
  io.stdout:write("ok " .. name .. "\n")
end

vim.opt.runtimepath:prepend(T.plugin)
vim.o.showmode = false
vim.o.swapfile = false
vim.o.columns = 160
vim.opt.shortmess:append("cC")
vim.cmd("filetype on")
vim.cmd.runtime("plugin/semantic.lua")
T.loaded_at_start = vim.tbl_filter(function(name)
  return vim.startswith(name, "semantic")
end, vim.tbl_keys(package.loaded))
vim.g.semantic = { server = T.server }
T.case("the whole spec", function()
  dofile(arg[4])
  T.stop()
end)
io.stdout:write("\nall passed\n")
vim.cmd("qall!")
