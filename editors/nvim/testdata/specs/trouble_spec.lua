-- What can go wrong: each has its message, and nothing hangs.

local server = require("semantic.server")

---Has the plugin use a program that answers `version` as ours does and otherwise runs a text of the shell.
local function use_program(name, text, more)
  local version = 'if [ "$1" = version ]; then echo \'{"version":"devel","model":"static"}\'; exit 0; fi\n'
  vim.g.semantic = vim.tbl_extend("force", { server = T.program(name, version .. text) }, more or {})
end

---Kills the process whose number is in a file.
---@param file string
local function kill(file)
  local pid = tonumber(vim.fn.readfile(file)[1]) --[[@as integer]]
  vim.uv.kill(pid, "sigkill")
end

---Forgets crashes and servers of the case before.
local function afresh()
  T.stop()
  server.forgive()
  T.forget()
end

T.case("the server is not in the PATH", function()
  vim.g.semantic = { server = "lsp-that-is-nowhere" }
  vim.cmd("Semantic parse a date")
  T.has(T.told('the server "lsp-that-is-nowhere" is not in the PATH')[1], "go install ./server/lsp")
end)

T.case("the server is not at the path that is given", function()
  vim.g.semantic = { server = T.workspace .. "/nowhere/lsp" }
  vim.cmd("Semantic status")
  T.told("/nowhere/lsp does not exist or is no program")
end)

