package page

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// double answers like an engine with one file.
type double struct {
	files map[string]string
	block chan struct{} // Search waits for it when it is not nil
	asked chan search.Request
	made  *engine.Map

	mu     sync.Mutex
	status engine.Status
}

func (d *double) Search(ctx context.Context, req search.Request) (*search.Response, error) {
	if d.asked != nil {
		d.asked <- req
	}
	if d.block != nil {
		select {
		case <-d.block:
		case <-ctx.Done():
			return nil, fmt.Errorf("search: %w", ctx.Err())
		}
	}
	return &search.Response{Results: []search.Result{{Path: "a.go", Name: "Add", StartLine: 3, EndLine: 5}}, Complete: true}, nil
}

func (d *double) Similar(_ context.Context, req search.SimilarRequest) (*search.Response, error) {
	return &search.Response{Results: []search.Result{{Path: req.Path, StartLine: req.Line}}}, nil
}

func (d *double) Explain(_ context.Context, _ search.Request, _, path string, line int) (*search.Explanation, error) {
	if line > 10 {
		return nil, search.ErrNoUnit
	}
	return &search.Explanation{Result: search.Result{Path: path, StartLine: line}}, nil
}

func (d *double) Complete(_ context.Context, query string, cursor int) []search.Completion {
	return []search.Completion{{Text: "kind:", Start: cursor, End: len(query)}}
}

func (d *double) Source(_ context.Context, _, path string) ([]byte, error) {
	text, ok := d.files[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, engine.ErrNotIndexed)
	}
	if text == "gone" {
		return nil, fmt.Errorf("read %s: %w", path, fs.ErrNotExist)
	}
	return []byte(text), nil
}

func (d *double) Map(ctx context.Context) (*engine.Map, error) {
	if d.made == nil {
		<-ctx.Done()
		return nil, fmt.Errorf("make the map: %w", ctx.Err())
	}
	return d.made, nil
}

func (d *double) MapProgress() (done, total int) { return 1, 2 }

func (d *double) Status() engine.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// start serves a page of the double and returns a browser that was let in.
func start(t *testing.T, d *double) (*Server, *http.Client) {
	t.Helper()
	listener, err := Listen(t.Context(), DefaultAddress)
	if err != nil {
		t.Fatal(err)
	}
	s := New(listener, d, "test", nil)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	t.Cleanup(browser.CloseIdleConnections)
	status, body, header := get(t, browser, s.URL())
	if status != http.StatusOK || !strings.Contains(body, "<title>") {
		t.Fatalf("the address leads to status %d:\n%s", status, body)
	}
	if strings.Contains(header.Get("Content-Security-Policy"), "unsafe") {
		t.Error("the policy allows what is unsafe")
	}
	return s, browser
}

// get asks and returns what came back.
func get(t *testing.T, client *http.Client, address string) (status int, body string, header http.Header) {
	t.Helper()
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

func (s *Server) at(path string, values ...string) string {
	q := url.Values{}
	for i := 0; i < len(values); i += 2 {
		q.Set(values[i], values[i+1])
	}
	return (&url.URL{Scheme: "http", Host: s.address, Path: path, RawQuery: q.Encode()}).String()
}

func TestListenIsLocal(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.168.1.2:0", "example.com:0", "localhost:0", "127.0.0.1", "8.8.8.8:80"} {
		listener, err := Listen(t.Context(), address)
		if err == nil {
			listener.Close()
			t.Errorf("listens on %q", address)
		}
	}
	listener, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
}

