-- Questions while a person types: a rest before each, the previous one cancelled, every one answered exactly once.
local M = {}

---What came of a question. Items are nil when a newer question took its place.
---@alias semantic.LiveCallback fun(items?: semantic.Item[], hint?: string)

---@class semantic.Live
---@field package timer uv.uv_timer_t
---@field package stop? fun()
---@field package last string
---@field package partial boolean whether the last answer lacks what the index does not have yet
---@field package watch? integer
local Live = {}
Live.__index = Live

---Whether all of every folder is indexed.
---@param status semantic.Status
---@return boolean
local function indexed(status)
  return vim.iter(status.roots):all(function(root)
    return root.state == "ready"
  end)
end

---@param again? fun() asks the last question anew: called when the index is complete and the last answer was not
---@return semantic.Live
function M.new(again)
  local self = setmetatable({ timer = assert(vim.uv.new_timer()), last = "", partial = false }, Live)
  if again then
    self.watch = vim.api.nvim_create_autocmd("User", { pattern = "SemanticStatus", callback = function(event)
      if self.partial and indexed(event.data.status) then
        self.partial = false
        again()
      end
    end })
  end
  return self
end

---Ends what is under way; its callback gets nil.
function Live:cancel()
  self.timer:stop()
  local stop = self.stop
  self.stop = nil
  if stop then
    stop()
  end
end

---Ends the session. Queries after it are answered with nothing.
function Live:close()
  self:cancel()
  if self.watch then
    vim.api.nvim_del_autocmd(self.watch)
    self.watch = nil
  end
  if not self.timer:is_closing() then
    self.timer:close()
  end
end

---Asks after the rest that vim.g.semantic.debounce says.
---@param text string
---@param callback semantic.LiveCallback called on the main loop
---@param rested? integer milliseconds for which there was no key already
function Live:query(text, callback, rested)
  self:cancel()
  if vim.trim(text) == "" or self.timer:is_closing() then
    return callback({}, "type what the code does")
  end
  self.last, self.partial = text, false
  local answered = false
  local function answer(items, hint)
    if not answered then
      answered = true
      callback(items, hint)
    end
  end
  self.stop = answer
  local rest = math.max(0, require("semantic.config").get().debounce - (rested or 0))
  self.timer:start(rest, 0, vim.schedule_wrap(function()
    if answered then
      return
    end
    local cancel = require("semantic.search").run(text, function(err, items, hint, complete)
      if err == "cancelled" then
        return answer()
      end
      self.partial = complete == false
      answer(items or {}, err or hint)
    end)
    if not answered then
      self.stop = cancel
    end
  end))
end

---The last question that was asked.
---@return string
function Live:text()
  return self.last
end

return M
