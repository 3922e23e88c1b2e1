package search

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/store"
	"lsp/indexer/vector"
	"lsp/workspace/git"
)

// View is one repository, or a folder of it, as a query sees it. The epoch must stay acquired until the answer is
// no longer used.
type View struct {
	Root   string
	Epoch  *indexer.Epoch
	Within string // folder relative to the root that results must lie in, with forward slashes; "" for all

	// Engine is how the vectors of the root are searched; "" leaves that to the searcher.
	Engine vector.Engine

	// Read returns the text of a file as the epoch knows it: the unsaved buffer, else what is on disk. It is called from
	// several goroutines at a time, and the text is not changed by anybody.
	Read func(rel string) ([]byte, error)

	// Changes tells which files differ from a revision of git, "" for the last commit, and Revisions names revisions, at
	// most so many. Both are nil outside of git.
	Changes   func(ctx context.Context, revision string) (*git.Changes, error)
	Revisions func(ctx context.Context, limit int) ([]string, error)
}

// Mode says which retrievers take part.
type Mode string

// The modes. The zero value means Hybrid.
const (
	Hybrid  Mode = "hybrid"  // meaning, words, names, paths and evidence about code
	Dense   Mode = "dense"   // nearness of vectors alone, of the unit and of its file; results of one file take turns
	Lexical Mode = "lexical" // BM25F alone
)

// Filter is what a caller asks of results beside the operators in the query. Values are those of the operators;
// within a field any one of them is enough, except for Is, where all must hold.
type Filter struct {
	Languages    []string `json:"languages,omitempty"`
	Paths        []string `json:"paths,omitempty"`
	ExcludePaths []string `json:"excludePaths,omitempty"`
	Kinds        []string `json:"kinds,omitempty"`
	Is           []string `json:"is,omitempty"`
}

// Request is a question.
type Request struct {
	Query   string `json:"query"`
	Limit   int    `json:"limit,omitempty"` // most results wanted; 0 means DefaultLimit
	Filter  Filter `json:"filter"`
	Plain   bool   `json:"plain,omitempty"`   // the query is words only, whatever it looks like
	Explain bool   `json:"explain,omitempty"` // say of every result how its score came about
	Mode    Mode   `json:"mode,omitempty"`

	// Typing says that somebody is still typing, so that the last word of the query may be the beginning of another one.
	Typing bool `json:"typing,omitempty"`

	// BestLines has the files of long and of nameless results read, to point out the lines that have the words of the
	// query.
	BestLines bool `json:"bestLines,omitempty"`

	// Depth is how many candidates each retriever gives; 0 means what is enough for the limit. Measurements that
	// need the full ranking ask for every unit.
	Depth int `json:"-"`
	// All leaves out nothing for being a bad match, a duplicate, or one of many of the same file.
	All bool `json:"-"`
}

// Limits of an answer.
const (
	DefaultLimit = 10
	MaxLimit     = 1000
)

// Response is the answer to a question. It depends on no epoch.
type Response struct {
	Results  []Result `json:"results"`  // best first, never nil
	Complete bool     `json:"complete"` // everything known to be there was searched
	TookMs   float64  `json:"tookMs"`
	Class    string   `json:"class,omitempty"`   // what the query was taken for
	Message  string   `json:"message,omitempty"` // a remark for a person, such as why there is no result

	Tier *TierShare `json:"tier,omitempty"` // of the second encoder, absent where there is none or it has no vectors yet
}

// Result is a unit found.
type Result struct {
	Path          string         `json:"path"` // relative to the root, with forward slashes
	Root          string         `json:"root,omitempty"`
	StartLine     int            `json:"startLine"` // from 1
	EndLine       int            `json:"endLine"`   // included
	Name          string         `json:"name"`
	Owner         string         `json:"owner"`
	Kind          string         `json:"kind"`
	Language      string         `json:"language"`
	Signature     string         `json:"signature"`
	Documentation string         `json:"documentation"`
	Score         float64        `json:"score"`      // relative to the best result, which has 1
	Confidence    string         `json:"confidence"` // Likely or Possible
	Explanation   []Contribution `json:"explanation,omitempty"`
	BestLines     *Lines         `json:"bestLines,omitempty"`  // where the words of the query are densest
	Duplicates    int            `json:"duplicates,omitempty"` // further units with the same text that were left out

	Range     store.Range `json:"-"`
	NameRange store.Range `json:"-"`
}

// Confidences of a result.
const (
	Likely   = "likely"   // several kinds of evidence agree, or the name is what was asked for
	Possible = "possible" // the best there is
)

// Lines is a span of lines from 1, both ends included.
type Lines struct {
	StartLine int    `json:"startLine"`
	EndLine   int    `json:"endLine"`
	Text      string `json:"text,omitempty"` // the one of them that says most, without the blanks around it
}