// TestGuard sends every kind of request that must not get through, and those that must.
func TestGuard(t *testing.T) {
	s, _ := start(t, &double{})
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	own := s.cookie() + "=" + s.token
	for name, tt := range map[string]struct {
		method, host, path string
		header             map[string]string
		want               int
	}{
		"page":                   {path: "/", header: map[string]string{"Cookie": own}, want: 200},
		"by name":                {host: "localhost:" + port, path: "/", header: map[string]string{"Cookie": own}, want: 200},
		"head":                   {method: "HEAD", path: "/", header: map[string]string{"Cookie": own}, want: 200},
		"with the token":         {path: "/?token=" + s.token, want: 303},
		"no token":               {path: "/", want: 403},
		"wrong token":            {path: "/?token=" + s.token + "x", want: 403},
		"empty token":            {path: "/?token=", want: 403},
		"token elsewhere":        {path: "/api/search?token=" + s.token, want: 403},
		"wrong cookie":           {path: "/", header: map[string]string{"Cookie": s.cookie() + "=nonsense"}, want: 403},
		"cookie of another port": {path: "/", header: map[string]string{"Cookie": "semantic-1=" + s.token}, want: 403},
		"assets need it too":     {path: "/page.js", want: 403},
		"another name":           {host: "evil.example:" + port, path: "/", header: map[string]string{"Cookie": own}, want: 421},
		"forwarded port":         {host: "127.0.0.1:1", path: "/", header: map[string]string{"Cookie": own}, want: 200},
		"forwarded, by name":     {host: "LocalHost:1", path: "/", header: map[string]string{"Cookie": own}, want: 200},
		"no port":                {host: "127.0.0.1", path: "/", header: map[string]string{"Cookie": own}, want: 421},
		"own origin":             {path: "/api/search?q=a", header: map[string]string{"Cookie": own, "Origin": "http://" + s.address}, want: 200},
		"another origin":         {path: "/api/search?q=a", header: map[string]string{"Cookie": own, "Origin": "http://evil.example"}, want: 403},
		"null origin":            {path: "/api/search?q=a", header: map[string]string{"Cookie": own, "Origin": "null"}, want: 403},
		"another site":           {path: "/api/search?q=a", header: map[string]string{"Cookie": own, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, want: 403},
		"another port's page":    {path: "/api/search?q=a", header: map[string]string{"Cookie": own, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, want: 403},
		"post":                   {method: "POST", path: "/api/search?q=a", header: map[string]string{"Cookie": own}, want: 405},
		"options":                {method: "OPTIONS", path: "/api/search", header: map[string]string{"Cookie": own}, want: 405},
		"unknown":                {path: "/api/nothing", header: map[string]string{"Cookie": own}, want: 404},
		"out of the assets":      {path: "/../page.go", header: map[string]string{"Cookie": own}, want: 307},
		"long header":            {path: "/?x=" + strings.Repeat("x", 64<<10), header: map[string]string{"Cookie": own}, want: 431},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+s.address+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = tt.host
			for k, v := range tt.header {
				request.Header.Set(k, v)
			}
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			defer client.CloseIdleConnections()
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != tt.want {
				t.Errorf("status %d, want %d", response.StatusCode, tt.want)
			}
			if response.StatusCode == http.StatusSeeOther {
				c := response.Cookies()
				if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || strings.Contains(response.Header.Get("Location"), s.token) {
					t.Errorf("let in by %v, to %q", c, response.Header.Get("Location"))
				}
			}
		})
	}
}

// TestAnswers asks everything, rightly and wrongly.
func TestAnswers(t *testing.T) {
	s, browser := start(t, &double{
		files: map[string]string{"a.go": "package a\n\n// Add adds.\nfunc Add() int {\n\treturn 1\n}\n", "gone.go": "gone", "empty.go": ""},
		made:  &engine.Map{Functions: []engine.Mapped{{Root: "/r", Path: "a.go", Name: "Add", StartLine: 4, EndLine: 6, X: -1, Y: 1}}, Of: 1, Complete: true},
	})
	for name, tt := range map[string]struct {
		path   string
		values []string
		status int
		want   string // part of the answer
	}{
		"search":              {"/api/search", []string{"q", "add lang:go"}, 200, `"filters":[{"text":"lang:go","start":4,"end":11}]`},
		"positions in UTF-16": {"/api/search", []string{"q", "𝛌 lang:go"}, 200, `"start":3,"end":10`},
		"broken query":        {"/api/search", []string{"q", `"open`}, 400, "query, character"},
		"long query":          {"/api/search", []string{"q", strings.Repeat("ä", maxQuery+1)}, 400, "longer than"},
		"lines":               {"/api/search", []string{"q", "a\nb"}, 400, "more than a line"},
		"no UTF-8":            {"/api/search", []string{"q", "\xff"}, 400, "not UTF-8"},
		"too many":            {"/api/search", []string{"q", "a", "limit", "101"}, 400, "1 to 100"},
		"no number":           {"/api/search", []string{"q", "a", "limit", "x"}, 400, `\"x\"`},
		"similar":             {"/api/similar", []string{"path", "a.go", "line", "4"}, 200, `"startLine":4`},
		"similar to nothing":  {"/api/similar", nil, 400, "path is missing"},
		"explain":             {"/api/explain", []string{"q", "a", "path", "a.go", "line", "4"}, 200, `"startLine":4`},
		"explain nothing":     {"/api/explain", []string{"q", "a", "path", "a.go", "line", "40"}, 404, "no unit"},
		"complete":            {"/api/complete", []string{"q", "𝛌 k", "cursor", "4"}, 200, `"start":4,"end":4`},
		"complete outside":    {"/api/complete", []string{"q", "k", "cursor", "9"}, 200, `"start":1,"end":1`},
		"complete nowhere":    {"/api/complete", []string{"q", "k", "cursor", "-1"}, 400, "cursor"},
		"code":                {"/api/code", []string{"path", "a.go", "line", "4", "end", "6"}, 200, `["k","func"]`},
		"whole file":          {"/api/code", []string{"path", "a.go", "all", "1"}, 200, `"total":6`},
		"after its end":       {"/api/code", []string{"path", "a.go", "line", "60"}, 400, "none from line 60"},
		"empty file":          {"/api/code", []string{"path", "empty.go"}, 200, `"total":1`},
		"not indexed":         {"/api/code", []string{"path", "../../etc/passwd"}, 404, "not in the index"},
		"deleted":             {"/api/code", []string{"path", "gone.go"}, 404, "gone.go"},
		"long path":           {"/api/code", []string{"path", strings.Repeat("a", maxPath+1)}, 400, "longer than"},
		"map":                 {"/api/map", nil, 200, `"x":[0],"y":[65535]`},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, header := get(t, browser, s.at(tt.path, tt.values...))
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("status %d, want %d with %s:\n%s", status, tt.status, tt.want, body)
			}
			if !json.Valid([]byte(body)) || header.Get("Content-Type") != "application/json" {
				t.Errorf("no JSON, but %s: %s", header.Get("Content-Type"), body)
			}
		})
	}
}

