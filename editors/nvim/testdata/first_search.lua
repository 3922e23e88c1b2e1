-- The first search of a new user: asks until the function is found, in the quickfix list. Run by plugin_test.go.
local told
vim.notify = function(text)
  told = text
end

local found = vim.wait(30000, function()
  vim.cmd("Semantic! try a request again after a growing delay")
  return vim.wait(300, function()
    return vim.iter(vim.fn.getqflist()):any(function(entry)
      return entry.text:find("WithBackoff", 1, true) ~= nil
    end)
  end, 10)
end, 10)
local attached = #vim.lsp.get_clients({ name = "semantic", bufnr = vim.fn.bufnr("config.go") })
io.stdout:write(found and attached == 1 and "found it\n" or ("nothing found, last message: %s\n"):format(told))
vim.cmd("qall!")
