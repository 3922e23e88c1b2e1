-- Configuration of the language server for vim.lsp.enable("semantic"). Change parts of it with
-- vim.lsp.config("semantic", { … }); the plugin's own options are in vim.g.semantic.

---Runs a function of a module when it is called, not before: resolving the configuration loads little.
---@param module string
---@param name string
---@return function
local function later(module, name)
  return function(...)
    return require(module)[name](...)
  end
end

local settings = require("semantic.config").get().settings

---@type vim.lsp.Config
return {
  cmd = require("semantic.server").start,
  root_markers = { ".semantic.toml", ".git", ".hg", ".jj", "go.mod", "package.json", "Cargo.toml", "pyproject.toml" },
  root_dir = later("semantic.client", "root_dir"),
  settings = { semantic = not vim.tbl_isempty(settings) and settings or nil },
  init_options = not vim.tbl_isempty(settings) and { semantic = settings } or nil,
  -- Results of code actions are shown by the plugin, not by the server.
  capabilities = { experimental = { commands = { commands = { "semantic.similar" } } } },
  commands = { ["semantic.similar"] = later("semantic", "on_similar_command") },
  handlers = {
    ["semantic/statusChanged"] = function(_, status, context)
      require("semantic.status").changed(context.client_id, status)
    end,
    ["window/logMessage"] = function(_, params)
      require("semantic.log").from_server(params)
    end,
  },
  on_init = later("semantic.client", "on_init"),
  on_exit = later("semantic.client", "on_exit"),
}
