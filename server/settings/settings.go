package settings

// Settings is everything a person can set. Comments of the fields become the documentation in settings.md and in
// the JSON schema; the tags carry the rest: the key, the least and greatest value ("range"), with scope:"machine"
// that a repository's file may not set it, and with restart:"true" that only what is known when the server starts
// counts.
type Settings struct {
	// Whether a workspace is indexed. "auto" indexes and asks first when the workspace is larger than
	// index.askAboveFiles; "on" never asks; "off" leaves the workspace alone and answers every search with nothing.
	Enabled Enabled `json:"enabled"`

	// What the standard symbol search of the editor (workspace/symbol) answers. "all" answers names and
	// sentences; "sentences" answers only queries of several words, so that the names another language server
	// already gives are not listed twice; "off" answers nothing. Searches made by semantic commands are not affected.
	Symbols Symbols `json:"symbols"`

	// Which model turns code and questions into vectors: "static" is the model inside the program, any other name one
	// that "lsp model install" has installed. The model inside the program always comes first, within seconds; the
	// vectors of another one are computed in the background, and both judge a function as soon as it has them. As long as
	// that model cannot be used, the one inside the program answers alone.
	Encoder string `json:"encoder" scope:"machine"`

	// How many functions the chosen model encodes at a time in the background. 0 means half of the processors, but two
	// where there are two or three. Fewer are while somebody searches, and none while somebody types.
	EncoderThreads int `json:"encoderThreads" range:"0,256" scope:"machine"`

	// How many functions of a file the chosen model encodes together, those of about the same length. 1 is one by one. On
	// the processors where it was measured more is slower; it may be faster on others. The vector of a function then depends a
	// little on those beside it (its cosine to the one it has alone is 0.99), so vectors that were made in batches are a set
	// of their own.
	EncoderBatch int `json:"encoderBatch" range:"1,256" scope:"machine"`

	// Whether functions are encoded in the background while the computer runs on battery, where that is known.
	EncoderOnBattery bool `json:"encoderOnBattery" scope:"machine"`

	// A model file to use in place of the one inside the program. Empty means the one inside.
	EncoderFile string `json:"encoderFile" scope:"machine" restart:"true"`

	// Who judges the best results of a search once more: "off"; "late", token by token with the states of an installed
	// transformer ("late:MODEL" names it); "bi:MODEL", a second installed transformer; "cross:MODEL", one that reads
	// question and code together; "poly:FILE", codes that "lsp train poly" has learned. Names are never judged. A search
	// takes longer by up to 0.4 s, less for code that was judged before.
	Rerank string `json:"rerank" scope:"machine" restart:"true"`

	// Folder of the indexes. Empty means "semantic-lsp" in the user's cache folder.
	CacheDir string `json:"cacheDir" scope:"machine" restart:"true"`

	Index  Index  `json:"index"`
	Search Search `json:"search"`
	Log    Log    `json:"log"`
	Client Client `json:"client"`
}

// Index says what is indexed and how.
type Index struct {
	// How nearest vectors are found. "scan" compares all of them in stages and finds practically all true
	// neighbours, "graph" walks a graph of neighbours and pays off in very large workspaces, "auto" chooses by size.
	// "coder" is a third, experimental graph that is kept for comparison.
	Engine Engine `json:"engine"`

	// Files larger than this many bytes are not indexed.
	MaxFileSize int64 `json:"maxFileSize" range:"1,1073741824"`

	// With enabled "auto", ask before a workspace of more files than this is indexed. 0 never asks.
	AskAboveFiles int `json:"askAboveFiles" range:"0,1000000000"`

	// How changes on disk are noticed. "events" asks the operating system, "poll" looks at the files every few
	// seconds, "auto" uses events where they work and polls otherwise, "off" relies on the editor alone.
	Watch Watch `json:"watch" scope:"machine" restart:"true"`

	// More files to leave out, as patterns in the syntax of .gitignore, relative to the root of the repository.
	Exclude []string `json:"exclude"`

	// Files to index although git ignores them, as patterns in the syntax of .gitignore, relative to the root of
	// the repository. Files that hold secrets are never indexed.
	Include []string `json:"include"`

	// Whether repositories inside a repository that are not its submodules are indexed with it. Submodules always are.
	NestedRepositories bool `json:"nestedRepositories"`
}

// Search shapes answers.
type Search struct {
	// How many results a search gives when the request does not say.
	Limit int `json:"limit" range:"1,1000"`
}

