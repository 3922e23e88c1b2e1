package server

import (
	"lsp/indexer/search"
)

// This file holds every type of the semantic/* protocol and nothing else. PROTOCOL.md describes it to the people who
// write clients; a test compares the two.

// ProtocolVersion is raised when a client would have to change.
const ProtocolVersion = 1

// The requests and notifications of our own. Every request is also a command of workspace/executeCommand under the
// same name with a dot, whose one argument is the parameters.
const (
	MethodSearch        = "semantic/search"        // SearchParams -> SearchResponse
	MethodSimilar       = "semantic/similar"       // SimilarParams -> SearchResponse
	MethodExplain       = "semantic/explain"       // ExplainParams -> ExplainResponse
	MethodDuplicates    = "semantic/duplicates"    // DuplicatesParams -> DuplicatesResponse
	MethodComplete      = "semantic/complete"      // CompleteParams -> CompleteResponse
	MethodSummarize     = "semantic/summarize"     // SummarizeParams -> SummarizeResponse
	MethodMap           = "semantic/map"           // NoParams -> MapResponse
	MethodOpenPage      = "semantic/openPage"      // NoParams -> OpenPageResponse
	MethodStatus        = "semantic/status"        // NoParams -> Status
	MethodReindex       = "semantic/reindex"       // FolderParams -> null
	MethodPause         = "semantic/pause"         // FolderParams -> null
	MethodResume        = "semantic/resume"        // FolderParams -> null
	MethodStatusChanged = "semantic/statusChanged" // notification from the server: Status
)

// Capability is capabilities.experimental.semanticSearch of the server.
type Capability struct {
	Version       int      `json:"version"`       // ProtocolVersion
	Requests      []string `json:"requests"`      // methods that can be sent
	Notifications []string `json:"notifications"` // methods that are sent by the server
}

// Position is a place in a document, from 0, with characters in the negotiated encoding.
type Position struct {
	Line      uint32 `json:"line"`
	Character uint32 `json:"character"`
}

// Range is a half-open part of a document.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Location is a range of the document with a URI.
type Location struct {
	URI   string `json:"uri"`
	Range Range  `json:"range"`
}

// Document names a document by its URI.
type Document struct {
	URI string `json:"uri"`
}

// NoParams says that a request takes no parameters.
type NoParams struct{}

// SearchParams is a question.
type SearchParams struct {
	Query     string        `json:"query"`               // words and operators: retry with backoff lang:go -path:**/testdata/**
	Limit     int           `json:"limit,omitempty"`     // most results wanted; 0 means the setting search.limit
	Filter    search.Filter `json:"filter,omitzero"`     // beside the operators in the query
	Mode      search.Mode   `json:"mode,omitempty"`      // "hybrid" (default), "dense" or "lexical"
	Explain   bool          `json:"explain,omitempty"`   // say of every result how its score came about
	BestLines bool          `json:"bestLines,omitempty"` // have long and nameless results point out the lines with the words of the query
	Typing    bool          `json:"typing,omitempty"`    // somebody is still typing: the last word may be the beginning of another one, and counts as the commonest
	Show      bool          `json:"show,omitempty"`      // let the person choose a result and open it, in clients without a picker of their own
}

// SearchResponse is the answer to a question, the same as on the command line, with a location in every result.
type SearchResponse struct {
	Results  []SearchResult `json:"results"`           // best first
	Complete bool           `json:"complete"`          // false while anything notified or on disk is not yet indexed
	TookMs   float64        `json:"tookMs"`            // time of the search itself
	Class    string         `json:"class,omitempty"`   // what the query was taken for
	Message  string         `json:"message,omitempty"` // a remark for a person, such as why there is no result

	Tier *search.TierShare `json:"tier,omitempty"` // of the second encoder, absent where there is none or it has no vectors yet
}

// SearchResult is a unit of code that was found. Paths are relative to the root, lines are from 1.
type SearchResult struct {
	search.Result
	Location  Location `json:"location"`  // the whole unit
	NameRange Range    `json:"nameRange"` // its name, or its start
}

// SimilarParams asks for code like the code at a place, or like a text.
type SimilarParams struct {
	TextDocument *Document     `json:"textDocument,omitempty"`
	Position     *Position     `json:"position,omitempty"` // in textDocument; its unit is what results resemble
	Text         string        `json:"text,omitempty"`     // in place of a position
	Limit        int           `json:"limit,omitempty"`    // most results wanted; 0 means the setting search.limit
	Filter       search.Filter `json:"filter,omitzero"`
	Show         bool          `json:"show,omitempty"` // let the person choose a result and open it
}

