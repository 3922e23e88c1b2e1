-- The quickfix list as a picker, for those who want every answer there.
---@type semantic.Picker
return {
  available = function()
    return true
  end,
  list = function(title, items)
    require("semantic.show").quickfix(title, items)
  end,
}
