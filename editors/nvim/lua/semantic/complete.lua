-- Completion of operators in queries, asked of the server.
local M = {}

local PATIENCE = 300 -- milliseconds; completion blocks the person

---Ways to go on with a query that is being typed. Empty without a running server.
---@param text string
---@param cursor integer counted in bytes
---@return semantic.Completion[] items spans in bytes
function M.items(text, cursor)
  local encoding = "utf-8" ---@type semantic.Encoding
  local answer = require("semantic.client").request_sync("semantic/complete", function(client)
    encoding = client.offset_encoding
    return { text = text, cursor = vim.str_utfindex(text, encoding, cursor, false) }
  end, PATIENCE)
  local items = answer and answer.items or {}
  for _, item in ipairs(items) do
    item.start = vim.str_byteindex(text, encoding, item.start, false)
    item["end"] = vim.str_byteindex(text, encoding, item["end"], false)
  end
  return items
end

---Completes the last word of a query.
---@param text string the query up to the cursor
---@param lead string its last word
---@return string[] candidates each in place of the word
function M.words(text, lead)
  local base = #text - #lead
  local words = {}
  for _, item in ipairs(M.items(text, #text)) do
    if item.start >= base then
      words[#words + 1] = lead:sub(1, item.start - base) .. item.text
    end
  end
  return words
end

---For 'completefunc' in the prompts of pickers: CTRL-X CTRL-U completes operators.
---@param findstart 0|1
---@param base string
---@return integer|table
function M.completefunc(findstart, base)
  local line = vim.api.nvim_get_current_line()
  local cursor = vim.api.nvim_win_get_cursor(0)[2]
  local prompt = vim.bo.buftype == "prompt" and vim.fn.prompt_getprompt(vim.api.nvim_get_current_buf()) or ""
  local before = line:sub(#prompt + 1, cursor)
  if findstart == 1 then
    local items = M.items(before, #before)
    return items[1] and #prompt + items[1].start or -3
  end
  local words = {}
  for _, item in ipairs(M.items(before .. base, #before + #base)) do
    words[#words + 1] = { word = item.text, menu = item.detail }
  end
  return words
end

---For vim.ui.input: completes operators in a query that is typed there.
---@param lead string
---@param line string
---@param cursor integer
---@return string[]
function M.input(lead, line, cursor)
  return M.words(line:sub(1, cursor), lead)
end

return M