// TestClientLeaves: a question ends when the one who asked it does.
func TestClientLeaves(t *testing.T) {
	d := &double{block: make(chan struct{}), asked: make(chan search.Request, 1)}
	s, browser := start(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at("/api/search", "q", "slow"), nil)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		response, err := browser.Do(request)
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	<-d.asked
	cancel()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("the question ended with %v", err)
	}
	// Every slot must come back.
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
}

// TestBusy: more questions than slots wait, and get an answer when their time is over.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{engine: &double{}, log: New(fakeListener{}, nil, "", nil).log, slots: make(chan struct{}, 1)}
		s.slots <- struct{}{}
		w := httptest.NewRecorder()
		s.answer(time.Second, s.working(s.search))(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/search?q=a", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d", w.Code)
		}
		s.atlasTimes(t) // although no slot is free
	})
}

// atlasTimes: a map that takes longer than an answer may is asked for again.
func (s *Server) atlasTimes(t *testing.T) {
	w := httptest.NewRecorder()
	s.answer(time.Second, s.atlas)(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/map", nil))
	if w.Code != http.StatusAccepted {
		t.Errorf("the map: status %d", w.Code)
	}
}

type fakeListener struct{ net.Listener }

func (fakeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9} }

// TestEvents: news comes once, and again when it has changed; streams are limited and end with the server.
func TestEvents(t *testing.T) {
	d := &double{status: engine.Status{Model: "one"}}
	s, browser := start(t, d)
	response, err := browser.Get(s.at("/api/events"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	next := func(model string) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var n news
				if err := json.Unmarshal([]byte(data), &n); err != nil {
					t.Fatal(err)
				}
				if n.Map.Total != 2 || n.Version != "test" || n.Memory == 0 {
					t.Errorf("news are %s", data)
				}
				if n.Model == model {
					return
				}
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
	}
	next("one")
	d.mu.Lock()
	d.status.Model = "two"
	d.mu.Unlock()
	next("two")
	for range cap(s.streams) - 1 {
		s.streams <- struct{}{}
	}
	if status, _, _ := get(t, browser, s.at("/api/events")); status != http.StatusServiceUnavailable {
		t.Errorf("one stream too many: status %d", status)
	}
}

// TestManyAtOnce has many browsers ask at a time, for the race detector.
func TestManyAtOnce(t *testing.T) {
	s, browser := start(t, &double{files: map[string]string{"a.py": "def add():\n    return 1\n"}, made: &engine.Map{}})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			address := []string{s.at("/api/search", "q", "add"), s.at("/api/code", "path", "a.py"), s.at("/api/map"), s.at("/")}[i%4]
			response, err := browser.Get(address)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d", address, response.StatusCode)
			}
		})
	}
	wg.Wait()
}

