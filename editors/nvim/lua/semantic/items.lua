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
---@param encoding semantic.Encoding
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
---@param encoding semantic.Encoding position encoding of the client
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

---Where the name of an item is now in the current buffer: in its line, else in the nearest that has it; its line when it is
---in none, as with names that are not written so.
---@param item semantic.Item
---@return integer lnum
---@return integer col from 1
---@return boolean there false when the buffer does not even reach as far
local function where_now(item)
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  local line = lines[item.lnum]
  if item.name == "" or (line and line:sub(item.col, item.col + #item.name - 1) == item.name) then
    return math.min(item.lnum, #lines), item.col, line ~= nil
  end
  local lnum, col
  for i, text in ipairs(lines) do
    local at = (" " .. text .. " "):find("%f[%w_]" .. vim.pesc(item.name) .. "%f[^%w_]")
    if at and (not lnum or math.abs(i - item.lnum) <= math.abs(lnum - item.lnum)) then
      lnum, col = i, at - 1
    end
  end
  return lnum or math.min(item.lnum, #lines), col or item.col, (lnum or line) ~= nil
end

---Goes to an item. A file that is gone is told, not made anew; one that has changed is opened where the name is now.
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
  local lnum, col, there = where_now(item)
  if not there then
    local what = item.name ~= "" and item.name or item.kind
    require("semantic.log").tell(("%s has changed since, and %s is not in it any more. Search again"):format(item.path, what), vim.log.levels.WARN)
  end
  local text = vim.api.nvim_buf_get_lines(0, lnum - 1, lnum, false)[1] or ""
  vim.api.nvim_win_set_cursor(0, { lnum, math.max(0, math.min(col - 1, #text)) })
  vim.cmd("normal! zvzz")
  return true
end

return M
