-- Every subcommand of :Semantic, with the real server.

local QUESTION = "try a request again after a growing delay"

---What vim.ui.select was given last, and what to choose.
local offered, choice ---@type { items: semantic.Item[], opts: table }?, integer?
vim.ui.select = function(items, opts, on_choice)
  offered = { items = items, opts = opts }
  on_choice(choice and items[choice], choice)
end

---Waits until vim.ui.select was called.
---@param what string
---@return { items: semantic.Item[], opts: table }
local function offer(what)
  return T.await(what, function()
    return offered
  end)
end

---Waits for a floating window with a text, closes it, and returns its lines.
---@param part string
---@return string[]
local function float_with(part)
  return T.await("a floating window with " .. part, function()
    for _, win in ipairs(vim.api.nvim_list_wins()) do
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)
      if vim.api.nvim_win_get_config(win).relative ~= "" and table.concat(lines, "\n"):find(part, 1, true) then
        vim.api.nvim_win_close(win, true)
        return lines
      end
    end
  end)
end

---@param items semantic.Item[]
---@return string[]
local function names(items)
  return vim.tbl_map(function(item)
    return item.name
  end, items)
end

T.case("nothing is loaded at the start", function()
  T.eq({}, T.loaded_at_start)
end)

T.case("a search starts the server without vim.lsp.enable and without a file", function()
  vim.cmd("Semantic " .. QUESTION)
  T.await("an answer", function()
    return offered or #T.messages > 0
  end)
  T.eq(T.workspace, assert(T.client()).root_dir)
  T.ready()
end)

T.case("vim.lsp.enable attaches files to the same server", function()
  vim.lsp.enable("semantic")
  T.edit("retry/retry.go")
  T.await("the file is attached", function()
    return vim.lsp.get_clients({ name = "semantic", bufnr = 0 })[1]
  end)
  T.eq(1, #vim.lsp.get_clients({ name = "semantic" }))
end)

T.case(":Semantic {query} offers results and goes to the chosen one", function()
  offered, choice = nil, 1
  T.edit("text/slug.py")
  vim.cmd("Semantic " .. QUESTION)
  local got = offer("results")
  T.eq("WithBackoff", names(got.items)[1])
  T.eq("semantic", got.opts.kind)
  T.has(got.opts.format_item(got.items[1]), "retry/retry.go:7: func WithBackoff")
  T.has(got.opts.preview_item(got.items[1]), "func WithBackoff")
  T.eq(T.workspace .. "/retry/retry.go", vim.api.nvim_buf_get_name(0))
  T.eq({ 7, 5 }, vim.api.nvim_win_get_cursor(0))
end)

T.case("a query may begin like a subcommand after search", function()
  offered, choice = nil, nil
  vim.cmd("Semantic search status of a search in retry lang:go")
  offer("results")
end)

T.case("the order of the server is kept", function()
  offered, choice = nil, nil
  local want
  require("semantic.client").request("semantic/search", { query = "text", limit = 50 }, function(_, answer)
    want = vim.tbl_map(function(result)
      return result.name
    end, answer.results)
  end)
  vim.cmd("Semantic text")
  local got = offer("results")
  T.await("the answer to the same question", function() -- which may come after the one that was asked later
    return want ~= nil
  end)
  T.eq(want, names(got.items))
end)

T.case("an unsaved edit is found", function()
  offered, choice = nil, nil
  T.edit("retry/retry.go")
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { "", "// Fahrenheit converts a temperature from degrees Celsius.",
    "func Fahrenheit(celsius float64) float64 { return celsius*9/5 + 32 }" })
  vim.cmd("Semantic convert a temperature from Celsius to Fahrenheit")
  T.eq("Fahrenheit", names(offer("results").items)[1])
  vim.cmd.edit({ bang = true })
end)

