-- :help semantic has everything there is and nothing else; every function says what it takes.

local help = table.concat(vim.fn.readfile(T.plugin .. "/doc/semantic.txt"), "\n")
local tags = {}
for tag in help:gmatch("%*(%S+)%*") do
  tags[tag] = true
end

---Compares names with the tags that begin with a prefix.
local function documented(names, prefix, suffix)
  local want, got = {}, {}
  for _, name in ipairs(names) do
    want[prefix .. name .. suffix] = true
  end
  for tag in pairs(tags) do
    if vim.startswith(tag, prefix) and #tag > #prefix and vim.endswith(tag, suffix) then
      got[tag] = true
    end
  end
  T.eq(want, got)
end

T.case("help tags can be made", function()
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder)
  vim.uv.fs_copyfile(T.plugin .. "/doc/semantic.txt", folder .. "/semantic.txt")
  vim.cmd.helptags(vim.fn.fnameescape(folder))
  T.has(vim.fn.readfile(folder .. "/tags"), ":Semantic-similar")
end)

T.case("every reference leads somewhere", function()
  for reference in help:gmatch("|(:?[Ss]emantic[^|%s]*)|") do
    T.eq(true, tags[reference], reference)
  end
end)

T.case("every subcommand", function()
  documented(vim.tbl_keys(require("semantic.commands").subcommands), ":Semantic-", "")
end)

T.case("every option", function()
  local names = {}
  local function collect(options, prefix)
    for key, value in pairs(options) do
      if type(value) == "table" and not vim.tbl_isempty(value) then
        collect(value, prefix .. key .. ".")
      else
        names[#names + 1] = prefix .. key
      end
    end
  end
  local defaults = require("semantic.config").defaults
  collect(defaults, "")
  documented(names, "semantic-options-", "")
  for _, name in ipairs(names) do
    local value = vim.tbl_get(defaults, unpack(vim.split(name, ".", { plain = true })))
    local section = help:match("%*semantic%-options%-" .. vim.pesc(name) .. "%*(.-)\n +%*") or help:match("%*semantic%-options%-" .. vim.pesc(name) .. "%*(.-)\n===")
    T.has(section, ("(default: %s)"):format(type(value) == "string" and '"' .. value .. '"' or vim.inspect(value)))
  end
end)

T.case("every function", function()
  documented(vim.tbl_keys(require("semantic")), "semantic.", "()")
end)

T.case("every mapping", function()
  for _, map in ipairs(vim.api.nvim_get_keymap("n")) do
    if map.lhs and vim.startswith(map.lhs, "<Plug>(semantic") then
      T.eq(true, tags[map.lhs], map.lhs)
    end
  end
end)

---Names in the parameter list of a function.
local function parameters(list)
  return vim.tbl_filter(function(name)
    return name ~= ""
  end, vim.split(list, "[,%s]+"))
end

T.case("every named function has a type for each of its parameters", function()
  local count = 0
  for path in vim.fs.dir(T.plugin .. "/lua", { depth = 5 }) do
    if vim.endswith(path, ".lua") then
      local comment = {}
      for _, line in ipairs(vim.fn.readfile(T.plugin .. "/lua/" .. path)) do
        local name, list = line:match("^l?o?c?a?l? ?function ([%w_.:]+)%((.*)%)")
        if name then
          count = count + 1
          for _, parameter in ipairs(parameters(list)) do
            T.has(path .. " " .. name .. "\n" .. table.concat(comment, "\n"), "---@param " .. parameter)
          end
        end
        comment = vim.startswith(line, "---") and vim.list_extend(comment, { line }) or {}
      end
    end
  end
  T.eq(true, count > 100, "functions were found: " .. count)
end)

T.case("loading every module tells nothing", function()
  for path in vim.fs.dir(T.plugin .. "/lua/semantic", { depth = 3 }) do
    local name = path:match("^(.*)%.lua$")
    if name and name ~= "types" then
      require(("semantic." .. name):gsub("/", "."):gsub("%.init$", ""))
    end
  end
  T.eq(true, type(require("semantic.client").config()) == "table")
  T.eq({}, T.messages)
end)

T.case("the options in the README are the defaults", function()
  local readme = table.concat(vim.fn.readfile(T.plugin .. "/README.md"), "\n")
  local block = readme:match("The defaults:%s*```lua\n(.-)```")
  assert(loadstring(assert(block)))()
  T.eq(require("semantic.config").defaults, vim.g.semantic)
end)
