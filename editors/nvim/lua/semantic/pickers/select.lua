-- vim.ui.select: there is always one.
---@type semantic.Picker
return {
  available = function()
    return true
  end,
  list = function(title, items)
    require("semantic.show").select(title, items)
  end,
}
