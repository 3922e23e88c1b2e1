-- What happened, for people: messages now, and a bounded record of them and of the server's own for :Semantic log.
local M = {}

local LINES = 1000
---@type string[]
local record = {}
---@type table<string, true>
local told = {}

---Adds to the record without a message. May be called from any callback.
---@param text string
function M.add(text)
  local at = os.date("%H:%M:%S")
  for line in vim.gsplit(text, "\n", { plain = true, trimempty = true }) do
    record[#record + 1] = at .. " " .. line
  end
  while #record > LINES do
    table.remove(record, 1)
  end
end

---Tells the person.
---@param text string
---@param level? integer of vim.log.levels; INFO when left out
function M.tell(text, level)
  M.add(text)
  vim.schedule(function()
    vim.notify("semantic: " .. text, level or vim.log.levels.INFO, { title = "semantic" })
  end)
end

---Tells the person, but the same thing only once in a session, so that nothing repeats with every buffer.
---@param text string
---@param level? integer
function M.tell_once(text, level)
  if not told[text] then
    told[text] = true
    M.tell(text, level)
  end
end

---The record, oldest first.
---@return string[]
function M.lines()
  return vim.list_slice(record)
end

---Handles window/logMessage of the server.
---@param params { type: integer, message: string }
function M.from_server(params)
  local levels = { "error", "warn", "info", "log", "debug" }
  M.add(("server %s: %s"):format(levels[params.type] or "log", params.message))
end

return M
