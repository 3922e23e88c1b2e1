-- :Telescope semantic, after require("telescope").load_extension("semantic").

---@param opts? table options of telescope's
local function search(opts)
  opts = opts or {}
  require("semantic.pickers.telescope").live(opts.default_text or "", opts)
end

return require("telescope").register_extension({
  exports = { semantic = search, search = search },
  health = function()
    require("semantic.health").server()
  end,
})