T.case("with vim.lsp.enable the message comes once, not for every file", function()
  vim.g.semantic = { server = "lsp-that-is-not-here" }
  vim.lsp.enable("semantic")
  T.edit("retry/retry.go")
  T.edit("text/slug.py")
  T.told("lsp-that-is-not-here")
  T.edit("retry/config.go")
  vim.wait(0)
  T.eq(1, #T.messages)
  vim.lsp.enable("semantic", false)
end)

T.case("another program of the same name", function()
  vim.g.semantic = { server = T.program("other", 'echo "unknown command" >&2; exit 1') }
  vim.cmd("Semantic parse a date")
  T.told("is another program or a broken server")
  T.told("unknown command")
end)

T.case("a program that prints something else", function()
  vim.g.semantic = { server = T.program("chatty", "echo hello") }
  vim.cmd("Semantic parse a date")
  T.told("is another program or a broken server")
end)

for version, update in pairs({ [0] = "update the server", [2] = "update the plugin" }) do
  T.case(("protocol %d: %s"):format(version, update), function()
    afresh()
    T.pretend({ initialize = function()
      return { capabilities = { experimental = { semanticSearch = { version = version } } } }
    end })
    vim.cmd("Semantic parse a date")
    T.told(update)
    T.await("the server is stopped", function()
      return not T.client()
    end)
  end)
end

T.case("a server without semantic search", function()
  afresh()
  T.pretend({ initialize = function()
    return { capabilities = {} }
  end })
  vim.cmd("Semantic parse a date")
  T.told("does not offer semantic search")
end)

vim.lsp.config("semantic", { cmd = server.start })

T.case("a server that crashes in a loop is started again, later each time, then given up", function()
  afresh()
  use_program("crashing", "exit 3", { restart = { attempts = 3, delay = 1 } })
  vim.cmd("Semantic parse a date")
  T.told("the server ended: status 3. See :Semantic log")
  T.told("starting it again in 0.0 s, attempt 1 of 3")
  T.told("attempt 3 of 3")
  local message = T.told("ended 4 times in a row")
  T.has(message[1], "checkhealth semantic")
  T.eq(vim.log.levels.ERROR, message[2])
  T.forget()
  vim.cmd("Semantic parse a date")
  T.told("is not started again")
  T.forget()
  vim.g.semantic = { server = T.server }
  vim.cmd("Semantic restart")
  T.told("the server was started again")
  T.ready()
end)

T.case("delays double, and steady work forgives", function()
  server.forgive()
  vim.g.semantic = { restart = { attempts = 3, delay = 1000 } }
  local delays = {}
  for _ = 1, 4 do
    delays[#delays + 1] = server.crashed("/a", "status 1") or -1
  end
  T.eq({ 1000, 2000, 4000, -1 }, delays)
  T.eq(nil, server.given_up("/b"))
  T.has(server.given_up("/a"), "4 times")
end)

T.case("a server that is killed comes back with its files", function()
  afresh()
  local pidfile = T.workspace .. "/.git/pid"
  use_program("noted", ('echo $$ > "%s"; exec "%s" "$@"'):format(pidfile, T.server), { restart = { delay = 1 } })
  T.edit("retry/retry.go")
  local client = T.ready()
  kill(pidfile)
  T.told("the server ended (signal 9); starting it again")
  T.await("another server with the file", function()
    local now = vim.lsp.get_clients({ name = "semantic", bufnr = 0 })[1]
    return now and now.id ~= client.id
  end)
  T.ready()
end)

T.case("a request that is under way when the server dies gets an answer", function()
  afresh()
  use_program("dying", ('echo $$ > "%s/.git/pid"; exec "%s" "$@"'):format(T.workspace, T.server), { restart = { attempts = 0 } })
  T.ready()
  local answered
  require("semantic.client").request("semantic/search", { query = "parse" }, function(err)
    answered = err or "no error"
  end)
  kill(T.workspace .. "/.git/pid")
  T.await("an answer", function()
    return answered
  end)
end)

T.case("a server that never answers does not hang the editor", function()
  afresh()
  use_program("silent", "exec cat >/dev/null", { timeout = 100 })
  vim.cmd("Semantic parse a date")
  T.told("the server has not answered for 0.1 s")
  T.eq({}, vim.fn.getcompletion("Semantic parse la", "cmdline"))
end)

T.case("a request that never ends can be cancelled, and completion gives up", function()
  afresh()
  vim.g.semantic = { server = T.server }
  T.pretend({
    ["semantic/search"] = function()
      return T.SILENCE
    end,
    ["semantic/complete"] = function()
      return T.SILENCE
    end,
  })
  local answers = {}
  local cancel = require("semantic.search").run("parse a date", function(err)
    answers[#answers + 1] = err
  end)
  T.await("the server", function()
    return T.client()
  end)
  cancel()
  cancel()
  T.eq({ "cancelled" }, answers)
  T.eq({}, vim.fn.getcompletion("Semantic parse la", "cmdline"))
end)

---Asks a pretended server that gives an answer and a status.
local function remark(answer, status)
  afresh()
  T.pretend({
    ["semantic/search"] = function(_, dispatchers)
      if status then
        dispatchers.notification("semantic/statusChanged", status)
      end
      return vim.tbl_extend("keep", answer, { results = {}, complete = true, tookMs = 1 })
    end,
  })
  vim.cmd("Semantic! parse a date")
  return T.await("a message", function()
    return T.messages[1]
  end)[1]
end

local function status(root)
  return { model = "static", cacheDir = "/tmp", roots = { vim.tbl_extend("keep", root, { path = T.workspace, state = "ready", units = 1 }) } }
end

T.case("the index is still being built", function()
  T.has(remark({ complete = false }, status({ state = "indexing", done = 12, total = 100 })), "being built, 12 of 100 files")
  T.eq("semantic 12/100", require("semantic").statusline())
end)

T.case("what a new project lacks at first is shown as soon as it is there", function()
  afresh()
  local asked = 0
  T.pretend({
    ["semantic/search"] = function()
      asked = asked + 1
      local results = asked > 2 and { T.result("retry/config.go", 9, "Config") } or {}
      return { results = results, complete = asked > 2, tookMs = 1 }
    end,
  })
  vim.cmd("Semantic! parse a date")
  T.has(T.told("results may be missing")[1], "as soon as there are some")
  T.await("the results", function()
    return vim.bo.buftype == "quickfix" and #vim.fn.getqflist() == 1
  end)
  T.eq(1, #T.messages)
  vim.cmd.cclose()
end)

T.case("a list that is shown asks again once the index is complete", function()
  afresh()
  local notify ---@type fun(method: string, params: table)
  T.pretend({
    ["semantic/search"] = function(_, dispatchers)
      notify = dispatchers.notification
      return { results = {}, complete = false, tookMs = 1 }
    end,
  })
  local again, answers = 0, 0
  local live = require("semantic.live").new(function()
    again = again + 1
  end)
  live:query("parse a date", function()
    answers = answers + 1
  end)
  T.await("the answer", function()
    return answers == 1
  end)
  for i, state in ipairs({ "indexing", "ready", "ready" }) do
    local events = 0
    local id = vim.api.nvim_create_autocmd("User", { pattern = "SemanticStatus", callback = function()
      events = events + 1
    end })
    notify("semantic/statusChanged", status({ state = state }))
    T.await("the event", function()
      return events > 0
    end)
    vim.api.nvim_del_autocmd(id)
    T.eq(math.min(i - 1, 1), again)
  end
  live:close()
end)

T.case("indexing is paused", function()
  T.has(remark({ complete = false }, status({ state = "paused" })), ":Semantic resume")
end)

T.case("indexing is switched off", function()
  T.has(remark({}, status({ state = "disabled", reason = "indexing was declined" })), "indexing was declined")
end)

T.case("the engine is degraded", function()
  local message = remark({}, status({ state = "degraded", reason = "disk full" }))
  T.has(message, "nothing found")
  T.eq("semantic degraded", require("semantic").statusline())
end)

T.case("a search for duplicates takes the place of the one before", function()
  afresh()
  local got = {}
  T.pretend({ ["semantic/duplicates"] = function(params)
    return params.min == 0.8 and T.SILENCE or { groups = {}, units = 3, complete = true, tookMs = 1 }
  end })
  for _, min in ipairs({ 0.8, 0.9 }) do
    require("semantic.search").duplicates(min, function(_, _, hint)
      got[#got + 1] = hint
    end)
  end
  T.await("the answer", function()
    return got[1]
  end)
  T.eq({ "no duplicates among 3 pieces of code" }, got)
end)

T.case("results that are gone, or elsewhere, or shorter than they were", function()
  local path = T.workspace .. "/retry/gone.go"
  vim.fn.writefile({ "package retry", "", "func Gone() {}" }, path)
  local item = require("semantic.items").from(T.result("retry/gone.go", 3, "Gone"), "utf-8")
  vim.fn.writefile({ "package retry" }, path)
  T.eq(true, require("semantic.items").open(item))
  T.eq({ 1, 0 }, vim.api.nvim_win_get_cursor(0))
  T.told("retry/gone.go has changed since, and Gone is not in it any more")
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { "package retry", "// Goner, Gone", "", "", "", "func Gone() {}", "Gone()" })
  T.eq(true, require("semantic.items").open(item))
  T.eq({ 2, 10 }, vim.api.nvim_win_get_cursor(0))
  vim.api.nvim_buf_set_lines(0, 0, 2, false, {})
  T.eq(true, require("semantic.items").open(item))
  T.eq({ 4, 5 }, vim.api.nvim_win_get_cursor(0))
  vim.cmd.bwipeout({ bang = true })
  vim.fn.delete(path)
  T.eq(false, require("semantic.items").open(item))
  T.told("retry/gone.go was deleted since it was found. Search again")
  T.eq("", vim.fn.bufname(path), "no empty buffer is left")
  T.has(require("semantic.show").code(item), "was deleted")
end)

T.case("columns in other encodings than bytes", function()
  vim.fn.writefile({ "// größe 🙂 x" }, T.workspace .. "/wide.go")
  local result = T.result("wide.go", 1, "x")
  result.nameRange.start.character = 12
  T.eq(17, require("semantic.items").from(result, "utf-16").col)
  result.nameRange.start.character = 11
  T.eq(17, require("semantic.items").from(result, "utf-32").col)
end)

vim.lsp.config("semantic", { cmd = server.start })

---Tells what a query to the real server gives.
local function ask(query)
  T.forget()
  vim.cmd("Semantic! " .. query)
  return T.await("a message for " .. query:sub(1, 40), function()
    return T.messages[1]
  end)[1]
end

T.case("queries that cannot be read, or find nothing, or are only operators, or are long", function()
  afresh()
  T.edit("retry/retry.go")
  T.ready()
  T.has(ask("lang:klingon parse"), 'lang: takes no "klingon"')
  T.has(ask("/(/"), "missing closing )")
  T.has(ask("zzqqxx yyyww"), "Describe what the code does")
  T.has(ask("lang:python"), "only operators")
  vim.cmd("Semantic! " .. string.rep("word ", 2000))
  T.await("results for a long query", function()
    return vim.bo.buftype == "quickfix" and vim.fn.strchars(vim.fn.getqflist({ title = 0 }).title) < 80
  end)
  vim.cmd.cclose()
end)

T.case("the cursor is in no file", function()
  vim.cmd.enew()
  vim.cmd("Semantic similar")
  T.told("similar needs the cursor in a file")
  vim.cmd("Semantic explain parse a date")
  T.told("explain needs the cursor in a file")
end)

T.case("explain without a query", function()
  require("semantic.search").last_query = nil
  vim.cmd("Semantic explain")
  T.told("explain needs a query the first time")
end)

for name, cmd in pairs({ ["the plugin's"] = server.start, ["one's own"] = { T.server, "--stdio" } }) do
  T.case("a server that a person stops is not started again, with a command of " .. name, function()
    afresh()
    vim.lsp.config("semantic", { cmd = cmd })
    T.edit("retry/retry.go")
    local client = T.ready()
    local lines = #require("semantic.log").lines()
    client:stop(true)
    T.await("its end is noted", function()
      local last = require("semantic.log").lines()
      return #last > lines and last[#last]:find("ended: ", 1, true)
    end)
    T.eq(nil, vim.iter(T.messages):find(function(message)
      return message[1]:find("starting it again", 1, true) ~= nil
    end))
  end)
end

T.case("files that `filetypes` leaves out are not attached", function()
  afresh()
  vim.lsp.config("semantic", { cmd = server.start, filetypes = { "python" } })
  T.edit("retry/retry.go")
  local client = T.ready()
  T.eq(nil, client.attached_buffers[vim.api.nvim_get_current_buf()])
  T.edit("text/slug.py")
  T.eq(client.id, T.ready().id)
  T.eq(true, client.attached_buffers[vim.api.nvim_get_current_buf()])
  vim.lsp.config("semantic", { filetypes = { "go", "python" } })
end)

T.case("the folder of the indexes cannot be written", function()
  afresh()
  vim.g.semantic = { server = T.server, settings = { cacheDir = "/dev/null/cache" } }
  T.edit("retry/retry.go")
  T.ready()
  vim.cmd("Semantic! retry with backoff")
  T.await("results", function()
    return vim.bo.buftype == "quickfix" and #vim.fn.getqflist() > 0
  end)
  vim.cmd.cclose()
  T.await("the status line", function()
    return require("semantic").statusline() == "semantic degraded"
  end)
  vim.cmd("Semantic status")
  T.await("the reason", function()
    return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find("nothing can be written to /dev/null/cache", 1, true)
  end)
  vim.cmd.close()
  vim.g.semantic = { server = T.server }
end)

T.case("a folder without code", function()
  afresh()
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder .. "/.git", "p")
  vim.cmd.cd(folder)
  vim.cmd.enew()
  T.ready()
  T.await("the message about code", function()
    return ask("parse a date"):find("there is no code to search", 1, true)
  end)
end)

T.case("no project at all", function()
  afresh()
  vim.cmd.cd("/")
  vim.cmd.enew()
  vim.cmd("Semantic parse a date")
  T.told("no project here: nothing above / holds one of .semantic.toml, .git")
end)
