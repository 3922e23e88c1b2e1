-- Source for mini.pick: its own matching is replaced by questions to the server, whose order is kept, with its preview.
local M = {}

---@return boolean
function M.available()
  return pcall(require, "mini.pick") and _G.MiniPick ~= nil
end

---@param item semantic.Item
---@return table
local function entry(item)
  return {
    text = require("semantic.items").line(item),
    path = item.filename,
    lnum = item.lnum,
    col = item.col,
    semantic = item,
  }
end

---Opens in the window that the picker was started from. No value: the picker ends.
---@param chosen table
local function choose(chosen)
  local window = require("mini.pick").get_picker_state().windows.target
  vim.schedule(function()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_set_current_win(window)
    end
    require("semantic.items").open(chosen.semantic)
  end)
end

---@param chosen table[]
local function choose_marked(chosen)
  vim.schedule(function()
    require("semantic.show").quickfix("chosen results", vim.tbl_map(function(each)
      return each.semantic
    end, chosen))
  end)
end

---@param query string
function M.live(query)
  local pick = require("mini.pick")
  local asked, live ---@type string, semantic.Live
  local function ask(text)
    live:query(text, vim.schedule_wrap(function(items, hint)
      if items and asked == text and pick.is_picker_active() then
        pick.set_picker_opts({ source = { name = hint and ("Semantic search: " .. hint) or "Semantic search" } })
        pick.set_picker_items(vim.tbl_map(entry, items), { do_match = false })
      end
    end))
  end
  live = require("semantic.live").new(function()
    ask(asked)
  end)
  local function match(_, _, typed)
    local text = table.concat(typed)
    if text ~= asked then
      asked = text
      ask(text)
    end
  end
  if query ~= "" then
    vim.api.nvim_create_autocmd("User", {
      pattern = "MiniPickStart",
      once = true,
      callback = function()
        pick.set_picker_query(vim.fn.split(query, "\\zs"))
      end,
    })
  end
  pick.start({
    source = { name = "Semantic search", items = {}, match = match, choose = choose, choose_marked = choose_marked },
  })
  live:close()
end

---@param title string
---@param items semantic.Item[]
function M.list(title, items)
  require("mini.pick").start({
    source = { name = title, items = vim.tbl_map(entry, items), choose = choose, choose_marked = choose_marked },
  })
end

return M
