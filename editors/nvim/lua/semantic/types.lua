---@meta
-- The part of the server's protocol that the plugin uses, and the plugin's own shapes. Never loaded; for language servers.

---How positions in a line are counted.
---@alias semantic.Encoding "utf-8"|"utf-16"|"utf-32"

---@class semantic.Position
---@field line integer from 0
---@field character integer from 0, in the negotiated encoding

---@class semantic.Range
---@field start semantic.Position
---@field end semantic.Position

---@class semantic.Location
---@field uri string
---@field range semantic.Range

---@class semantic.Contribution
---@field name string
---@field value number

---@class semantic.SearchResult
---@field path string relative to the root, with forward slashes
---@field root? string
---@field startLine integer from 1
---@field endLine integer included
---@field name string
---@field owner string
---@field kind string
---@field language string
---@field signature string
---@field documentation string
---@field score number relative to the best result, which has 1
---@field confidence string
---@field explanation? semantic.Contribution[]
---@field duplicates? integer
---@field location semantic.Location the whole unit
---@field nameRange semantic.Range its name, or its start

---@class semantic.SearchResponse
---@field results semantic.SearchResult[] best first
---@field complete boolean
---@field tookMs number
---@field class? string
---@field message? string

---@class semantic.ExplainResponse
---@field class string
---@field words string[]
---@field rank integer from 1; 0 when it is not in the ranking
---@field of integer
---@field result semantic.SearchResult
---@field best? semantic.SearchResult
---@field excluded? string[]

---@class semantic.DuplicatesGroup
---@field units semantic.SearchResult[]
---@field least number

---@class semantic.DuplicatesResponse
---@field groups semantic.DuplicatesGroup[]
---@field units integer
---@field complete boolean

---@class semantic.Completion
---@field text string what replaces the span
---@field start integer
---@field end integer
---@field detail? string
---@field final boolean

---@class semantic.RootStatus
---@field path string
---@field state "indexing"|"ready"|"paused"|"degraded"|"disabled"
---@field reason? string
---@field done? integer
---@field total? integer
---@field files? integer
---@field units? integer
---@field functions? integer
---@field diskBytes? integer
---@field directory? string
---@field skipped? table<string, integer>

---@class semantic.Status
---@field model string
---@field cacheDir string
---@field degraded? string
---@field watching? string
---@field roots semantic.RootStatus[]

---A result as pickers and the quickfix list take it.
---@class semantic.Item
---@field filename string absolute
---@field lnum integer from 1
---@field col integer from 1, in bytes
---@field end_lnum integer from 1, included
---@field text string one line for people
---@field path string relative to the root
---@field name string
---@field kind string
---@field score number

---@class semantic.RestartOptions
---@field attempts? integer
---@field delay? integer

---@class semantic.QuickfixOptions
---@field preview_key? string|false

---What a person may put into vim.g.semantic; everything is optional.
---@class semantic.Options
---@field server? string
---@field args? string[]
---@field settings? table
---@field picker? "auto"|"telescope"|"fzf-lua"|"snacks"|"mini.pick"|"select"|"quickfix"
---@field limit? integer
---@field debounce? integer
---@field timeout? integer
---@field restart? semantic.RestartOptions
---@field quickfix? semantic.QuickfixOptions

---A way to show results.
---@class semantic.Picker
---@field available fun(): boolean whether the plugin it needs is there
---@field live? fun(query: string) asks while the person types
---@field list fun(title: string, items: semantic.Item[]) shows results that do not change
