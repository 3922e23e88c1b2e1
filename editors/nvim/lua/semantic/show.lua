-- Ways to show results without another plugin: the quickfix list, vim.ui.select, floating windows.
local M = {}

local items_of = require("semantic.items")

---Shows lines in a floating window that `q` and <Esc> close.
---@param title string
---@param lines string[]
---@return integer bufnr
---@return integer winid
function M.float(title, lines)
  local width = vim.fn.strdisplaywidth(title) + 2
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = "wipe"
  width = math.max(1, math.min(width, vim.o.columns - 4))
  local height = math.max(1, math.min(#lines, vim.o.lines - 6))
  local winid = vim.api.nvim_open_win(bufnr, true, {
    relative = "editor",
    width = width,
    height = height,
    row = math.max(0, math.floor((vim.o.lines - height) / 2) - 1),
    col = math.max(0, math.floor((vim.o.columns - width) / 2)),
    style = "minimal",
    border = "rounded",
    title = " " .. title .. " ",
  })
  vim.wo[winid].wrap = true
  for _, key in ipairs({ "q", "<Esc>" }) do
    vim.keymap.set("n", key, "<Cmd>close<CR>", { buffer = bufnr, nowait = true, desc = "Close" })
  end
  return bufnr, winid
end

---The code of an item, and a language for it.
---@param item semantic.Item
---@return string[] lines
---@return string? filetype
function M.code(item)
  local bufnr = vim.fn.bufnr(item.filename)
  if bufnr ~= -1 and vim.api.nvim_buf_is_loaded(bufnr) then
    return vim.api.nvim_buf_get_lines(bufnr, item.lnum - 1, item.end_lnum, false), vim.bo[bufnr].filetype
  end
  local ok, lines = pcall(vim.fn.readfile, item.filename, "", item.end_lnum)
  if not ok then
    return { item.path .. " was deleted since it was found. Search again" }
  end
  return vim.list_slice(lines --[[@as string[] ]], item.lnum, item.end_lnum), (vim.filetype.match({ filename = item.filename }))
end

---Shows the code of an item beside the cursor, without leaving the window.
---@param item semantic.Item
---@return integer bufnr
---@return integer winid
function M.preview(item)
  local lines, filetype = M.code(item)
  return vim.lsp.util.open_floating_preview(lines, filetype or "", {
    border = "rounded",
    focus_id = "semantic-preview",
    title = " " .. item.path .. " ",
    max_height = math.max(1, math.floor(vim.o.lines / 2)),
  })
end

---Shows the code of the entry under the cursor in a quickfix window.
function M.preview_quickfix()
  local info = vim.fn.getqflist({ items = 0, context = 0 })
  local entry = info.items[vim.fn.line(".")]
  if not entry or entry.bufnr == 0 then
    return
  end
  local path = vim.api.nvim_buf_get_name(entry.bufnr)
  M.preview({
    filename = path,
    path = vim.fs.relpath(vim.fn.getcwd(), path) or path,
    lnum = entry.lnum,
    end_lnum = entry.end_lnum > entry.lnum and entry.end_lnum or entry.lnum,
    col = entry.col,
    text = entry.text,
    name = "",
    kind = "",
    score = 0,
  })
end

---Puts items into a new quickfix list and opens it.
---@param title string
---@param items semantic.Item[]
function M.quickfix(title, items)
  local entries = vim.tbl_map(function(item)
    return { filename = item.filename, lnum = item.lnum, end_lnum = item.end_lnum, col = item.col, text = item.text }
  end, items)
  vim.fn.setqflist({}, " ", { title = "Semantic: " .. title, items = entries, context = { semantic = true } })
  vim.cmd("botright copen")
  local key = require("semantic.config").get().quickfix.preview_key
  if key and vim.fn.maparg(key, "n", false, true).buffer ~= 1 then
    vim.keymap.set("n", key, M.preview_quickfix, { buffer = true, desc = "Preview the code" })
  end
end

---Lets the person choose an item with vim.ui.select, and opens it.
---@param title string
---@param items semantic.Item[]
function M.select(title, items)
  vim.ui.select(items, {
    prompt = title,
    kind = "semantic",
    format_item = items_of.line,
    preview_item = function(item)
      return (M.code(item))
    end,
  }, function(item)
    if item then
      items_of.open(item)
    end
  end)
end

return M
