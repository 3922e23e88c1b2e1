-- How the index is doing, as semantic/statusChanged told last, and a component for status lines.
local M = {}

---@type table<integer, semantic.Status>
local by_client = {}

---Notes a status of a client and has status lines drawn again. Fires the event User SemanticStatus.
---@param id integer
---@param status semantic.Status
function M.changed(id, status)
  by_client[id] = status
  vim.schedule(function()
    vim.api.nvim_exec_autocmds("User", { pattern = "SemanticStatus", modeline = false, data = { client_id = id, status = status } })
    vim.cmd.redrawstatus({ bang = true })
  end)
end

---Forgets a client that ended.
---@param id integer
function M.forget(id)
  by_client[id] = nil
  vim.cmd.redrawstatus({ bang = true })
end

---The last status of a client.
---@param id integer
---@return semantic.Status?
function M.of(id)
  return by_client[id]
end

---A word about a folder, for a status line; empty when all is well.
---@param root semantic.RootStatus
---@return string
local function word(root)
  if root.state == "indexing" then
    return (root.total or 0) > 0 and ("%d/%d"):format(root.done or 0, root.total) or "indexing"
  elseif root.state == "degraded" then
    return "degraded"
  end
  return root.state == "ready" and "" or root.state
end

---A component for status lines: empty without a server, "semantic" when all is well, else with what is not:
---"semantic 120/900", "semantic paused", "semantic degraded". It reads what is known and asks nobody.
---@return string
function M.line()
  local client = vim.lsp.get_clients({ name = "semantic", bufnr = 0 })[1] or vim.lsp.get_clients({ name = "semantic" })[1]
  if not client then
    return ""
  end
  local status = by_client[client.id]
  if not status then
    return "semantic …"
  end
  if status.degraded and status.degraded ~= "" then
    return "semantic degraded"
  end
  for _, root in ipairs(status.roots) do
    local text = word(root)
    if text ~= "" then
      return "semantic " .. text
    end
  end
  return "semantic"
end

---A status as lines for people.
---@param status semantic.Status
---@return string[]
function M.describe(status)
  local lines = { "model     " .. status.model, "cache     " .. status.cacheDir }
  if status.watching and status.watching ~= "" then
    lines[#lines + 1] = "watching  " .. status.watching
  end
  if status.degraded and status.degraded ~= "" then
    lines[#lines + 1] = "degraded  " .. status.degraded
  end
  for _, root in ipairs(status.roots) do
    vim.list_extend(lines, { "", root.path, "  state     " .. root.state .. (root.reason and root.reason ~= "" and ": " .. root.reason or "") })
    if root.state == "indexing" and (root.total or 0) > 0 then
      lines[#lines + 1] = ("  progress  %d of %d files"):format(root.done or 0, root.total)
    end
    if root.files then
      lines[#lines + 1] = ("  holds     %d files, %d functions, %d units, %.1f MB"):format(
        root.files, root.functions or 0, root.units or 0, (root.diskBytes or 0) / 1e6)
    end
    for reason, count in vim.spairs(root.skipped or {}) do
      lines[#lines + 1] = ("  left out  %d: %s"):format(count, reason)
    end
  end
  if #status.roots == 0 then
    vim.list_extend(lines, { "", "no folder is open" })
  end
  return lines
end

return M
