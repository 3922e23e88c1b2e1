-- Source for telescope.nvim: a dynamic finder, so that the server's order is kept, with the usual file preview.
local M = {}

---@return boolean
function M.available()
  return (pcall(require, "telescope.pickers"))
end

local commands = { default = "edit", horizontal = "split", vertical = "vsplit", tab = "tabedit" }

---@param item semantic.Item
---@return table entry
local function entry(item)
  local line = require("semantic.items").line(item)
  return {
    value = item,
    ordinal = line,
    display = line,
    filename = item.filename,
    path = item.filename,
    lnum = item.lnum,
    col = item.col,
    text = item.text,
  }
end

---@param prompt_bufnr integer
---@return boolean
local function mappings(prompt_bufnr)
  vim.bo[prompt_bufnr].completefunc = "v:lua.require'semantic.complete'.completefunc"
  local state = require("telescope.actions.state")
  require("telescope.actions.set").select:replace(function(bufnr, kind)
    local chosen = state.get_selected_entry()
    require("telescope.actions").close(bufnr)
    if chosen then
      require("semantic.items").open(chosen.value, commands[kind])
    end
  end)
  return true
end

---@param opts table options of the picker
---@param spec table finder and sorter
---@return telescope.Picker
local function find(opts, spec)
  spec.previewer = require("telescope.config").values.qflist_previewer(opts)
  spec.attach_mappings = mappings
  local picker = require("telescope.pickers").new(opts, spec)
  picker:find()
  return picker
end

---@param query string
---@param opts? table options for telescope
function M.live(query, opts)
  local picker ---@type telescope.Picker?
  local live = require("semantic.live").new(function()
    if picker then
      picker:refresh()
    end
  end)
  opts = vim.tbl_extend("force", { default_text = query }, opts or {})
  ---Runs in a coroutine of telescope's, which waits for the answer.
  local function results(prompt)
    local tx, rx = require("plenary.async.control").channel.oneshot()
    live:query(prompt or "", vim.schedule_wrap(function(items, hint)
      local border = picker and picker.results_border
      if items and border and border.change_title then
        pcall(border.change_title, border, hint or "Results")
      end
      tx(items or {})
    end))
    return rx()
  end
  picker = find(opts, {
    prompt_title = "Semantic search",
    finder = require("telescope.finders").new_dynamic({ fn = results, entry_maker = entry }),
    sorter = require("telescope.sorters").empty(),
  })
  vim.api.nvim_create_autocmd("BufWipeout", {
    buffer = picker.prompt_bufnr,
    once = true,
    callback = function()
      live:close()
    end,
  })
end

---@param title string
---@param items semantic.Item[]
---@param opts? table options for telescope
function M.list(title, items, opts)
  opts = opts or {}
  find(opts, {
    prompt_title = title,
    finder = require("telescope.finders").new_table({ results = items, entry_maker = entry }),
    sorter = require("telescope.config").values.generic_sorter(opts),
  })
end

return M
