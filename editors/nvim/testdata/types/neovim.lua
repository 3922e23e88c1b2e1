---@meta
-- Where Neovim's own annotations say less than is known. Never loaded.

---vim.iter can be called with what it goes through.
---@class IterMod
---@overload fun(source: table|function, ...: any): Iter

---@class vim.lsp.Client
---@field offset_encoding semantic.Encoding
