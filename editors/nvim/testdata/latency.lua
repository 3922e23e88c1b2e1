-- Measures how long a key takes to show in a picker, on the screen: a second Neovim runs in a terminal of this one, gets
-- keys as a person types them, and every change of its screen is noted. latency_test.go starts it as
--
--   nvim --headless --clean -l latency.lua SERVER FOLDER PLUGIN PICKER CLONES
--
-- It prints one line of JSON: milliseconds beyond the debounce from a key to the first change of the screen after the
-- picker was handed the answer, and to the last change before the next key, which is that of the preview; and the share of
-- the keys that continue a word after which another result stands first.

local server, folder, plugin, picker, clones = unpack(arg)
local PATIENCE = 60 * 1000 -- milliseconds until something that must happen counts as missing
local DEBOUNCE = 40 -- the default
local PACES = { 160, 220, 300, 180, 400, 250, 700 } -- milliseconds between keys, again and again
local QUERIES = {
  "read a line from a buffered reader", "parse an IPv6 address", "resize image", "json unmarshal lang:go", "escape html text",
}

local changes = {} -- times at which the screen changed

local function now()
  return vim.uv.hrtime() / 1e6
end

local function pause(ms)
  vim.wait(ms, function()
    return false
  end, 1000)
end

---Runs the second Neovim. Returns its terminal, and a channel to ask it things that no key asks.
---@return integer terminal
---@return integer channel
local function begin()
  local socket = vim.fn.tempname()
  local setup = ([[lua
    vim.opt.runtimepath:prepend(%q)
    for name in vim.fs.dir(%q) do vim.opt.runtimepath:append(%q .. "/" .. name) end
    pcall(function() require("snacks").setup({ picker = { enabled = true } }) end)
    pcall(function() require("mini.pick").setup({}) end)
    vim.g.semantic = { server = %q, picker = %q }
    answers = {}
    local live = require("semantic.live")
    local new = live.new
    live.new = function(...)
      local session = new(...)
      local query = session.query
      session.query = function(self, text, callback, rested)
        return query(self, text, function(items, hint)
          if items then answers[#answers + 1] = { vim.uv.hrtime() / 1e6, items[1] and items[1].path .. items[1].lnum } end
          return callback(items, hint)
        end, rested)
      end
      return session
    end
    vim.lsp.enable("semantic")]]):format(plugin, clones, clones, server, picker):gsub("\n%s*", " ")
  local terminal = vim.fn.jobstart({ vim.v.progpath, "--clean", "--listen", socket, "--cmd", setup, folder .. "/bufio/bufio.go" }, {
    pty = true, width = 160, height = 45, cwd = folder, env = { TERM = "xterm-256color" },
    on_stdout = function()
      changes[#changes + 1] = now()
    end,
  })
  local channel ---@type integer?
  vim.wait(PATIENCE, function()
    local ok, id = pcall(vim.fn.sockconnect, "pipe", socket, { rpc = true })
    channel = (ok and id ~= 0 and id or nil) --[[@as integer?]]
    return channel ~= nil
  end, 50)
  return terminal, (assert(channel, "the second Neovim cannot be asked"))
end

---Waits until all of the folder is indexed, and returns the number of its functions.
local function indexed(channel)
  local functions
  vim.wait(PATIENCE, function()
    functions = vim.rpcrequest(channel, "nvim_exec_lua", [[
      local client = vim.lsp.get_clients({ name = "semantic" })[1]
      local answer = client and client.initialized and client:request_sync("semantic/status", vim.empty_dict(), 5000)
      local root = answer and answer.result and answer.result.roots[1]
      return root and root.state == "ready" and root.functions or 0]], {})
    return functions > 0
  end, 200)
  return functions
end

---Types the queries. Returns the times of the keys, and which of them continue a word.
local function type_queries(terminal)
  local keys, continuing = {}, {}
  for _, query in ipairs(QUERIES) do
    vim.fn.chansend(terminal, ":Semantic\r")
    pause(1000)
    for i = 1, #query do
      keys[#keys + 1] = now()
      continuing[#keys] = query:sub(1, i):find("%S%S$") ~= nil
      vim.fn.chansend(terminal, query:sub(i, i))
      pause(PACES[i % #PACES + 1])
    end
    keys[#keys + 1] = false -- what the screen shows from here on is no answer
    vim.fn.chansend(terminal, "\27")
    pause(300)
    vim.fn.chansend(terminal, "\27")
    pause(300)
  end
  return keys, continuing
end

---The first of some times between two others, and the last.
---@param times number[]
---@param from number
---@param to number
---@return number? first
---@return number? last
local function between(times, from, to)
  local first, last
  for _, time in ipairs(times) do
    if time >= from and time < to then
      first, last = first or time, time
    end
  end
  return first, last
end

local terminal, channel = begin()
local functions = indexed(channel)
local keys, continuing = type_queries(terminal)
local times, best = {}, {} ---@type number[], table<number, string> answers, and the first result of each
local answers = vim.rpcrequest(channel, "nvim_exec_lua", "return answers", {}) --[[@as { [1]: number, [2]: string? }[] ]]
for i, answer in ipairs(answers) do
  times[i], best[answer[1]] = answer[1], answer[2]
end
local lists, screens, pressed, compared, changed, previous = {}, {}, 0, 0, 0, nil
for i, key in ipairs(keys) do
  if key then
    pressed = pressed + 1
    local after = keys[i + 1] or key + PACES[#PACES]
    local answer = between(times, key + DEBOUNCE, after)
    local first = answer and best[answer]
    if continuing[i] and first and previous then
      compared, changed = compared + 1, changed + (first == previous and 0 or 1)
    end
    previous = first
    local list, screen = between(changes, answer or after, after)
    if list and screen then
      lists[#lists + 1] = list - key - DEBOUNCE
      screens[#screens + 1] = screen - key - DEBOUNCE
    end
  end
end
local function at(milliseconds, share)
  table.sort(milliseconds)
  return milliseconds[math.min(#milliseconds, math.floor(share * #milliseconds) + 1)] or -1
end
vim.rpcnotify(channel, "nvim_command", "qall!")
vim.fn.jobwait({ terminal }, PATIENCE)
print(vim.json.encode({
  functions = functions, keys = pressed, answered = #lists, p50 = at(lists, 0.5), p95 = at(lists, 0.95), screen95 = at(screens, 0.95),
  changed = changed / math.max(1, compared),
}))
