-- Asks through the client of Neovim and visits the first result.
vim.cmd.source(vim.env.SNIPPET)
vim.cmd.edit(vim.env.NOTES)
assert(vim.wait(60000, function()
  local client = vim.lsp.get_clients({ name = "semantic" })[1]
  return client and client.initialized
end), "the server did not start")
assert(vim.wait(60000, function()
  vim.fn.setqflist({}, "r")
  vim.lsp.buf.workspace_symbol(vim.env.QUESTION)
  return vim.wait(2000, function() return #vim.fn.getqflist() > 0 end)
end), "no results")
vim.cmd.cfirst()
vim.fn.writefile({ ("at %s:%d"):format(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(0), ":."), vim.fn.line(".")) }, vim.env.OUT)
for _, client in ipairs(vim.lsp.get_clients()) do
  client:stop()
end
vim.wait(10000, function() return #vim.lsp.get_clients() == 0 end)
vim.cmd("qall!")
