-- What :Semantic and mappings call. Every function returns at once; results and problems are shown when they come.
local M = {}

local log = require("semantic.log")

---Shows an answer: in the quickfix list, or with the picker that was chosen.
---@param title string
---@param opts semantic.ShowOptions
---@return fun(err?: string, items?: semantic.Item[], hint?: string)
local function show(title, opts)
  if vim.fn.strchars(title) > 60 then
    title = vim.fn.strcharpart(title, 0, 59) .. "…"
  end
  return function(err, items, hint)
    if err or not items then
      return log.tell(err or "no answer", vim.log.levels.ERROR)
    end
    if hint then
      log.tell(hint, #items == 0 and vim.log.levels.WARN or vim.log.levels.INFO)
    end
    if #items == 0 then
      return
    end
    if opts.quickfix then
      return require("semantic.show").quickfix(title, items)
    end
    require("semantic.picker").resolve().list(title, items)
  end
end

---@class semantic.ShowOptions
---@field quickfix? boolean show results in the quickfix list instead of a picker

---Searches. A picker that can ask while the person types starts with the query; without a query the others ask for one.
---@param query? string words and operators
---@param opts? semantic.ShowOptions
function M.search(query, opts)
  query, opts = vim.trim(query or ""), opts or {}
  local picker = require("semantic.picker").resolve()
  if picker.live and not opts.quickfix then
    return picker.live(query)
  end
  if query ~= "" then
    require("semantic.search").wait(query, show(query, opts))
    return
  end
  vim.ui.input({
    prompt = "Code that: ",
    completion = "customlist,v:lua.require'semantic.complete'.input",
  }, function(typed)
    if typed and vim.trim(typed) ~= "" then
      M.search(typed, opts)
    end
  end)
end

---@class semantic.SimilarOptions: semantic.ShowOptions
---@field text? string code or a description, in place of the code at the cursor

---Whether the cursor is in a file; told when it is not.
---@param what string
---@return boolean
local function in_file(what)
  if vim.bo.buftype == "" and vim.api.nvim_buf_get_name(0) ~= "" then
    return true
  end
  log.tell(what .. " needs the cursor in a file: this buffer is none", vim.log.levels.WARN)
  return false
end

---Finds code like the code at the cursor, or like a text.
---@param opts? semantic.SimilarOptions
function M.similar(opts)
  opts = opts or {}
  if not opts.text and not in_file("similar") then
    return
  end
  require("semantic.search").similar({ text = opts.text }, show("similar code", opts))
end

---Runs the code actions of the server, whose results the plugin shows.
---@param command lsp.Command
function M.on_similar_command(command)
  local params = (command.arguments or {})[1] --[[@as table?]]
  require("semantic.search").similar({ params = params or {} }, show(command.title, {}))
end

---@class semantic.DuplicatesOptions: semantic.ShowOptions
---@field min? number similarity from which two pieces belong together, from 0 to 1

---Finds groups of nearly identical code.
---@param opts? semantic.DuplicatesOptions
function M.duplicates(opts)
  opts = opts or {}
  require("semantic.search").duplicates(opts.min, show("duplicates", opts))
end

---Tells how the code at the cursor fares in a search, and why.
---@param query? string the last one when left out
function M.explain(query)
  query = query and vim.trim(query) ~= "" and query or require("semantic.search").last_query
  if not query then
    return log.tell("explain needs a query the first time: :Semantic explain {query}", vim.log.levels.WARN)
  end
  if not in_file("explain") then
    return
  end
  require("semantic.client").request("semantic/explain", function(client)
    return vim.tbl_extend("force", vim.lsp.util.make_position_params(0, client.offset_encoding), { query = query })
  end, function(err, response)
    if err then
      return log.tell(err, vim.log.levels.ERROR)
    end
    require("semantic.show").float("Why: " .. query, require("semantic.explain").lines(response))
  end)
end

---Shows how the index is doing.
function M.status()
  require("semantic.client").request("semantic/status", vim.empty_dict(), function(err, status, client)
    if err or not client then
      return log.tell(err or "no answer", vim.log.levels.ERROR)
    end
    require("semantic.status").changed(client.id, status)
    require("semantic.show").float("Semantic", require("semantic.status").describe(status))
  end)
end

---Opens the page in the browser: a search, and a map of all functions. A client without a browser learns its address.
function M.page()
  require("semantic.client").request("semantic/openPage", vim.empty_dict(), function(err, response)
    log.tell(err or ("the page is at " .. response.url), err and vim.log.levels.ERROR or vim.log.levels.INFO)
  end)
end

---Sends a request that controls indexing, and tells that it was done.
---@param method string
---@param done string
local function control(method, done)
  require("semantic.client").request(method, vim.empty_dict(), function(err)
    log.tell(err or done, err and vim.log.levels.ERROR or vim.log.levels.INFO)
  end)
end

---Has the index made anew.
function M.reindex()
  control("semantic/reindex", "the index is being made anew")
end

---Has indexing wait.
function M.pause()
  control("semantic/pause", "indexing waits. :Semantic resume goes on")
end

---Has indexing go on.
function M.resume()
  control("semantic/resume", "indexing goes on")
end

---Starts the server again, also after the plugin gave it up.
function M.restart()
  require("semantic.client").restart(function(err)
    log.tell(err or "the server was started again", err and vim.log.levels.ERROR or vim.log.levels.INFO)
  end)
end

---Shows what happened: messages of the plugin and of the server.
function M.log()
  local lines = require("semantic.log").lines()
  vim.list_extend(lines, { "", "What the server wrote to its standard error: " .. vim.lsp.log.get_filename() })
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = "wipe"
  vim.cmd("botright split")
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.cmd("normal! G")
end

---A component for status lines; see |semantic-statusline|.
---@return string
function M.statusline()
  return require("semantic.status").line()
end

return M
