-- An explanation for people.
local M = {}

---@param result semantic.SearchResult
---@return string
local function name_of(result)
  local name = result.name ~= "" and result.name or result.kind
  return ("%s (%s:%d)"):format(name, result.path, result.startLine)
end

---Contributions side by side, the larger first.
---@param result semantic.SearchResult
---@param best? semantic.SearchResult
---@return string[]
local function table_of(result, best)
  local ours, theirs, names = {}, {}, {}
  for _, pair in ipairs({ { result, ours }, { best, theirs } }) do
    for _, contribution in ipairs(pair[1] and pair[1].explanation or {}) do
      if not ours[contribution.name] and not theirs[contribution.name] then
        names[#names + 1] = contribution.name
      end
      pair[2][contribution.name] = contribution.value
    end
  end
  table.sort(names, function(a, b)
    local x, y = math.max(ours[a] or 0, theirs[a] or 0), math.max(ours[b] or 0, theirs[b] or 0)
    return x > y or (x == y and a < b)
  end)
  local function value(of, name)
    return of[name] and ("%.3f"):format(of[name]) or "–"
  end
  local lines = {}
  for _, name in ipairs(names) do
    lines[#lines + 1] = best and ("%8s %8s  %s"):format(value(ours, name), value(theirs, name), name)
      or ("%8s  %s"):format(value(ours, name), name)
  end
  return lines
end

---An answer of semantic/explain as lines.
---@param response semantic.ExplainResponse
---@return string[]
function M.lines(response)
  local result, best = response.result, response.best
  if best and best.path == result.path and best.startLine == result.startLine then
    best = nil
  end
  local place = response.rank > 0 and ("place %d of %d"):format(response.rank, response.of) or ("not among the %d candidates"):format(response.of)
  local lines = { name_of(result), place .. ", " .. result.confidence, "the query was taken for: " .. response.class }
  if response.words and #response.words > 0 then
    lines[#lines + 1] = "words: " .. table.concat(response.words, ", ")
  end
  for _, part in ipairs(response.excluded or {}) do
    lines[#lines + 1] = "does not satisfy: " .. part
  end
  lines[#lines + 1] = ""
  if best then
    lines[#lines + 1] = "beside the best, " .. name_of(best)
    lines[#lines + 1] = ("%8s %8s"):format("here", "best")
  end
  return vim.list_extend(lines, table_of(result, best))
end

return M