// ExplainParams asks how the unit at a place fares in a search.
type ExplainParams struct {
	Query        string        `json:"query"`
	Filter       search.Filter `json:"filter,omitzero"`
	Mode         search.Mode   `json:"mode,omitempty"`
	Typing       bool          `json:"typing,omitempty"` // as in the search that is explained
	TextDocument Document      `json:"textDocument"`
	Position     Position      `json:"position"`
}

// ExplainResponse says how a unit fares in a search and why.
type ExplainResponse struct {
	Class    string        `json:"class"`              // what the query was taken for
	Words    []string      `json:"words"`              // the terms that were looked up
	Rank     int           `json:"rank"`               // place in the full ranking, from 1; 0 when it is not in it
	Of       int           `json:"of"`                 // candidates in the full ranking
	Result   SearchResult  `json:"result"`             // the unit, with all contributions to its score
	Best     *SearchResult `json:"best,omitempty"`     // the best result, to compare with
	Excluded []string      `json:"excluded,omitempty"` // the parts of the query that the unit does not satisfy
}

// SummarizeParams asks what the function at a place does.
type SummarizeParams struct {
	TextDocument Document `json:"textDocument"`
	Position     Position `json:"position"`
}

// SummarizeResponse says in a line what a function does.
type SummarizeResponse struct {
	Text  string        `json:"text"`           // one line, or "" when there is nothing to go by
	Guess bool          `json:"guess"`          // the line was guessed and must be shown as a guess; else it is the function's own documentation
	Unit  SearchResult  `json:"unit"`           // the function
	From  *SearchResult `json:"from,omitempty"` // whose documentation the guess was made of; absent for the words of the function's name
}

// DuplicatesParams asks for groups of nearly identical code.
type DuplicatesParams struct {
	Min           float32       `json:"min,omitempty"`      // similarity from which two units belong together, up to 1; 0 means 0.95
	MinLines      int           `json:"minLines,omitempty"` // shorter units are left out; 0 means 5
	Limit         int           `json:"limit,omitempty"`    // most groups wanted; 0 means all
	Filter        search.Filter `json:"filter,omitzero"`
	WorkDoneToken any           `json:"workDoneToken,omitempty"` // a string or a whole number: progress is reported under it
}

// DuplicatesResponse are groups of nearly identical code.
type DuplicatesResponse struct {
	Groups   []DuplicatesGroup `json:"groups"`
	Units    int               `json:"units"` // units that were compared
	Complete bool              `json:"complete"`
	TookMs   float64           `json:"tookMs"`
}

// DuplicatesGroup is code each piece of which resembles at least one other.
type DuplicatesGroup struct {
	Units []SearchResult `json:"units"` // by root, path and line
	Least float32        `json:"least"` // lowest similarity that holds the group together; 1 for equal texts
}

// CompleteParams asks how an operator in a query can go on.
type CompleteParams struct {
	Text   string `json:"text"`
	Cursor uint32 `json:"cursor"` // in characters of the negotiated encoding
}

// CompleteResponse are the ways a query can go on.
type CompleteResponse struct {
	Items []Completion `json:"items"`
}

// Completion is one way a query can go on. Start and end are in characters of the negotiated encoding.
type Completion struct {
	Text   string `json:"text"`             // what replaces the span
	Start  uint32 `json:"start"`            // of the span to replace
	End    uint32 `json:"end"`              // of the span to replace
	Detail string `json:"detail,omitempty"` // what it means
	Final  bool   `json:"final"`            // nothing needs to follow; false after an operator that wants a value
}

// MapResponse shows functions in a plane: near each other means alike. The same code has the same map.
type MapResponse struct {
	Functions []MapFunction `json:"functions"` // by root, path and line
	Of        int           `json:"of"`        // functions there are; of very many, an even sample is shown
	Complete  bool          `json:"complete"`
}

// MapFunction is a function on the map. The path is relative to the root, lines are from 1.
type MapFunction struct {
	Root      string  `json:"root"`
	Path      string  `json:"path"`
	Name      string  `json:"name"`
	Owner     string  `json:"owner"`
	StartLine int     `json:"startLine"`
	EndLine   int     `json:"endLine"`
	X         float32 `json:"x"` // x and y lie within the circle of radius 1 around 0
	Y         float32 `json:"y"`
}

// OpenPageResponse says where the page of this session is. Only this machine can reach it.
type OpenPageResponse struct {
	URL string `json:"url"` // with the token that lets a browser in
}

// FolderParams names a folder, or all of them.
type FolderParams struct {
	Folder string `json:"folder,omitempty"` // URI of a workspace folder or of anything in it; empty means every folder
}
