-- The live sources. With the variable PICKERS naming a folder that holds clones of telescope.nvim, plenary.nvim,
-- fzf-lua, snacks.nvim and mini.pick, the real plugins are driven (fzf has to be in the PATH); else the small models
-- of them in testdata/pickers.lua, because no package registry has the plugins.

local clones = vim.env.PICKERS
local real = clones and clones ~= ""
if real then
  for name in vim.fs.dir(clones) do
    vim.opt.runtimepath:append(clones .. "/" .. name)
  end
  require("snacks").setup({ picker = { enabled = true } })
  require("mini.pick").setup({})
end
local models = not real and dofile(T.plugin .. "/testdata/pickers.lua")
if models then
  vim.env.PATH = vim.fs.dirname(T.program("fzf", "exit 1")) .. ":" .. vim.env.PATH
end

local QUESTION = "turn words of a text into a slug and count words"

vim.g.semantic = { server = T.server, debounce = 1 }
vim.lsp.enable("semantic")
T.edit("retry/retry.go")
T.ready()

---Names of the results in the order of the server.
local function served()
  local want
  require("semantic.client").request("semantic/search", { query = QUESTION, limit = 50 }, function(_, answer)
    want = vim.tbl_map(function(result)
      return result.path .. ":" .. result.nameRange.start.line + 1
    end, answer.results)
  end)
  return T.await("the order of the server", function()
    return want
  end)
end

local function place(item)
  return item.path .. ":" .. item.lnum
end