func TestHighlightKeepsText(t *testing.T) {
	for name, text := range map[string]string{
		"a.go":      "package a\n\n/* a\nb */\nfunc F() { return \"x\\n\" }\n",
		"a.py":      "def f():\n    '''doc\n    more'''\n    return 1\n",
		"a.html":    "<p class=\"a\">x</p>\n<script>\nlet a = 1;\n</script>",
		"a.unknown": "whatever\n\n\tthere is",
		"a.c":       "#include <a.h>\r\nint main(void) { return 0; }\r\n",
		"b.go":      "package b\n\nvar x = \"\xff\xfe\"\n",
		"c.js":      "\n\n\nlet x = `a\nb`;\n\n",
		"long.go":   "package a // " + strings.Repeat("x", 3*maxLine) + "\n",
	} {
		lines := splitLines(strings.ToValidUTF8(text, "\uFFFD"))
		for first := 1; first <= len(lines); first++ {
			spans, err := highlight(t.Context(), name, lines, first, len(lines))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range lines[first-1:] {
				var got strings.Builder
				for _, s := range spans[i] {
					got.WriteString(s[1])
				}
				if got.String() != want {
					t.Errorf("%s line %d from %d: %q, want %q", name, first+i, first, got.String(), want)
				}
			}
		}
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add("a.go", "package a\n\nfunc f() {}\n", 1)
	f.Add("a.md", "# a\n```go\nx\n```\n", 2)
	f.Add("a.php", "<?php\r\necho 1; ?>x", 1)
	f.Fuzz(func(t *testing.T, name, text string, first int) {
		lines := splitLines(strings.ToValidUTF8(text, "\uFFFD"))
		first = min(max(first, 1), len(lines))
		spans, err := highlight(t.Context(), name, lines, first, len(lines))
		if err != nil {
			t.Fatal(err)
		}
		if len(spans) != len(lines)-first+1 {
			t.Fatalf("%d lines became %d", len(lines)-first+1, len(spans))
		}
	})
}

func TestGroups(t *testing.T) {
	m := &engine.Map{}
	add := func(root, path string, n int) {
		for i := range n {
			m.Functions = append(m.Functions, engine.Mapped{Root: root, Path: path, StartLine: i})
		}
	}
	add("/one", "main.go", 5)
	add("/one", "server/api/a.go", 200)
	add("/one", "server/db/b.go", 150)
	add("/one", "server/s.go", 10)
	for i := range 20 {
		add("/one", fmt.Sprintf("small%02d/a.go", i), 3)
	}
	add("/one", "web/ui/deep/er/x.ts", 120)
	a := encodeMap(m)
	labels := []string{}
	total := 0
	for _, g := range a.Groups {
		labels = append(labels, g.Label)
		total += g.Count
	}
	want := []string{"server/api", "server/db", "web/ui/deep/er", "server", "elsewhere"}
	if !slices.Equal(labels, want) || total != len(m.Functions) {
		t.Errorf("groups are %q with %d of %d functions, want %q", labels, total, len(m.Functions), want)
	}
	if last := a.Groups[len(a.Groups)-1]; !last.Other || last.Count != 65 {
		t.Errorf("the last group is %+v", last)
	}
	for _, f := range a.Files {
		if f.Group < 0 || f.Group >= len(a.Groups) {
			t.Errorf("%s has group %d", f.Path, f.Group)
		}
	}

	m = &engine.Map{}
	add(filepath.FromSlash("/x/first"), "a.go", 10)
	add(filepath.FromSlash("/x/second"), "b/b.go", 30)
	if a = encodeMap(m); len(a.Groups) != 2 || a.Groups[0].Label != "second/b" || a.Groups[1].Label != "first" {
		t.Errorf("two roots have the groups %+v", a.Groups)
	}
	if a = encodeMap(&engine.Map{}); len(a.Groups) != 0 {
		t.Errorf("no functions have the groups %+v", a.Groups)
	}
}

func TestBrowserCommand(t *testing.T) {
	for system, want := range map[string]string{"linux": "xdg-open", "freebsd": "xdg-open", "darwin": "open", "windows": "rundll32"} {
		got := browserCommand(system, "http://127.0.0.1:1/")
		if got[0] != want || got[len(got)-1] != "http://127.0.0.1:1/" {
			t.Errorf("%s: %q", system, got)
		}
	}
}

// TestNothingFromElsewhere: the page names no other server and has no script or style in itself, which its policy
// would refuse.
func TestNothingFromElsewhere(t *testing.T) {
	entries, err := embedded.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := embedded.ReadFile("assets/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		rest := strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", "")
		for _, bad := range []string{"http://", "https://", "style=\"", "onclick=", "innerHTML", "eval(", "<style", "@import"} {
			if strings.Contains(rest, bad) {
				t.Errorf("%s has %q", e.Name(), bad)
			}
		}
	}
}
