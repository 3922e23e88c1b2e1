-- The plugin and nothing else, to tell whether a problem lies here or in other settings:
--
--   nvim --clean -u editors/nvim/troubleshooting/minimal.lua FILE
--
-- Then :checkhealth semantic, and :Semantic with a query. Send what they say with your report, and :Semantic log.
local here = assert(vim.uv.fs_realpath(assert(debug.getinfo(1, "S")).source:sub(2)))
vim.opt.runtimepath:prepend(vim.fs.dirname(vim.fs.dirname(here)))
vim.g.semantic = { picker = "select", args = { "--log-level", "debug" } }
vim.lsp.enable("semantic")
