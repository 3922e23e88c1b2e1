package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxRecord bounds one line of a benchmark file.
const maxRecord = 16 << 20

// Function is one record of a function benchmark: the source text of a function.
type Function struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
}

// FunctionQuery is a question with the ids of the functions that answer it.
type FunctionQuery struct {
	ID       string `json:"id"`
	Query    string `json:"query"`
	Relevant []int  `json:"relevant"`
}

// ReadFunctions reads functions as JSON lines {"id", "text"}. Ids must differ.
func ReadFunctions(r io.Reader) ([]Function, error) {
	functions, err := readLines[Function](r)
	if err != nil {
		return nil, fmt.Errorf("read functions: %w", err)
	}
	seen := make(map[int]bool, len(functions))
	for i, f := range functions {
		if seen[f.ID] {
			return nil, fmt.Errorf("read functions: record %d has id %d a second time", i+1, f.ID)
		}
		seen[f.ID] = true
	}
	return functions, nil
}

// ReadFunctionQueries reads questions as JSON lines {"id", "query", "relevant": [id]}.
func ReadFunctionQueries(r io.Reader) ([]FunctionQuery, error) {
	queries, err := readLines[FunctionQuery](r)
	if err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	for i, q := range queries {
		if q.Query == "" || len(q.Relevant) == 0 {
			return nil, fmt.Errorf("read questions: record %d needs a query and relevant ids", i+1)
		}
	}
	return queries, nil
}

func readLines[T any](r io.Reader) ([]T, error) {
	var out []T
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), maxRecord)
	for line := 1; sc.Scan(); line++ {
		text := bytes.TrimSpace(sc.Bytes())
		if len(text) == 0 {
			continue
		}
		var record T
		if err := json.Unmarshal(text, &record); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		out = append(out, record)
	}
	return out, sc.Err()
}

// RepositoryQuery is a question about a repository with the places that answer it. Paths are relative to the
// root of the repository.
type RepositoryQuery struct {
	Query    string
	Category string // "semantic", "architecture", "symbol" or whatever the file says
	Targets  []Span // relevant and secondary ones; all count the same
}

// ReadRepositoryQueries reads a JSON array of {"query", "category", "relevant": [...], "secondary": [...]}, where
// a target is a path or {"path", "start_line", "end_line"}.
func ReadRepositoryQueries(r io.Reader) ([]RepositoryQuery, error) {
	var records []struct {
		Query     string
		Category  string
		Relevant  []target
		Secondary []target
	}
	if err := json.NewDecoder(r).Decode(&records); err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	queries := make([]RepositoryQuery, len(records))
	for i, rec := range records {
		if rec.Query == "" || len(rec.Relevant)+len(rec.Secondary) == 0 {
			return nil, fmt.Errorf("read questions: record %d needs a query and targets", i+1)
		}
		q := RepositoryQuery{Query: rec.Query, Category: rec.Category}
		for _, t := range append(rec.Relevant, rec.Secondary...) {
			q.Targets = append(q.Targets, Span(t))
		}
		queries[i] = q
	}
	return queries, nil
}

// target is a Span in the JSON of the benchmark.
type target Span

// UnmarshalJSON reads a path or an object with lines.
func (t *target) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &t.Path); err == nil {
		return nil
	}
	var full struct {
		Path  string `json:"path"`
		Start int    `json:"start_line"`
		End   int    `json:"end_line"`
	}
	if err := json.Unmarshal(data, &full); err != nil {
		return err
	}
	if full.Path == "" || full.Start < 0 || full.End < full.Start {
		return errors.New("a target needs a path, and lines in order if it has any")
	}
	*t = target{Path: full.Path, Start: full.Start, End: full.End}
	return nil
}

// LoadFunctions reads a file of functions.
func LoadFunctions(path string) ([]Function, error) { return load(path, ReadFunctions) }

// LoadFunctionQueries reads a file of questions about functions.
func LoadFunctionQueries(path string) ([]FunctionQuery, error) {
	return load(path, ReadFunctionQueries)
}

// LoadRepositoryQueries reads a file of questions about a repository.
func LoadRepositoryQueries(path string) ([]RepositoryQuery, error) {
	return load(path, ReadRepositoryQueries)
}

func load[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	out, err := read(f)
	if err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}
