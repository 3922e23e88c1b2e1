package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/workspace"
)

// Bounds of questions.
const (
	maxQuery   = 2000 // characters
	maxPath    = 4096 // bytes
	maxResults = 100
)

// problem is a fault of a request, with the status to answer.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

func badRequest(format string, values ...any) error {
	return &problem{http.StatusBadRequest, fmt.Sprintf(format, values...)}
}

// ask is a function that answers a request with what is sent as JSON.
type ask func(context.Context, url.Values) (any, error)

// working makes an ask wait for one of the slots, which it keeps while it works.
func (s *Server) working(f ask) ask {
	return func(ctx context.Context, v url.Values) (any, error) {
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
			return f(ctx, v)
		case <-ctx.Done():
			return nil, &problem{http.StatusServiceUnavailable, "too many questions at a time"}
		}
	}
}

// answer makes a handler of an ask. It ends with the client, and after the timeout.
func (s *Server) answer(timeout time.Duration, f ask) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		result, err := f(ctx, r.URL.Query())
		if err != nil {
			if r.Context().Err() == nil { // somebody still listens
				status := statusOf(err)
				if status == http.StatusInternalServerError {
					s.log.Warn("page", "request", r.URL.Path, "error", err)
				}
				s.send(w, status, failure{err.Error()})
			}
			return
		}
		s.send(w, http.StatusOK, result)
	}
}

// failure is the JSON of an error.
type failure struct {
	Error string `json:"error"`
}

// statusOf says what an error is to a client.
func statusOf(err error) int {
	var p *problem
	var syntax *search.SyntaxError
	switch {
	case errors.As(err, &p):
		return p.status
	case errors.As(err, &syntax):
		return http.StatusBadRequest
	case errors.Is(err, engine.ErrNotOpen), errors.Is(err, engine.ErrNotIndexed), errors.Is(err, search.ErrNoUnit),
		errors.Is(err, fs.ErrNotExist), errors.Is(err, workspace.ErrNotRegular), errors.Is(err, workspace.ErrTooLarge):
		return http.StatusNotFound
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, engine.ErrClosed):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// send writes JSON, at most for as long as an answer may take.
func (s *Server) send(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.log.Error("page", "error", fmt.Errorf("encode an answer: %w", err))
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(askTimeout)) // recorders of tests have none
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.log.Debug("page", "error", err) // the client has left
	}
}

// found is the answer to a question.
type found struct {
	*search.Response
	Filters []clause `json:"filters"` // the conditions in the query, for the person to see and remove
}

// clause is a condition in a query. Start and end are in UTF-16, as the strings of the page are.
type clause struct {
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

func (s *Server) search(ctx context.Context, v url.Values) (any, error) {
	query, err := text(v, "q", maxQuery)
	if err != nil {
		return nil, err
	}
	limit, err := number(v, "limit", search.DefaultLimit, 1, maxResults)
	if err != nil {
		return nil, err
	}
	parsed, err := search.Parse(query)
	if err != nil {
		return nil, err
	}
	response, err := s.engine.Search(ctx, search.Request{Query: query, Limit: limit, BestLines: true, Typing: true})
	if err != nil {
		return nil, err
	}
	answer := found{Response: response, Filters: []clause{}}
	units := utf16Units(query)
	for _, c := range parsed.Clauses {
		answer.Filters = append(answer.Filters, clause{query[c.Start:c.End], units(c.Start), units(c.End)})
	}
	return answer, nil
}

func (s *Server) similar(ctx context.Context, v url.Values) (any, error) {
	at, err := place(v)
	if err != nil {
		return nil, err
	}
	response, err := s.engine.Similar(ctx, search.SimilarRequest{Root: at.root, Path: at.path, Line: at.line})
	if err != nil {
		return nil, err
	}
	return found{Response: response, Filters: []clause{}}, nil
}

func (s *Server) explain(ctx context.Context, v url.Values) (any, error) {
	at, err := place(v)
	if err != nil {
		return nil, err
	}
	query, err := text(v, "q", maxQuery)
	if err != nil {
		return nil, err
	}
	return s.engine.Explain(ctx, search.Request{Query: query, Typing: true}, at.root, at.path, at.line)
}

func (s *Server) complete(ctx context.Context, v url.Values) (any, error) {
	query, err := text(v, "q", maxQuery)
	if err != nil {
		return nil, err
	}
	mapper := workspace.NewMapper([]byte(query))
	cursor, err := number(v, "cursor", 0, 0, 2*maxQuery)
	if err != nil {
		return nil, err
	}
	offset, err := mapper.Offset(workspace.Position{Column: cursor}, workspace.UTF16)
	if err != nil {
		return nil, badRequest("cursor: %v", err)
	}
	items, units := []search.Completion{}, utf16Units(query)
	for _, c := range s.engine.Complete(ctx, query, offset) {
		c.Start, c.End = units(c.Start), units(c.End)
		items = append(items, c)
	}
	return map[string]any{"items": items}, nil
}

// utf16Units returns a function that counts the UTF-16 units before an offset of a line.
func utf16Units(line string) func(offset int) int {
	mapper := workspace.NewMapper([]byte(line))
	return func(offset int) int { return mapper.Position(offset, workspace.UTF16).Column }
}

// spot is a line of a file.
type spot struct {
	root, path string
	line       int
}

func place(v url.Values) (spot, error) {
	root, err := text(v, "root", maxPath)
	if err != nil {
		return spot{}, err
	}
	path, err := text(v, "path", maxPath)
	if err != nil {
		return spot{}, err
	}
	if path == "" {
		return spot{}, badRequest("path is missing")
	}
	line, err := number(v, "line", 1, 1, 1<<30)
	return spot{root, path, line}, err
}

// text returns a member of a request in one line.
func text(v url.Values, name string, most int) (string, error) {
	value := v.Get(name)
	if len(value) > 4*most || utf8.RuneCountInString(value) > most {
		return "", badRequest("%s is longer than %d characters", name, most)
	}
	if !utf8.ValidString(value) {
		return "", badRequest("%s is not UTF-8", name)
	}
	for _, r := range value {
		if r == '\n' || r == '\r' || r == 0 {
			return "", badRequest("%s is more than a line", name)
		}
	}
	return value, nil
}

func number(v url.Values, name string, otherwise, least, most int) (int, error) {
	value := v.Get(name)
	if value == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, badRequest("%s is %q; it can be a number from %d to %d", name, value, least, most)
	}
	return n, nil
}