// Contribution is a named part of a score. The contributions of a result sum up to its score.
type Contribution struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Options of a Searcher.
type Options struct {
	Engine  vector.Engine // which vector index to use where a view does not say; "" chooses by size
	Weights *Weights      // of the ranking; nil means DefaultWeights for the encoder
	Rerank  Rerank        // who judges the best candidates once more
}

// Searcher answers questions. It keeps no state of any index and is safe for concurrent use.
type Searcher struct {
	encoder encoder.Encoder
	options Options
	weights Weights
}

// New returns a searcher whose questions are encoded by enc, which must be the encoder of the indexes.
func New(enc encoder.Encoder, opts Options) *Searcher {
	s := &Searcher{encoder: enc, options: opts}
	if opts.Weights != nil {
		s.weights = *opts.Weights
	} else {
		s.weights = DefaultWeights(enc.Identity())
	}
	return s
}

// Search finds the units that answer the request, best first. It fails with a *SyntaxError or *FilterError when
// the request cannot be understood, and with the context's error when that ends.
func (s *Searcher) Search(ctx context.Context, views []View, req Request) (*Response, error) {
	q, err := parseRequest(req)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, views, q, req)
}

// answer runs a parsed query.
func (s *Searcher) answer(ctx context.Context, views []View, q *Query, req Request) (*Response, error) {
	begin := time.Now()
	r, err := s.newRun(ctx, views, q, req)
	if err != nil {
		return nil, failed("search", q, err)
	}
	ranked, err := r.ranked()
	if err != nil {
		return nil, failed("search", q, err)
	}
	resp := r.response(ranked)
	resp.TookMs = milliseconds(time.Since(begin))
	return resp, nil
}

// failed tells what failed for which query. Errors that point into the query or the filter say that themselves.
func failed(what string, q *Query, err error) error {
	var syntax *SyntaxError
	var filter *FilterError
	if errors.As(err, &syntax) || errors.As(err, &filter) {
		return err
	}
	return fmt.Errorf("%s %q: %w", what, q.Source, err)
}

// FilterError is a filter of a request with a value that its field does not take.
type FilterError struct {
	Field    string
	Value    string
	Problem  string
	Expected []string
}

// Error names field, value and what was expected.
func (e *FilterError) Error() string {
	text := fmt.Sprintf("filter.%s: %q: %s", e.Field, e.Value, e.Problem)
	if len(e.Expected) > 0 {
		text += "; expected " + strings.Join(e.Expected, ", ")
	}
	return text
}

// parseRequest parses the query and adds the filter to its clauses.
func parseRequest(req Request) (*Query, error) {
	switch req.Mode {
	case "", Hybrid, Dense, Lexical:
	default:
		return nil, fmt.Errorf("search: no mode %q; expected %s, %s or %s", req.Mode, Hybrid, Dense, Lexical)
	}
	parse := Parse
	if req.Plain {
		parse = ParsePlain
	}
	q, err := parse(req.Query)
	if err != nil {
		return nil, err
	}
	return q, q.addFilter(req.Filter)
}

// addFilter turns a filter into clauses of the query.
func (q *Query) addFilter(f Filter) error {
	for _, field := range []struct {
		name, op string
		not      bool
		each     bool // every value is a condition of its own
		values   []string
	}{
		{"languages", opLang, false, false, f.Languages},
		{"paths", opPath, false, false, f.Paths},
		{"excludePaths", opPath, true, false, f.ExcludePaths},
		{"kinds", opKind, false, false, f.Kinds},
		{"is", opIs, false, true, f.Is},
	} {
		op := operatorNamed(field.op)
		c := Clause{Kind: OperatorClause, Not: field.not, Operator: field.op, Start: len(q.Source), End: len(q.Source)}
		for _, v := range field.values {
			canonical, ok := op.canonical(v)
			if !ok {
				return &FilterError{Field: field.name, Value: v, Problem: "not known", Expected: op.Values}
			}
			if err := checkValue(field.op, canonical); err != nil {
				return &FilterError{Field: field.name, Value: v, Problem: err.Error()}
			}
			if c.Values = append(c.Values, canonical); field.each {
				q.Clauses = append(q.Clauses, c)
				c.Values = nil
			}
		}
		if len(c.Values) > 0 {
			q.Clauses = append(q.Clauses, c)
		}
	}
	return nil
}

// limit returns how many results a request wants.
func (req *Request) limit() int {
	if req.Limit <= 0 {
		return DefaultLimit
	}
	if req.All {
		return req.Limit
	}
	return min(req.Limit, MaxLimit)
}

// errNoEpoch reports a view without an epoch, a fault of the caller.
var errNoEpoch = errors.New("view without an epoch")

func rootName(root string) string { return path.Base(strings.ReplaceAll(root, `\`, "/")) }

// within reports whether a path lies in a folder; "" holds everything.
func within(file, folder string) bool {
	return folder == "" || strings.HasPrefix(file, folder) && len(file) > len(folder) && file[len(folder)] == '/'
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