---What a case needs of a picker: start, the items it shows in order, choose the first.
local drivers = {
  telescope = {
    shown = function()
      local picker = require("telescope.actions.state").get_current_picker(vim.api.nvim_get_current_buf())
      local items = {}
      if picker and picker.manager then
        for entry in picker.manager:iter() do
          items[#items + 1] = entry.value
        end
      end
      return items
    end,
    choose = function()
      require("telescope.actions").select_default(vim.api.nvim_get_current_buf())
    end,
  },
  snacks = {
    shown = function()
      local picker = require("snacks").picker.get()[1]
      return picker and vim.tbl_map(function(entry)
        return entry.semantic
      end, picker:items()) or {}
    end,
    choose = function()
      assert(require("snacks").picker.get()[1]):action("confirm")
    end,
  },
}

---Waits for a number of results in a picker that can be looked at, and chooses the first.
local function converse(driver, count, start)
  start()
  local items = T.await(("%d results"):format(count), function()
    local shown = driver.shown()
    return #shown == count and shown
  end)
  driver.choose()
  return vim.tbl_map(place, items)
end

---The same for mini.pick, which keeps the main loop while it is open: it is looked at and answered from a timer.
local function converse_mini(count, start)
  local items
  local timer = assert(vim.uv.new_timer())
  timer:start(5, 5, vim.schedule_wrap(function()
    local shown = require("mini.pick").get_picker_items()
    if shown and #shown == count and not items then
      items = vim.tbl_map(function(entry)
        return place(entry.semantic)
      end, shown)
      if models then
        models.accept()
      else
        vim.api.nvim_input("<CR>")
      end
    end
  end))
  start()
  timer:close()
  return items
end

---The same for fzf-lua, which shows results in a terminal that runs fzf.
local function converse_fzf(count, start)
  start()
  local shown
  T.await(("%d results"):format(count), function()
    shown = {}
    for _, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
      local path, lnum = line:match("([%w_./]+):(%d+):%d+:")
      if path then
        shown[#shown + 1] = path .. ":" .. lnum
      end
    end
    return #shown == count
  end)
  if models then
    models.accept()
  else
    vim.api.nvim_chan_send(vim.bo.channel, "\r")
  end
  return shown
end

---For every picker: starts it with start(), waits for that many results, chooses the first, returns all of them.
local conversations = {
  ["telescope"] = function(...)
    return converse(drivers.telescope, ...)
  end,
  ["snacks"] = function(...)
    return converse(drivers.snacks, ...)
  end,
  ["mini.pick"] = converse_mini,
  ["fzf-lua"] = converse_fzf,
}

for name, conversation in vim.spairs(conversations) do
  local function use()
    vim.cmd.enew()
    vim.g.semantic = { server = T.server, debounce = 1, picker = name }
  end

  T.case(name .. ": results in the server's order, the chosen one is opened", function()
    use()
    local want = served()
    local shown = conversation(#want, function()
      vim.cmd("Semantic " .. QUESTION)
    end)
    T.eq(want, shown)
    T.await("the first result is open", function()
      local path = vim.fs.relpath(T.workspace, vim.api.nvim_buf_get_name(0))
      return path and place({ path = path, lnum = vim.fn.line(".") }) == want[1]
    end)
  end)

  T.case(name .. ": a list that does not change, and a result whose file is gone", function()
    use()
    local items = vim.tbl_map(function(result)
      return require("semantic.items").from(result, "utf-8")
    end, { T.result("retry/gone.go", 3, "Gone"), T.result("retry/config.go", 9, "Config") })
    local shown = conversation(2, function()
      require("semantic.picker").resolve().list("list", items)
    end)
    T.eq({ "retry/gone.go:3", "retry/config.go:9" }, shown)
    T.told("retry/gone.go was deleted since it was found")
    T.eq("", vim.fn.bufname("gone.go"), "no empty buffer is left")
  end)
end

T.case("fzf-lua: asks again once the index is complete", function()
  vim.cmd.enew()
  vim.g.semantic = { server = T.server, debounce = 1, picker = "fzf-lua" }
  local search = require("semantic.search")
  local run, asked = search.run, 0
  search.run = function(query, callback)
    asked = asked + 1
    local again = asked > 1
    return run(query, function(err, items, hint)
      for _, item in ipairs(again and items or {}) do
        item.text = "again: " .. item.text
      end
      callback(err, items, hint, again)
    end)
  end
  vim.cmd("Semantic " .. QUESTION)
  local function screen_has(text)
    return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find(text, 1, true)
  end
  T.await("the first answer on the screen", function()
    return asked == 1 and screen_has("slug")
  end)
  local client = assert(T.client())
  require("semantic.status").changed(client.id, { model = "static", cacheDir = "/tmp", roots = { { path = T.workspace, state = "ready" } } })
  T.await("another question, and its answer where there is a screen", function()
    return asked == 2 and (models or screen_has("again: "))
  end)
  search.run = run
  if models then
    models.accept()
  else
    vim.api.nvim_chan_send(vim.bo.channel, "\r")
  end
  T.await("the chosen result is open", function()
    return vim.bo.buftype == "" and vim.api.nvim_buf_get_name(0) ~= ""
  end)
end)

T.case(":Telescope semantic", function()
  local extension = require("telescope._extensions.semantic")
  T.eq("function", type(extension.exports.semantic))
  T.eq("function", type(extension.health))
end)

T.case("a newer question takes the place of the older, which is answered with nothing", function()
  local live = require("semantic.live").new()
  local got = {}
  live:query("slug", function(items)
    got[#got + 1] = { "slug", items and #items > 0 }
  end)
  live:query(QUESTION, function(items)
    got[#got + 1] = { "whole", items and #items > 0 }
  end)
  T.await("both answers", function()
    return #got == 2
  end)
  T.eq({ { "slug", nil }, { "whole", true } }, got)
  live:query("", function(items, hint)
    T.eq({}, items)
    T.eq("type what the code does", hint)
  end)
  got = {}
  live:query("lang:klingon parse", function(items, hint)
    got = { items, hint }
  end)
  T.await("the problem as a hint", function()
    return got[2] and got[2]:find("klingon")
  end)
  live:close()
  live:query("after the end", function(items)
    T.eq({}, items)
  end)
end)

T.case("auto takes what is there; a picker that is not there is told", function()
  vim.g.semantic = { server = T.server }
  local _, name = require("semantic.picker").resolve()
  T.eq("snacks", name)
  local telescope = package.loaded["semantic.pickers.telescope"]
  local available = telescope.available
  telescope.available = function()
    return false
  end
  vim.g.semantic = { server = T.server, picker = "telescope" }
  _, name = require("semantic.picker").resolve()
  T.eq("select", name)
  T.told("the picker telescope is not there")
  telescope.available = available
end)