T.case(":Semantic! {query} fills the quickfix list", function()
  vim.cmd("Semantic! " .. QUESTION)
  T.await("the quickfix window", function()
    return vim.bo.buftype == "quickfix"
  end)
  local list = vim.fn.getqflist({ title = 0, items = 0, context = 0 })
  T.eq("Semantic: " .. QUESTION, list.title)
  T.eq({ semantic = true }, list.context)
  T.eq(7, list.items[1].lnum)
  T.has(list.items[1].text, "WithBackoff")
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  T.eq(1, vim.fn.maparg("p", "n", false, true).buffer)
  require("semantic.show").preview_quickfix()
  float_with("func WithBackoff")
  vim.cmd.cclose()
end)

T.case(":Semantic similar, at the cursor and for lines", function()
  T.edit("retry/retry.go")
  vim.api.nvim_win_set_cursor(0, { 9, 0 })
  offered, choice = nil, nil
  vim.cmd("Semantic similar")
  local items = offer("similar code").items
  T.eq(false, vim.list_contains(names(items), "WithBackoff"), "code is not like itself")
  vim.cmd("7,16Semantic! similar")
  T.await("the quickfix window", function()
    return vim.bo.buftype == "quickfix"
  end)
  T.has(vim.fn.getqflist()[1].text, "WithBackoff")
  vim.cmd.cclose()
end)

T.case("a code action of the server is shown by the plugin", function()
  T.edit("retry/retry.go")
  vim.api.nvim_win_set_cursor(0, { 9, 0 })
  offered, choice = nil, nil
  local select = vim.ui.select
  vim.ui.select = function(actions, opts, on_choice)
    if opts.kind ~= "codeaction" then
      return select(actions, opts, on_choice)
    end
    for _, action in ipairs(actions) do
      if action.action.title == "Find similar code" then
        return on_choice(action)
      end
    end
    T.fail("no such action: " .. vim.inspect(actions))
  end
  vim.lsp.buf.code_action({ context = { only = { "semantic" --[[@as lsp.CodeActionKind]] }, diagnostics = {} } })
  T.eq("Find similar code", offer("results").opts.prompt)
  vim.ui.select = select
end)

T.case(":Semantic duplicates groups", function()
  local lines = vim.fn.readfile(T.workspace .. "/text/slug.py")
  vim.fn.writefile(lines, T.workspace .. "/text/copy.py")
  T.await("the copy is known", function()
    offered, choice = nil, nil
    T.forget()
    vim.cmd("Semantic duplicates 0.9")
    T.await("an answer", function()
      return offered or T.messages[1]
    end)
    return offered
  end)
  local found = assert(offer("groups").items[1])
  T.has(found.text, "[1: ")
  vim.fn.delete(T.workspace .. "/text/copy.py")
end)

T.case(":Semantic explain, with a query and with the last one", function()
  T.edit("retry/retry.go")
  vim.api.nvim_win_set_cursor(0, { 9, 0 })
  vim.cmd("Semantic explain " .. QUESTION)
  local lines = float_with("place ")
  T.has(lines, "WithBackoff (retry/retry.go:")
  T.has(lines, "meaning")
  require("semantic.search").last_query = "count words"
  vim.cmd("Semantic explain")
  float_with("beside the best, ")
end)

T.case(":Semantic page opens the browser, and tells the address", function()
  local open, opened = vim.ui.open, nil ---@type function, string?
  vim.ui.open = function(address)
    opened = address
    return { wait = function()
      return { code = 0 }
    end }
  end
  vim.cmd("Semantic page")
  local message = T.told("the page is at http://127.0.0.1:")
  T.await("the browser", function()
    return opened
  end)
  T.has(message[1], assert(opened))
  vim.ui.open = open
end)

T.case(":Semantic status, pause, resume, reindex", function()
  vim.cmd("Semantic pause")
  T.told("indexing waits")
  vim.cmd("Semantic status")
  T.has(float_with("state"), "state     paused")
  T.eq("semantic paused", require("semantic").statusline())
  vim.cmd("Semantic resume")
  T.told("indexing goes on")
  vim.cmd("Semantic reindex")
  T.told("the index is being made anew")
  T.await("the status line tells that all is well", function()
    return require("semantic").statusline() == "semantic"
  end)
end)

