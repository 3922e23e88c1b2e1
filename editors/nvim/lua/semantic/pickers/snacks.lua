-- Source for snacks.picker: live, without its matcher, so that the server's order is kept, with its file preview.
local M = {}

---@return boolean
function M.available()
  local ok, snacks = pcall(require, "snacks")
  return ok and pcall(function()
    return assert(snacks.picker.pick)
  end)
end

---@param item semantic.Item
---@return table
local function entry(item)
  return {
    text = require("semantic.items").line(item),
    file = item.filename,
    pos = { item.lnum, item.col - 1 },
    end_pos = { item.end_lnum, 0 },
    line = item.text,
    semantic = item,
  }
end

local commands = { split = "split", vsplit = "vsplit", tab = "tabedit" }

---@param picker snacks.Picker
---@param _ table
---@param action? table
local function confirm(picker, _, action)
  local chosen = picker:selected({ fallback = true })
  local how = action and commands[action.cmd] or "edit"
  picker:close()
  local items = vim.tbl_map(function(each)
    return each.semantic
  end, chosen)
  vim.schedule(function()
    if #items > 1 then
      return require("semantic.show").quickfix("chosen results", items)
    end
    if items[1] then
      require("semantic.items").open(items[1], how)
    end
  end)
end

---@param picker snacks.Picker
local function on_show(picker)
  local win = picker.input and picker.input.win
  if win and win.buf then
    vim.bo[win.buf].completefunc = "v:lua.require'semantic.complete'.completefunc"
  end
end

---@param query string
function M.live(query)
  local picker ---@type snacks.Picker?
  local live = require("semantic.live").new(function()
    if picker then
      picker:refresh()
    end
  end)
  -- A picker that begins live looks at its input every 200 ms only, for the sake of programs that search files. One that
  -- becomes live looks at it every 30 ms; how long a person has to rest before a question is asked is known here.
  picker = require("snacks").picker.pick({
    source = "semantic",
    title = "Semantic search",
    search = query,
    live = false,
    supports_live = true,
    format = "file",
    preview = "file",
    matcher = { sort = false, sort_empty = false },
    sort = { fields = { "idx" } },
    confirm = confirm,
    on_show = on_show,
    on_close = function()
      live:close()
    end,
    finder = function(_, ctx)
      local text = ctx.filter.search
      ---Runs in a coroutine of the picker's, which sleeps until the answer wakes it.
      return function(emit)
        local answer, done = {}, false ---@type semantic.Item[], boolean
        live:query(text, vim.schedule_wrap(function(items, hint)
          answer, done = items or {}, true
          if items then
            ctx.picker.title = hint and ("Semantic search: " .. hint) or "Semantic search"
            ctx.picker:update_titles()
          end
          ctx.async:resume()
        end))
        while not done do
          ctx.async:suspend()
        end
        for _, item in ipairs(answer) do
          emit(entry(item))
        end
      end
    end,
  })
  if picker then -- else it was open, and is closed now
    picker.opts.live = true
  end
end

---@param title string
---@param items semantic.Item[]
function M.list(title, items)
  require("snacks").picker.pick({
    source = "semantic_list",
    title = title,
    items = vim.tbl_map(entry, items),
    format = "file",
    preview = "file",
    sort = { fields = { "score:desc", "idx" } },
    confirm = confirm,
  })
end

return M
