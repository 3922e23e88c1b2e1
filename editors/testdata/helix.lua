-- Runs Helix in a terminal, types the question into its picker of symbols, and goes to the first result.
local config = vim.env.XDG_CONFIG_HOME .. "/helix"
vim.fn.mkdir(config, "p")
vim.fn.writefile(vim.fn.readfile(vim.env.SNIPPET), config .. "/languages.toml")
vim.fn.writefile({ '[editor]', 'auto-info = false' }, config .. "/config.toml")

local PATIENCE = 60 * 1000 -- milliseconds until something that must happen counts as missing
vim.o.columns, vim.o.lines = 160, 45
local bufnr = vim.api.nvim_create_buf(false, true)
vim.api.nvim_win_set_buf(0, bufnr)
local job = vim.fn.jobstart({ vim.env.HX, "retry/config.go" }, { term = true, env = { TERM = "xterm-256color" } })

---Whether the screen shows a text within some milliseconds; and the screen.
local function shows(text, patience)
  local screen
  return vim.wait(patience, function()
    screen = table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), "\n")
    return screen:find(text, 1, true)
  end, 20), screen
end

local function expect(text)
  local shown, screen = shows(text, PATIENCE)
  assert(shown, ("Helix does not show %q but\n%s"):format(text, screen))
end

local function keys(text)
  vim.fn.chansend(job, text)
end

expect("ReadConfig")
for _ = 1, 100 do -- before the server is there, the keys open a picker of another kind
  keys(" S")
  expect("kind name")
  if shows("container path", 500) then
    break
  end
  keys("\3")
  expect("func ReadConfig")
end
keys(vim.env.QUESTION)
expect("WithBackoff")
keys("\r")
expect("delay := 10")
keys((":sh echo at %%{buffer_name}:%%{cursor_line} >%s\r"):format(vim.env.OUT))
vim.wait(PATIENCE, function()
  return vim.uv.fs_stat(vim.env.OUT) ~= nil
end, 20)
keys(":quit!\r")
vim.fn.jobwait({ job }, PATIENCE)
vim.cmd("qall!")
