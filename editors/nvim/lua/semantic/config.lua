-- Options: defaults, merged with vim.g.semantic, which may be a table or a function that returns one.
local M = {}

---@class semantic.Config
M.defaults = {
  server = "lsp", -- name in the PATH, or a path
  args = {}, -- further arguments of the server, such as { "--log-level", "debug" }
  settings = {}, -- section "semantic" of the server's settings
  picker = "auto",
  limit = 50, -- most results
  debounce = 40, -- milliseconds of rest before a live source asks
  timeout = 10000, -- milliseconds a server may take to start
  restart = {
    attempts = 5, -- after so many crashes in a row the plugin gives up
    delay = 1000, -- milliseconds before the first restart; doubled every time
  },
  quickfix = {
    preview_key = "p", -- in the quickfix window; false for none
  },
}

local pickers = { "auto", "telescope", "fzf-lua", "snacks", "mini.pick", "select", "quickfix" }

---Checks of values beyond their type, by dotted key. Each says what is needed.
---@type table<string, { [1]: string, [2]: fun(value: any): boolean }>
local rules = {
  ["server"] = { "a name or path that is not empty", function(v) return type(v) == "string" and v ~= "" end },
  ["args"] = { "a list of strings", function(v)
    return vim.islist(v) and vim.iter(v):all(function(arg) return type(arg) == "string" end)
  end },
  ["picker"] = { "one of " .. table.concat(pickers, ", "), function(v) return vim.list_contains(pickers, v) end },
  ["limit"] = { "a whole number from 1 to 1000", function(v) return type(v) == "number" and v >= 1 and v <= 1000 and v % 1 == 0 end },
  ["debounce"] = { "milliseconds from 0", function(v) return type(v) == "number" and v >= 0 end },
  ["timeout"] = { "milliseconds from 1", function(v) return type(v) == "number" and v >= 1 end },
  ["restart.attempts"] = { "a whole number from 0", function(v) return type(v) == "number" and v >= 0 and v % 1 == 0 end },
  ["restart.delay"] = { "milliseconds from 0", function(v) return type(v) == "number" and v >= 0 end },
  ["quickfix.preview_key"] = { "a key or false", function(v) return v == false or (type(v) == "string" and v ~= "") end },
}

---Merges given options over defaults; what is wrong is left out and reported by its dotted key.
---@generic T: table
---@param defaults T
---@param given table
---@param prefix string
---@param problems string[]
---@return T
local function merge(defaults, given, prefix, problems)
  local merged = vim.deepcopy(defaults)
  for key, value in vim.spairs(given) do
    local name = prefix .. tostring(key)
    local rule = rules[name]
    if defaults[key] == nil then
      problems[#problems + 1] = ("vim.g.semantic.%s: there is no such option"):format(name)
    elseif rule then
      if rule[2](value) then
        merged[key] = value
      else
        problems[#problems + 1] = ("vim.g.semantic.%s: %s is needed, got %s"):format(name, rule[1], vim.inspect(value))
      end
    elseif type(value) ~= "table" then
      problems[#problems + 1] = ("vim.g.semantic.%s: a table is needed, got %s"):format(name, vim.inspect(value))
    elseif name == "settings" then
      merged[key] = value
    else
      merged[key] = merge(defaults[key], value, name .. ".", problems)
    end
  end
  return merged
end

---Reads the options afresh, so that a change of vim.g.semantic counts at once.
---@return semantic.Config config
---@return string[] problems what is wrong with vim.g.semantic, one sentence each
function M.read()
  local given = vim.g.semantic
  if type(given) == "function" then
    local ok, returned = pcall(given)
    if not ok then
      return vim.deepcopy(M.defaults), { "vim.g.semantic: the function failed: " .. tostring(returned) }
    end
    given = returned
  end
  if given == nil then
    return vim.deepcopy(M.defaults), {}
  end
  if type(given) ~= "table" then
    return vim.deepcopy(M.defaults), { "vim.g.semantic: a table or a function that returns one is needed, got " .. type(given) }
  end
  local problems = {}
  return merge(M.defaults, given, "", problems), problems
end

---The options in force. Problems are told once.
---@return semantic.Config
function M.get()
  local config, problems = M.read()
  for _, problem in ipairs(problems) do
    require("semantic.log").tell_once(problem, vim.log.levels.WARN)
  end
  return config
end

return M
