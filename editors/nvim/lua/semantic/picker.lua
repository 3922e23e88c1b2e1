-- The picker that shows results: the one that was chosen, else the first that is there.
local M = {}

---Modules by the name in vim.g.semantic.picker. Each needs its plugin only when it is used.
---@type table<string, string>
local modules = {
  ["telescope"] = "semantic.pickers.telescope",
  ["fzf-lua"] = "semantic.pickers.fzf",
  ["snacks"] = "semantic.pickers.snacks",
  ["mini.pick"] = "semantic.pickers.mini",
  ["select"] = "semantic.pickers.select",
  ["quickfix"] = "semantic.pickers.quickfix",
}

local order = { "snacks", "telescope", "fzf-lua", "mini.pick" }

---Whether the plugin of a picker is there.
---@param name string
---@return boolean
function M.available(name)
  return require(modules[name]).available()
end

---The picker in force.
---@return semantic.Picker
---@return string name
function M.resolve()
  local chosen = require("semantic.config").get().picker
  if chosen ~= "auto" then
    if M.available(chosen) then
      return require(modules[chosen]), chosen
    end
    require("semantic.log").tell_once(
      ("the picker %s is not there: install or set up its plugin, or change vim.g.semantic.picker; vim.ui.select is used"):format(chosen),
      vim.log.levels.WARN
    )
    return require(modules.select), "select"
  end
  for _, name in ipairs(order) do
    if M.available(name) then
      return require(modules[name]), name
    end
  end
  return require(modules.select), "select"
end

---Names of the pickers that need a plugin, in the order in which they are tried.
---@return string[]
function M.names()
  return vim.deepcopy(order)
end

return M
