local config = require("semantic.config")

T.case("nothing given", function()
  vim.g.semantic = nil
  local got, problems = config.read()
  T.eq(config.defaults, got)
  T.eq({}, problems)
end)

T.case("a table is merged over the defaults", function()
  vim.g.semantic = { limit = 7, restart = { attempts = 2 }, settings = { index = { exclude = { "third_party/**" } } } }
  local got, problems = config.read()
  T.eq({}, problems)
  T.eq(7, got.limit)
  T.eq({ attempts = 2, delay = config.defaults.restart.delay }, got.restart)
  T.eq({ index = { exclude = { "third_party/**" } } }, got.settings)
  T.eq(config.defaults.picker, got.picker)
end)

T.case("a function is called", function()
  vim.g.semantic = function()
    return { debounce = 3 }
  end
  T.eq(3, config.read().debounce)
end)

local wrong = {
  { { server = "" }, "vim.g.semantic.server: a name or path that is not empty is needed" },
  { { server = 1 }, "vim.g.semantic.server: " },
  { { args = "x" }, "vim.g.semantic.args: a list of strings is needed" },
  { { picker = "tv" }, "vim.g.semantic.picker: one of auto, telescope" },
  { { limit = 0 }, "vim.g.semantic.limit: a whole number from 1 to 1000" },
  { { limit = 1.5 }, "vim.g.semantic.limit: " },
  { { debounce = -1 }, "vim.g.semantic.debounce: " },
  { { timeout = "soon" }, "vim.g.semantic.timeout: " },
  { { restart = 5 }, "vim.g.semantic.restart: a table is needed" },
  { { restart = { delay = "x" } }, "vim.g.semantic.restart.delay: " },
  { { restart = { often = 1 } }, "vim.g.semantic.restart.often: there is no such option" },
  { { quickfix = { preview_key = true } }, "vim.g.semantic.quickfix.preview_key: " },
  { { serverr = "lsp" }, "vim.g.semantic.serverr: there is no such option" },
  { "lsp", "vim.g.semantic: a table or a function" },
  { function() error("oops") end, "vim.g.semantic: the function failed" },
}
for _, each in ipairs(wrong) do
  T.case("refused: " .. each[2], function()
    vim.g.semantic = each[1]
    local got, problems = config.read()
    T.eq(1, #problems)
    T.has(problems[1], each[2])
    T.eq(config.defaults, got, "what is wrong is left out")
  end)
end

T.case("a problem is told once", function()
  vim.g.semantic = { serverr = "lsp" }
  config.get()
  config.get()
  T.told("serverr")
  T.eq(1, #T.messages)
end)
