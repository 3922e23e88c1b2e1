if vim.g.loaded_semantic then
  return
end
vim.g.loaded_semantic = true

if vim.fn.has("nvim-0.11") == 0 then
  vim.notify("semantic: Neovim 0.11 or newer is needed", vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command("Semantic", function(opts)
  require("semantic.commands").run(opts)
end, {
  nargs = "*",
  bang = true,
  range = true,
  desc = "Find code by what it does",
  complete = function(...)
    return require("semantic.commands").complete(...)
  end,
})

vim.keymap.set("n", "<Plug>(semantic-search)", function()
  require("semantic").search()
end, { desc = "Find code by what it does" })
vim.keymap.set("n", "<Plug>(semantic-similar)", function()
  require("semantic").similar()
end, { desc = "Find code like this" })
vim.keymap.set("x", "<Plug>(semantic-similar)", ":Semantic similar<CR>", { silent = true, desc = "Find code like the selection" })