T.case("statusChanged fires an event", function()
  local got
  vim.api.nvim_create_autocmd("User", { pattern = "SemanticStatus", once = true, callback = function(event)
    got = event.data
  end })
  vim.cmd("Semantic pause")
  T.await("the event", function()
    return got and got.status.roots[1].state == "paused"
  end)
  vim.cmd("Semantic resume")
end)

T.case(":Semantic log", function()
  vim.cmd("Semantic log")
  T.has(vim.api.nvim_buf_get_lines(0, 0, -1, false), "with the model")
  T.eq(false, vim.bo.modifiable)
  vim.cmd.bwipeout()
end)

T.case("completion of subcommands, operators and values", function()
  T.edit("retry/retry.go")
  local function complete(line)
    return vim.fn.getcompletion(line, "cmdline")
  end
  T.eq({ "reindex", "restart", "resume" }, vim.list_slice(complete("Semantic re"), 1, 3))
  T.eq(true, vim.list_contains(complete("Semantic parse a date la"), "lang:"))
  T.eq(true, vim.list_contains(complete("Semantic search parse la"), "lang:"))
  T.eq(true, vim.list_contains(complete("Semantic! search lang:"), "lang:go"))
  T.eq(true, vim.list_contains(complete("Semantic grüße lang:g"), "lang:go"))
  T.eq({ "0.9", "0.95", "0.99" }, complete("Semantic duplicates 0"))
  T.eq({}, complete("Semantic status "))
  T.eq(vim.tbl_count(require("semantic.commands").subcommands), #vim.tbl_filter(function(word)
    return require("semantic.commands").subcommands[word] ~= nil
  end, complete("Semantic ")))
end)

T.case("'completefunc' completes operators while the person types", function()
  vim.cmd.enew()
  vim.bo.completefunc = "v:lua.require'semantic.complete'.completefunc"
  local keys = vim.api.nvim_replace_termcodes("igrüße la<C-x><C-u>go<C-x><C-u>", true, false, true)
  vim.api.nvim_feedkeys(keys, "tx", false)
  T.eq("grüße lang:go", vim.api.nvim_get_current_line())
  vim.cmd.bwipeout({ bang = true })
end)

T.case("without a query and without a live picker the person is asked", function()
  offered, choice = nil, nil
  local asked = {}
  vim.ui.input = function(opts, on_confirm)
    asked = opts or {}
    on_confirm(QUESTION)
  end
  vim.cmd("Semantic")
  T.eq("WithBackoff", names(offer("results").items)[1])
  T.has(asked.completion, "semantic.complete")
  vim.ui.input = function(_, on_confirm)
    on_confirm(nil)
  end
  vim.cmd("Semantic")
end)

T.case("the question to the person completes operators", function()
  local typed
  vim.ui.input = function(opts)
    opts = opts or {}
    vim.schedule(function()
      vim.api.nvim_input("grüße lang:pyt<Tab><CR>")
    end)
    typed = vim.fn.input({ prompt = opts.prompt, completion = opts.completion })
  end
  vim.cmd("Semantic")
  T.eq("grüße lang:python", typed)
end)

T.case("misuse is told", function()
  vim.cmd("Semantic pause now")
  T.told("pause takes no arguments. To search for these words: :Semantic search pause now")
  vim.cmd("Semantic duplicates many")
  T.told('takes a similarity above 0 and up to 1, got "many"')
  vim.cmd("Semantic! status")
  T.told("leave out the !")
  vim.cmd("1,2Semantic status")
  T.told("takes no range")
end)

T.case(":Semantic restart starts a new server", function()
  T.edit("retry/retry.go")
  local before = assert(T.client()).id
  vim.cmd("Semantic restart")
  T.told("the server was started again")
  T.await("another client", function()
    local client = vim.lsp.get_clients({ name = "semantic", bufnr = 0 })[1]
    return client and client.id ~= before
  end)
  T.eq(1, #vim.lsp.get_clients({ name = "semantic", _uninitialized = true }))
end)
