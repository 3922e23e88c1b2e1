-- :checkhealth semantic, with the real server and with what may be wrong.

---Runs the check and returns its report.
local function report()
  vim.cmd("checkhealth semantic")
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  vim.cmd.bwipeout()
  return table.concat(lines, "\n")
end

T.case("the server is tried out", function()
  T.edit("retry/retry.go")
  T.ready()
  local text = report()
  for _, part in ipairs({
    "version devel",
    "it started and speaks protocol 1, positions in utf-8",
    "it indexed a file and found its function by what it does",
    "it ended when it was told to",
    T.workspace .. ": ready, ",
    "vim.g.semantic is understood",
    "telescope is not there",
    "results are shown with select",
  }) do
    T.has(text, part)
  end
  T.eq(nil, text:find("ERROR", 1, true), text)
  T.eq(1, #vim.lsp.get_clients({ _uninitialized = true }), "the server that was tried out has ended")
end)

T.case("options that are wrong, and no server", function()
  vim.g.semantic = { server = "lsp-that-is-nowhere", limits = 3 }
  local text = report()
  T.has(text, "vim.g.semantic.limits: there is no such option")
  T.has(text, 'the server "lsp-that-is-nowhere" is not in the PATH')
end)

T.case("a server that ends at its start", function()
  vim.g.semantic = { server = T.program("broken",
    'if [ "$1" = version ]; then echo \'{"version":"devel","model":"static"}\'; else exit 7; fi') }
  T.has(report(), "the server ended at its start: status 7")
end)

T.case("a command of one's own", function()
  vim.lsp.config("semantic", { cmd = { T.server, "--stdio" } })
  T.has(report(), 'cmd comes from vim.lsp.config("semantic"): ' .. T.server)
end)
