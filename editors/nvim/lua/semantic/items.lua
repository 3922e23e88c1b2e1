-- Results as pickers and the quickfix list take them, and the way from there to the code.
local M = {}

---Text of a line, from the buffer when the file is open, else from the disk; nil when there is none.
---@param path string
---@param lnum integer from 1
---@return string?
local function line_of(path, lnum)
  local bufnr = vim.fn.bufnr(path)
  if bufnr ~= -1 and vim.api.nvim_buf_is_loaded(bufnr) then
    return vim.api.nvim_buf_get_lines(bufnr, lnum - 1, lnum, false)[1]
  end
  local ok, lines = pcall(vim.fn.readfile, path, "", lnum)
  return ok and lines[lnum] or nil
end

---The byte column, from 1, of a position.
---@param path string
---@param position semantic.Position
---@param encoding string
---@return integer
local function column(path, position, encoding)
  if position.character == 0 or encoding == "utf-8" then
    return position.character + 1
  end
  local line = line_of(path, position.line + 1)
  return line and vim.str_byteindex(line, encoding, position.character, false) + 1 or 1
end

---One line about a result: what it is, then the beginning of its documentation.
---@param result semantic.SearchResult
---@return string
local function describe(result)
  local what = result.signature
  if what == "" then
    what = result.name ~= "" and (result.kind .. " " .. result.name) or result.kind
  end
  local sentence = vim.split(result.documentation, "\n")[1]
  if sentence ~= "" then
    what = what .. " — " .. sentence
  end
  if (result.duplicates or 0) > 0 then
    what = ("%s (and %d with the same text)"):format(what, result.duplicates)
  end
  return (what:gsub("%s+", " "))
end

---Makes an item of a result.
---@param result semantic.SearchResult
---@param encoding string position encoding of the client
---@return semantic.Item
function M.from(result, encoding)
  local path = vim.uri_to_fname(result.location.uri)
  return {
    filename = path,
    lnum = result.nameRange.start.line + 1,
    col = column(path, result.nameRange.start, encoding),
    end_lnum = math.max(result.endLine, result.nameRange.start.line + 1),
    text = describe(result),
    path = result.path,
    name = result.name,
    kind = result.kind,
    score = result.score,
  }
end

---Makes items of results, in their order.
---@param results semantic.SearchResult[]
---@param client vim.lsp.Client
---@return semantic.Item[]
function M.all(results, client)
  return vim.tbl_map(function(result)
    return M.from(result, client.offset_encoding)
  end, results)
end

---One line for a list without columns of its own.
---@param item semantic.Item
---@return string
function M.line(item)
  return ("%s:%d: %s"):format(item.path, item.lnum, item.text)
end

---Whether the code of an item is still there, on disk or in a buffer.
---@param item semantic.Item
---@return boolean
function M.exists(item)
  local bufnr = vim.fn.bufnr(item.filename)
  return vim.uv.fs_stat(item.filename) ~= nil or (bufnr ~= -1 and vim.api.nvim_buf_is_loaded(bufnr))
end

---Goes to an item. A file that is gone is told, not made anew; a file that became shorter is opened at its end.
---@param item semantic.Item
---@param how? "edit"|"split"|"vsplit"|"tabedit"
---@return boolean opened
function M.open(item, how)
  if not M.exists(item) then
    require("semantic.log").tell(("%s was deleted since it was found. Search again"):format(item.path), vim.log.levels.WARN)
    return false
  end
  vim.cmd("normal! m'")
  how = how or "edit"
  if how ~= "edit" or vim.fn.bufnr(item.filename) ~= vim.api.nvim_get_current_buf() then
    vim.cmd({ cmd = how, args = { vim.fn.fnameescape(item.filename) }, magic = { file = false, bar = false } })
  end
  local last = vim.api.nvim_buf_line_count(0)
  local lnum = math.min(item.lnum, last)
  local text = vim.api.nvim_buf_get_lines(0, lnum - 1, lnum, false)[1] or ""
  vim.api.nvim_win_set_cursor(0, { lnum, math.max(0, math.min(item.col - 1, #text)) })
  vim.cmd("normal! zvzz")
  return true
end

return M
