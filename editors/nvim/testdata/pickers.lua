-- Small models of the pickers, for machines without them: the part of each interface that the sources use, and no
-- more. They keep what they are given in its order, ask again when told to, and hand on what is chosen.
local M = {}

local accepted, on_accept = false, nil

---Chooses what mini.pick or fzf-lua shows first.
function M.accept()
  accepted = true
  if on_accept then
    on_accept()
  end
end

-- telescope.nvim and the channel of plenary.nvim: finders run in a coroutine, a selection closes the picker.
local telescope = {}

local function run_finder(self)
  coroutine.wrap(function()
    for _, result in ipairs(self.finder.fn and self.finder.fn(self.opts.default_text) or self.finder.results) do
      self.entries[#self.entries + 1] = self.finder.entry_maker(result)
    end
  end)()
end

package.preload["telescope.pickers"] = function()
  return {
    new = function(opts, spec)
      assert(spec.previewer, "a picker without a preview")
      local self = { opts = opts, finder = spec.finder, entries = {} }
      self.manager = { iter = function()
        local i = 0
        return function()
          i = i + 1
          return self.entries[i]
        end
      end }
      self.find = function()
        vim.cmd("new")
        self.prompt_bufnr = vim.api.nvim_get_current_buf()
        vim.bo.bufhidden = "wipe"
        telescope.current = self
        assert(spec.attach_mappings(self.prompt_bufnr) == true)
        run_finder(self)
      end
      return self
    end,
  }
end
package.preload["telescope.finders"] = function()
  local function same(spec)
    return spec
  end
  return { new_dynamic = same, new_table = same }
end
package.preload["telescope.sorters"] = function()
  return { empty = function() end }
end
package.preload["telescope.config"] = function()
  return { values = {
    qflist_previewer = function()
      return {}
    end,
    generic_sorter = function() end,
  } }
end
package.preload["telescope.actions.state"] = function()
  return {
    get_selected_entry = function()
      return telescope.current.entries[1]
    end,
    get_current_picker = function()
      return telescope.current
    end,
  }
end
package.preload["telescope.actions.set"] = function()
  return { select = { replace = function(_, select)
    telescope.select = select
  end } }
end
package.preload["telescope.actions"] = function()
  return {
    close = function(bufnr)
      vim.api.nvim_buf_delete(bufnr, { force = true })
    end,
    select_default = function(bufnr)
      telescope.select(bufnr, "default")
    end,
  }
end
package.preload["telescope"] = function()
  return { register_extension = function(extension)
    return extension
  end }
end
package.preload["plenary.async.control"] = function()
  return { channel = { oneshot = function()
    local waiting, value ---@type thread?, table?
    local function send(given)
      value = { given }
      if waiting then
        coroutine.resume(waiting)
      end
    end
    ---@async
    local function receive()
      if not value then
        waiting = coroutine.running()
        coroutine.yield()
      end
      return assert(value)[1]
    end
    return send, receive
  end } }
end

-- snacks.nvim: the finder runs in a coroutine that it may suspend.
local current
local snacks = { picker = {} }

function snacks.picker.get()
  return { current }
end

function snacks.picker.pick(opts)
  assert(opts.preview == "file", "a picker without a preview")
  local found = opts.items or {}
  current = {
    opts = opts,
    update_titles = function() end,
    close = function() end,
    items = function()
      return found
    end,
    selected = function()
      return { found[1] }
    end,
    action = function(self, name)
      opts[name](self, found[1], { cmd = nil })
      if opts.on_close then
        opts.on_close(self)
      end
    end,
  }
  if opts.finder then
    local run ---@type fun()
    local ctx = { picker = current, filter = { search = opts.search }, async = {
      suspend = coroutine.yield,
      resume = function()
        run()
      end,
    } }
    run = coroutine.wrap(function()
      opts.finder(opts, ctx)(function(item)
        found[#found + 1] = item
      end)
    end)
    run()
  end
  if opts.on_show then
    opts.on_show(current)
  end
  return current
end

package.preload["snacks"] = function()
  return snacks
end

-- mini.pick: keeps the main loop until something is chosen; asks `match` whenever the query changes.
local pick = {}

local function set_query(query)
  pick.active.source.match({}, {}, query)
end

pick.set_picker_query = set_query

function pick.is_picker_active()
  return pick.active ~= nil
end

function pick.set_picker_opts(opts)
  pick.active = vim.tbl_deep_extend("force", pick.active, opts)
end

function pick.set_picker_items(items, opts)
  assert(opts.do_match == false, "the server's order would be lost")
  pick.active.source.items = items
end

function pick.get_picker_items()
  return pick.active and pick.active.source.items
end

function pick.get_picker_state()
  return { windows = { target = vim.api.nvim_get_current_win() } }
end

function pick.start(opts)
  pick.active, accepted = vim.tbl_deep_extend("keep", opts, { source = { match = function() end } }), false
  vim.api.nvim_exec_autocmds("User", { pattern = "MiniPickStart" })
  vim.wait(15000, function()
    return accepted
  end, 5)
  local source = pick.active.source
  source.choose(source.items[1])
  pick.active = nil
end

package.preload["mini.pick"] = function()
  rawset(_G, "MiniPick", pick)
  return pick
end

-- fzf-lua: shows lines in a buffer and hands the chosen ones to an action by key.
local fzf = {}

---Shows lines once all of them are there.
local function show_lines(lines, opts)
  assert(opts.previewer == "builtin", "a picker without a preview")
  assert(opts.fzf_opts["--no-sort"], "the server's order would be lost")
  vim.cmd("new")
  local bufnr = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  on_accept = function()
    on_accept = nil
    vim.api.nvim_buf_delete(bufnr, { force = true })
    if opts.winopts then
      opts.winopts.on_close()
    end
    opts.actions.enter({ lines[1] }, opts)
  end
end

fzf.fzf_exec = show_lines

---Runs the source once, and calls back with all lines.
local function collect(contents, opts, done)
  local lines = {}
  contents({ opts.query })(function(text)
    if text then
      vim.list_extend(lines, vim.split(text, "\n"))
    else
      vim.schedule(function()
        done(lines)
      end)
    end
  end)
end

function fzf.fzf_live(contents, opts)
  assert(opts.actions["ctrl-r"].reload, "a list that cannot be asked again")
  -- The lines are in a buffer that anybody can read; keys go to a terminal beside it, which shows them as they come.
  local terminal = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_call(terminal, function()
    vim.fn.jobstart({ "cat" }, { term = true, on_stdout = function(_, data)
      if table.concat(data):find("^R", 1, true) then
        collect(contents, opts, function() end)
      end
    end })
  end)
  opts.winopts.on_create({ bufnr = terminal })
  local on_close = opts.winopts.on_close
  opts.winopts.on_close = function()
    vim.api.nvim_buf_delete(terminal, { force = true })
    on_close()
  end
  collect(contents, opts, function(lines)
    show_lines(lines, opts)
  end)
end

package.preload["fzf-lua"] = function()
  return fzf
end

return M