// Log says what is written to the log, which is stderr and the log window of the editor.
type Log struct {
	// The least important messages that are logged.
	Level Level `json:"level" scope:"machine"`
}

// Client adapts the server to an editor that gets along badly with some feature.
type Client struct {
	// Ask the editor to report changes of files, in addition to our own watching.
	WatchFiles bool `json:"watchFiles" scope:"machine"`

	// Show the progress of indexing in the editor.
	Progress bool `json:"progress" scope:"machine"`

	// Offer code actions: find similar code, find code for a comment.
	CodeActions bool `json:"codeActions" scope:"machine"`

	// Show a guess at what a function does when the mouse rests on its name and nobody documented it. The guess is made
	// of the documentation of similar functions and says so.
	Summaries bool `json:"summaries" scope:"machine" restart:"true"`

	// The editor whose peculiarities are respected, such as "zed" or "helix". Empty means the one that introduces
	// itself when it connects.
	Name string `json:"name" scope:"machine"`

	// Whether the editor filters the symbols of workspace/symbol by their names and sorts them itself. More names are
	// answered then, and sentences are answered with nothing, since the editor would hide what they find. "auto"
	// knows which editors do.
	FiltersSymbols Switch `json:"filtersSymbols" scope:"machine"`

	// Whether the editor reports notifications that it does not know as errors. It gets none of ours then, and has to
	// ask for the status. "auto" knows which editors do.
	RefusesNotifications Switch `json:"refusesNotifications" scope:"machine"`
}

// Switch is on, off, or decided by the server.
type Switch string

// The values of Switch.
const (
	SwitchAuto Switch = "auto"
	SwitchOn   Switch = "on"
	SwitchOff  Switch = "off"
)

// Enabled says whether a workspace is indexed.
type Enabled string

// The values of Enabled.
const (
	EnabledAuto Enabled = "auto"
	EnabledOn   Enabled = "on"
	EnabledOff  Enabled = "off"
)

// Symbols says what workspace/symbol answers.
type Symbols string

// The values of Symbols.
const (
	SymbolsAll       Symbols = "all"
	SymbolsSentences Symbols = "sentences"
	SymbolsOff       Symbols = "off"
)

// Engine names a way to find nearest vectors.
type Engine string

// The values of Engine.
const (
	EngineAuto  Engine = "auto"
	EngineScan  Engine = "scan"
	EngineGraph Engine = "graph"
	EngineCoder Engine = "coder"
)

// Watch names a way to notice changes on disk.
type Watch string

// The values of Watch.
const (
	WatchAuto   Watch = "auto"
	WatchEvents Watch = "events"
	WatchPoll   Watch = "poll"
	WatchOff    Watch = "off"
)

// Level is the importance of a log message.
type Level string

// The values of Level.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelWarn  Level = "warn"
	LevelError Level = "error"
)

// Default returns the settings of somebody who set nothing.
func Default() Settings {
	return Settings{
		Enabled:      EnabledAuto,
		Symbols:      SymbolsAll,
		Encoder:      "static",
		EncoderBatch: 1,
		Rerank:       "off",
		Index: Index{
			Engine:             EngineAuto,
			MaxFileSize:        1 << 20,
			AskAboveFiles:      100_000,
			Watch:              WatchAuto,
			Exclude:            []string{},
			Include:            []string{},
			NestedRepositories: false,
		},
		Search: Search{Limit: 20},
		Log:    Log{Level: LevelInfo},
		Client: Client{
			WatchFiles: true, Progress: true, CodeActions: true,
			FiltersSymbols: SwitchAuto, RefusesNotifications: SwitchAuto,
		},
	}
}

// enum is a setting with a fixed set of values.
type enum interface{ values() []string }

func (Enabled) values() []string { return names(EnabledAuto, EnabledOn, EnabledOff) }
func (Symbols) values() []string { return names(SymbolsAll, SymbolsSentences, SymbolsOff) }
func (Engine) values() []string  { return names(EngineAuto, EngineScan, EngineGraph, EngineCoder) }
func (Watch) values() []string   { return names(WatchAuto, WatchEvents, WatchPoll, WatchOff) }
func (Switch) values() []string  { return names(SwitchAuto, SwitchOn, SwitchOff) }
func (Level) values() []string   { return names(LevelDebug, LevelInfo, LevelWarn, LevelError) }

func names[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
