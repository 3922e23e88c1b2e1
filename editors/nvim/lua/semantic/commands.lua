-- :Semantic and its subcommands.
local M = {}

---@class semantic.CommandArgs
---@field text string what follows the subcommand
---@field bang boolean
---@field range? { [1]: integer, [2]: integer } first and last line, when a range was given

---@class semantic.Subcommand
---@field impl fun(args: semantic.CommandArgs)
---@field complete? fun(lead: string, text: string): string[] ways to go on with the last word of the arguments
---@field bang? boolean whether ! puts results into the quickfix list
---@field range? boolean whether lines can be given
---@field arguments? "query"|"number" what can follow; nothing else may

---@param lead string
---@param text string
local function complete_query(lead, text)
  return require("semantic.complete").words(text, lead)
end

---Runs a function of the plugin that takes no arguments.
---@param name "page"|"status"|"reindex"|"pause"|"resume"|"restart"|"log"
---@return semantic.Subcommand
local function plain(name)
  return { impl = function()
    require("semantic")[name]()
  end }
end

---@type table<string, semantic.Subcommand>
M.subcommands = {
  search = {
    arguments = "query",
    bang = true,
    complete = complete_query,
    impl = function(args)
      require("semantic").search(args.text, { quickfix = args.bang })
    end,
  },
  similar = {
    bang = true,
    range = true,
    impl = function(args)
      local text
      if args.range then
        text = table.concat(vim.api.nvim_buf_get_lines(0, args.range[1] - 1, args.range[2], false), "\n")
      end
      require("semantic").similar({ text = text, quickfix = args.bang })
    end,
  },
  duplicates = {
    arguments = "number",
    bang = true,
    complete = function(lead)
      return vim.tbl_filter(function(min)
        return vim.startswith(min, lead)
      end, { "0.9", "0.95", "0.99", "1" })
    end,
    impl = function(args)
      require("semantic").duplicates({ min = tonumber(args.text), quickfix = args.bang })
    end,
  },
  explain = {
    arguments = "query",
    complete = complete_query,
    impl = function(args)
      require("semantic").explain(args.text)
    end,
  },
  page = plain("page"),
  status = plain("status"),
  reindex = plain("reindex"),
  pause = plain("pause"),
  resume = plain("resume"),
  restart = plain("restart"),
  log = plain("log"),
}

---What does not fit a subcommand, or nil.
---@param name string
---@param args semantic.CommandArgs
---@return string?
local function misuse(name, args)
  local sub = M.subcommands[name]
  if args.text ~= "" and not sub.arguments then
    return ("%s takes no arguments. To search for these words: :Semantic search %s %s"):format(name, name, args.text)
  end
  if args.text ~= "" and sub.arguments == "number" then
    local number = tonumber(args.text)
    if not number or number <= 0 or number > 1 then
      return ("%s takes a similarity above 0 and up to 1, got %q"):format(name, args.text)
    end
  end
  if args.bang and not sub.bang then
    return name .. " has no results for the quickfix list: leave out the !"
  end
  if args.range and not sub.range then
    return name .. " takes no range of lines"
  end
end

---Splits what was typed after :Semantic. A first word that is no subcommand belongs to a query.
---@param text string
---@return string name
---@return string rest
local function split(text)
  local name, rest = text:match("^%s*(%S+)%s*(.-)%s*$")
  if name and rest and M.subcommands[name] then
    return name, rest
  end
  return "search", vim.trim(text)
end

---Runs :Semantic.
---@param opts vim.api.keyset.create_user_command.command_args
function M.run(opts)
  local name, text = split(opts.args)
  local args = { text = text, bang = opts.bang, range = opts.range > 0 and { opts.line1, opts.line2 } or nil }
  local problem = misuse(name, args)
  if problem then
    return require("semantic.log").tell(problem, vim.log.levels.ERROR)
  end
  M.subcommands[name].impl(args)
end

---Completes :Semantic.
---@param lead string
---@param line string
---@param cursor integer
---@return string[]
function M.complete(lead, line, cursor)
  local typed = line:sub(1, cursor):match("^.-Semantic!?%s+(.*)$") or ""
  local first, rest = typed:match("^(%S+)%s+(.*)$")
  if first and rest and M.subcommands[first] then
    local complete = M.subcommands[first].complete
    return complete and complete(lead, rest) or {}
  end
  local words = complete_query(lead, typed)
  if not first then
    local names = vim.tbl_filter(function(name)
      return vim.startswith(name, lead)
    end, vim.tbl_keys(M.subcommands))
    table.sort(names)
    words = vim.list_extend(names, words)
  end
  return words
end

return M
