-- Source for fzf-lua: a live list, which fzf does not filter, so that the server's order is kept, with its file preview.
local M = {}

---Milliseconds that fzf takes, at the least, to have a question asked: it starts a program for every key, which the next key
---ends. So they are a part of the rest before a question.
local SPAWN = 10

---The key that has fzf ask its last question anew, as fzf-lua has it in other lists, and what it sends.
local RELOAD, RELOAD_SENT = "ctrl-r", "\18"

---@return boolean
function M.available()
  return (vim.fn.executable("fzf") == 1 or vim.fn.executable("sk") == 1) and pcall(require, "fzf-lua")
end

---Lines as fzf-lua previews them, with paths as short as the working directory allows.
---@param item semantic.Item
---@return string
local function line(item)
  return ("%s:%d:%d: %s"):format(vim.fn.fnamemodify(item.filename, ":~:."), item.lnum, item.col, item.text)
end

---@param by_line table<string, semantic.Item>
---@param how "edit"|"split"|"vsplit"|"tabedit"
---@return fun(selected: string[])
local function opener(by_line, how)
  return function(selected)
    local items = vim.tbl_map(function(text)
      return by_line[text]
    end, selected)
    if #items > 1 and how == "edit" then
      return require("semantic.show").quickfix("chosen results", items)
    end
    for _, item in ipairs(items) do
      require("semantic.items").open(item, how)
    end
  end
end

---@param by_line table<string, semantic.Item>
---@param extra table
---@return table
local function options(by_line, extra)
  return vim.tbl_deep_extend("force", {
    previewer = "builtin",
    fzf_opts = { ["--multi"] = true, ["--no-sort"] = true },
    actions = {
      ["enter"] = opener(by_line, "edit"),
      ["ctrl-s"] = opener(by_line, "split"),
      ["ctrl-v"] = opener(by_line, "vsplit"),
      ["ctrl-t"] = opener(by_line, "tabedit"),
    },
  }, extra) --[[@as table]]
end

---@param query string
function M.live(query)
  local terminal
  local live = require("semantic.live").new(function()
    local channel = terminal and vim.api.nvim_buf_is_valid(terminal) and vim.bo[terminal].channel or 0
    if channel > 0 then
      vim.api.nvim_chan_send(channel, RELOAD_SENT)
    end
  end)
  ---@type table<string, semantic.Item>
  local by_line = {}
  require("fzf-lua").fzf_live(function(args)
    local text = type(args) == "table" and args[1] or args --[[@as string?]]
    return function(write)
      live:query(text or "", function(items, hint)
        local lines = vim.tbl_map(function(item)
          local text_of = line(item)
          by_line[text_of] = item
          return text_of
        end, items or {})
        if #lines > 0 then
          write(table.concat(lines, "\n")) -- at once, so that fzf draws them at once
        end
        if items then
          vim.api.nvim_echo({ { hint or "" } }, false, {})
        end
        write(nil)
      end, SPAWN)
    end
  end, options(by_line, {
    query = query,
    prompt = "Semantic> ",
    exec_empty_query = true,
    actions = { [RELOAD] = { fn = function() end, reload = true, desc = "ask again" } },
    winopts = {
      on_create = function(window)
        terminal = window.bufnr
      end,
      on_close = function()
        live:close()
      end,
    },
  }))
end

---@param title string
---@param items semantic.Item[]
function M.list(title, items)
  local by_line = {}
  local lines = vim.tbl_map(function(item)
    by_line[line(item)] = item
    return line(item)
  end, items)
  require("fzf-lua").fzf_exec(lines, options(by_line, { prompt = title .. "> " }))
end

return M
