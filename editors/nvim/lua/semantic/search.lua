-- Questions to the server that are answered with results, and what to say about an answer.
local M = {}

local items = require("semantic.items")

---Milliseconds for which the results of a new project are waited for, and between two questions meanwhile.
local PATIENCE, INTERVAL = 60 * 1000, 200

---The last query, which :Semantic explain takes when it is given none.
---@type string?
M.last_query = nil

---How far the index is, when answers may lack something; nil when they do not.
---@param client vim.lsp.Client
---@return string?
local function progress(client)
  local status = require("semantic.status").of(client.id)
  for _, root in ipairs(status and status.roots or {}) do
    if root.state == "indexing" and (root.total or 0) > 0 then
      return ("the index is being built, %d of %d files; results may be missing"):format(root.done or 0, root.total)
    elseif root.state == "paused" then
      return "indexing is paused; results may be missing. :Semantic resume goes on"
    elseif root.state == "disabled" then
      return ("this folder is not indexed (%s)"):format(root.reason or "disabled")
    end
  end
end

---Whether a status tells that there is no code in any folder.
---@param client vim.lsp.Client
---@return boolean
local function without_code(client)
  local status = require("semantic.status").of(client.id)
  if not status or #status.roots == 0 then
    return false
  end
  return vim.iter(status.roots):all(function(root)
    return root.state == "ready" and (root.units or 0) == 0
  end)
end

---What a person should know about an answer; nil when there is nothing to say.
---@param response semantic.SearchResponse
---@param client vim.lsp.Client
---@return string?
function M.remark(response, client)
  if not response.complete then
    return progress(client) or "the index is being brought up to date; results may be missing"
  end
  if #response.results == 0 then
    if without_code(client) then
      return ("there is no code to search in %s. :Semantic status tells what was left out"):format(client.root_dir or "the folder")
    end
    local why = response.message and response.message ~= "" and response.message or "nothing found"
    return progress(client) or (why .. ". Describe what the code does, or drop an operator such as lang: or path:")
  end
  if response.class == "filters" then
    return "only operators: everything that fits, not ranked. Add words to search by meaning"
  end
  return response.message ~= "" and response.message or nil
end

---Turns an answer into items.
---@param callback fun(err?: string, items?: semantic.Item[], hint?: string, complete?: boolean)
---@return fun(err?: string, response?: semantic.SearchResponse, client?: vim.lsp.Client)
local function answered(callback)
  return function(err, response, client)
    if err or not response or not client then
      return callback(err or "the server gave no answer")
    end
    callback(nil, items.all(response.results, client), M.remark(response, client), response.complete)
  end
end

---Searches for what somebody is typing.
---@param query string words and operators
---@param callback fun(err?: string, items?: semantic.Item[], hint?: string, complete?: boolean)
---@return fun() cancel
function M.run(query, callback)
  M.last_query = query
  local params = { query = query, limit = require("semantic.config").get().limit, typing = true }
  return require("semantic.client").request("semantic/search", params, answered(callback))
end

---Whether a search that found nothing may find something soon: the index is getting on.
---@param response semantic.SearchResponse
---@param client vim.lsp.Client
---@return boolean
local function may_come(response, client)
  local status = require("semantic.status").of(client.id)
  return not response.complete
    and #response.results == 0
    and vim.iter(status and status.roots or {}):all(function(root)
      return root.state == "indexing" or root.state == "ready"
    end)
end

---Number of the newest search that waits; the ones before it stop.
local newest = 0

---Searches. While there is nothing because the index is still being built, says so and asks again, until the next such
---search.
---@param query string words and operators
---@param callback fun(err?: string, items?: semantic.Item[], hint?: string)
function M.wait(query, callback)
  M.last_query = query
  local params = { query = query, limit = require("semantic.config").get().limit }
  local finish, told, deadline = answered(callback), false, vim.uv.now() + PATIENCE
  newest = newest + 1
  local this = newest
  local function ask()
    require("semantic.client").request("semantic/search", params, function(err, response, client)
      if err or not response or not client or vim.uv.now() > deadline or not may_come(response, client) then
        return finish(err, response, client)
      end
      if not told then
        told = true
        require("semantic.log").tell(M.remark(response, client) .. ". They are shown as soon as there are some", vim.log.levels.INFO)
      end
      vim.defer_fn(function()
        if this == newest and not client:is_stopped() then -- its end was told already
          ask()
        end
      end, INTERVAL)
    end)
  end
  ask()
end

---Finds code like the code at the cursor, or like a text.
---@param what { text?: string, params?: table }
---@param callback fun(err?: string, items?: semantic.Item[], hint?: string)
---@return fun() cancel
function M.similar(what, callback)
  local limit = require("semantic.config").get().limit
  return require("semantic.client").request("semantic/similar", function(client)
    if what.params then
      return vim.tbl_extend("force", what.params, { show = false, limit = limit })
    elseif what.text then
      return { text = what.text, limit = limit }
    end
    return vim.tbl_extend("force", vim.lsp.util.make_position_params(0, client.offset_encoding), { limit = limit })
  end, answered(callback))
end

---Ends the search for duplicates that is under way.
local function stop_comparing() end

---Finds groups of nearly identical code. Items of a group follow each other; their texts begin with its number. A search
---takes the place of the one before, which may take long, and is then answered with nothing.
---@param min? number similarity from which two pieces belong together, up to 1
---@param callback fun(err?: string, items?: semantic.Item[], hint?: string)
---@return fun() cancel
function M.duplicates(min, callback)
  local params = { min = min, workDoneToken = "semantic/duplicates" }
  stop_comparing()
  stop_comparing = require("semantic.client").request("semantic/duplicates", params, function(err, response, client)
    if err == "cancelled" then
      return
    end
    if err or not response or not client then
      return callback(err or "the server gave no answer")
    end
    local found = {}
    for i, group in ipairs(response.groups) do
      for _, unit in ipairs(items.all(group.units, client)) do
        unit.text = ("[%d: %.0f%%] %s"):format(i, group.least * 100, unit.text)
        found[#found + 1] = unit
      end
    end
    local hint
    if not response.complete then
      hint = progress(client) or "the index is being brought up to date; duplicates may be missing"
    elseif #found == 0 then
      hint = ("no duplicates among %d pieces of code"):format(response.units)
    end
    callback(nil, found, hint)
  end)
  return stop_comparing
end

return M
