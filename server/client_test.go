package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lsp/server/engine"
	"lsp/server/internal/fakeeditor"
	"lsp/server/settings"
)

// limitNow is the number of results of a search that does not say.
func (f *fixture) limitNow() string {
	f.t.Helper()
	f.MustCall("semantic/search", object{"query": "x"}, nil)
	calls := f.engine.history("search")
	var query, limit string
	if _, err := fmt.Sscanf(calls[len(calls)-1], "search %s %s", &query, &limit); err != nil {
		f.t.Fatal(err)
	}
	return limit
}

// configured answers workspace/configuration with what get returns.
func (f *fixture) configured(get func() any) {
	f.Handle("workspace/configuration", func(params json.RawMessage) (any, *fakeeditor.Error) {
		var p struct{ Items []struct{ Section string } }
		if err := json.Unmarshal(params, &p); err != nil || len(p.Items) != 1 || p.Items[0].Section != "semantic" {
			return nil, &fakeeditor.Error{Code: -32602, Message: string(params)}
		}
		return []any{get()}, nil
	})
}

var pulls = object{"capabilities": object{"workspace": object{"configuration": true}}}

func TestConfiguration(t *testing.T) {
	f := start(t, func(o *Options) {
		o.Flags = []settings.Layer{{Origin: settings.FromCommandLine, Name: "flags", Values: object{"symbols": "off"}}}
	})
	limit := 11
	f.configured(func() any { return object{"search": object{"limit": limit}, "symbols": "all"} })
	f.initialize(object{"capabilities": pulls["capabilities"], "initializationOptions": object{"search": object{"limit": 5}, "enabled": "on"}})
	wantEqual(t, "limit", f.limitNow(), "11")
	wantEqual(t, "engine was configured", len(f.engine.history("configure")), 1)

	limit = 12
	f.Notify("workspace/didChangeConfiguration", object{"settings": nil}) // "ask me"
	wantEqual(t, "limit", f.limitNow(), "12")
	f.Notify("workspace/didChangeConfiguration", object{"settings": object{"semantic": object{"search": object{"limit": 13}}, "gopls": object{}}})
	wantEqual(t, "limit", f.limitNow(), "13")
	f.Notify("workspace/didChangeConfiguration", object{"settings": nil})
	wantEqual(t, "limit", f.limitNow(), "13")
	wantEqual(t, "engine was configured when something changed", len(f.engine.history("configure")), 3)

	resolved, problems := settings.Resolve(f.engine.layers...)
	if len(problems) > 0 || resolved.Search.Limit != 13 || resolved.Enabled != settings.EnabledOn || resolved.Symbols != settings.SymbolsOff {
		t.Errorf("the engine got %+v, %v", resolved, problems)
	}
	f.leave()
}

// TestConfigurationProblems: each is shown once, and only what is sound reaches the engine.
func TestConfigurationProblems(t *testing.T) {
	f := start(t)
	f.initialize(object{"initializationOptions": object{"enabled": "yes", "serach": object{"limit": 3}, "search": object{"limit": 9}}})
	f.Expect("a message", func(m fakeeditor.Message) bool {
		return m.Method == "window/showMessage" && strings.Contains(string(m.Params), `enabled: one of \"auto\", \"on\", \"off\" is needed`)
	})
	wantEqual(t, "limit", f.limitNow(), "9")
	if _, problems := settings.Resolve(f.engine.config.Layers...); len(problems) > 0 {
		t.Error(problems)
	}
	for range 3 {
		f.Notify("workspace/didChangeConfiguration", object{"settings": []any{1}})
	}
	f.Seen("a message", func(m fakeeditor.Message) bool {
		return m.Method == "window/showMessage" && strings.Contains(string(m.Params), "an object is needed, got [1]")
	})
	f.settle()
	f.leave()
	shown := map[string]int{}
	logged := ""
	for _, m := range f.Messages() {
		if m.Method == "window/showMessage" {
			shown[string(m.Params)]++
		}
		if m.Method == "window/logMessage" {
			logged += string(m.Params)
		}
	}
	wantEqual(t, "messages", len(shown), 2)
	for text, times := range shown {
		if times != 1 {
			t.Errorf("%d times: %s", times, text)
		}
	}
	if !strings.Contains(logged, `did you mean \"search.limit\"?`) {
		t.Errorf("no suggestion in the log: %s", logged)
	}
}

// TestConfigurationTooLate: what counts at the start only is not taken silently later.
func TestConfigurationTooLate(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	for range 2 {
		f.Notify("workspace/didChangeConfiguration", object{"settings": object{"cacheDir": "/elsewhere"}})
	}
	f.Seen("a message", func(m fakeeditor.Message) bool {
		return m.Method == "window/showMessage" && strings.Contains(string(m.Params), "cacheDir takes effect when the server is restarted")
	})
	f.leave()
}

// TestConfigurationUnanswered: clients that refuse, answer nonsense or never answer are served all the same.
func TestConfigurationUnanswered(t *testing.T) {
	for name, handler := range map[string]fakeeditor.Handler{
		"refused":  func(json.RawMessage) (any, *fakeeditor.Error) { return nil, &fakeeditor.Error{Code: -32603} },
		"nonsense": func(json.RawMessage) (any, *fakeeditor.Error) { return object{}, nil },
		"too many": func(json.RawMessage) (any, *fakeeditor.Error) { return []any{nil, nil}, nil },
		"null":     func(json.RawMessage) (any, *fakeeditor.Error) { return []any{nil}, nil },
		"never":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			f := start(t, func(o *Options) {
				if handler == nil {
					o.timing.answer = time.Millisecond
				}
			})
			f.Handle("workspace/configuration", func(p json.RawMessage) (any, *fakeeditor.Error) {
				if handler == nil {
					<-release
					return nil, nil
				}
				return handler(p)
			})
			f.initialize(object{"capabilities": pulls["capabilities"], "initializationOptions": object{"search": object{"limit": 5}}})
			wantEqual(t, "limit", f.limitNow(), "5")
			f.leave()
		})
	}
}

// TestRepositoryFile: settings of the session follow the file of the first folder.
func TestRepositoryFile(t *testing.T) {
	dir := tempDir(t)
	file := filepath.Join(dir, settings.RepositoryFile)
	write := func(limit int) {
		t.Helper()
		if err := os.WriteFile(file, fmt.Appendf(nil, "[search]\nlimit = %d\n", limit), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(31)
	f := start(t)
	f.initialize(folderParams(dir))
	wantEqual(t, "limit", f.limitNow(), "31")
	write(32)
	f.engine.config.OnStatus() // the engine has noticed
	f.ExpectMethod(MethodStatusChanged, nil)
	wantEqual(t, "limit", f.limitNow(), "32")
	f.leave()
}

func TestStatusChanged(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	for range 1000 {
		f.engine.config.OnStatus()
	}
	var status struct{ Model string }
	f.ExpectMethod(MethodStatusChanged, &status)
	wantEqual(t, "model", status.Model, "scripted")
	f.leave()
}

// progress is a $/progress notification.
type progressNote struct {
	Token string
	Value struct {
		Kind, Title, Message string
		Percentage           int
		Cancellable          bool
	}
}

var showsProgress = object{"capabilities": object{"window": object{"workDoneProgress": true}}}

func TestProgress(t *testing.T) {
	f := start(t)
	f.initialize(showsProgress)
	tell := f.engine.config.OnProgress
	tell(engine.Progress{Root: "/src/project", Done: 0, Total: 0})
	var p progressNote
	f.ExpectMethod("window/workDoneProgress/create", nil)
	f.ExpectMethod("$/progress", &p)
	token := p.Token
	wantEqual(t, "kind", p.Value.Kind, "begin")
	wantEqual(t, "title", p.Value.Title, "Indexing project")
	wantEqual(t, "cancellable", p.Value.Cancellable, true)
	for done := range 100 {
		tell(engine.Progress{Root: "/src/project", Done: done, Total: 100})
	}
	f.Expect("a report", func(m fakeeditor.Message) bool {
		return m.Method == "$/progress" && strings.Contains(string(m.Params), "99 of 100 files") && strings.Contains(string(m.Params), `"percentage":99`)
	})
	tell(engine.Progress{Root: "/src/project", Done: 100, Total: 100, Finished: true})
	f.ExpectMethod("$/progress", &p)
	wantEqual(t, "kind", p.Value.Kind, "end")
	wantEqual(t, "message", p.Value.Message, "done")
	wantEqual(t, "token", p.Token, token)

	tell(engine.Progress{Root: "/src/project", Finished: true}) // over before it was worth a bar
	tell(engine.Progress{Root: "/src/project", Done: 1, Total: 2})
	f.ExpectMethod("$/progress", &p)
	if p.Token == token {
		t.Errorf("the token %s was used again", token)
	}
	tell(engine.Progress{Root: "/src/project", Done: 1, Total: 2, Finished: true, Err: errScripted})
	f.Expect("the end", func(m fakeeditor.Message) bool {
		return m.Method == "$/progress" && strings.Contains(string(m.Params), "tired")
	})
	f.leave()
}

// TestProgressCancelled: cancelling the bar pauses indexing.
func TestProgressCancelled(t *testing.T) {
	f := start(t)
	f.initialize(showsProgress)
	tell := f.engine.config.OnProgress
	var p progressNote
	for _, model := range []string{"", "minilm"} {
		tell(engine.Progress{Root: "/src/project", Model: model, Done: 1, Total: 9})
		for p.Value.Kind = ""; p.Value.Kind != "begin"; { // the bar before may tell something more
			f.ExpectMethod("$/progress", &p)
		}
	}
	f.Notify("window/workDoneProgress/cancel", object{"token": "another"})
	f.Notify("window/workDoneProgress/cancel", object{"token": 7})
	f.Notify("window/workDoneProgress/cancel", object{"token": p.Token})
	f.Notify("window/workDoneProgress/cancel", object{"token": p.Token})
	for range 2 { // the other bar of the root too
		f.Expect("the end", func(m fakeeditor.Message) bool {
			return m.Method == "$/progress" && strings.Contains(string(m.Params), "paused")
		})
	}
	tell(engine.Progress{Root: "/src/project", Done: 2, Total: 9}) // it was resumed
	f.ExpectMethod("$/progress", &p)
	wantEqual(t, "kind", p.Value.Kind, "begin")
	f.Seen("a log line", logLineWith("semantic/resume"))
	wantList(t, "paused", f.engine.history("pause"), []string{"pause /src/project"})
	f.leave()
}

// TestProgressUnwanted: nothing is sent to a client that shows no progress, refuses the token, or has it switched off.
func TestProgressUnwanted(t *testing.T) {
	cases := map[string]object{
		"cannot":  {},
		"refuses": {"capabilities": showsProgress["capabilities"]},
		"off":     {"capabilities": showsProgress["capabilities"], "initializationOptions": object{"client": object{"progress": false}, "log": object{"level": "debug"}}},
	}
	for name, params := range cases {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			asked := make(chan struct{}, 1)
			f.Handle("window/workDoneProgress/create", func(json.RawMessage) (any, *fakeeditor.Error) {
				asked <- struct{}{}
				return nil, &fakeeditor.Error{Code: -32603, Message: "no"}
			})
			f.initialize(params)
			f.engine.config.OnProgress(engine.Progress{Root: "/r", Done: 1, Total: 2})
			if name == "refuses" {
				<-asked
			}
			f.engine.config.OnProgress(engine.Progress{Root: "/r", Done: 2, Total: 2, Finished: true})
			f.settle()
			f.leave()
			for _, m := range f.Messages() {
				if m.Method == "$/progress" || m.Method == "window/workDoneProgress/create" && name != "refuses" {
					t.Errorf("got %s", m.Params)
				}
			}
		})
	}
}

func TestAsk(t *testing.T) {
	cases := []struct {
		name   string
		answer fakeeditor.Handler
		want   engine.Answer
	}{
		{"yes", func(json.RawMessage) (any, *fakeeditor.Error) { return object{"title": "Index"}, nil }, engine.Yes},
		{"no", func(json.RawMessage) (any, *fakeeditor.Error) { return object{"title": "Not now"}, nil }, engine.NotNow},
		{"never", func(json.RawMessage) (any, *fakeeditor.Error) { return object{"title": "Never"}, nil }, engine.Never},
		{"dismissed", func(json.RawMessage) (any, *fakeeditor.Error) { return nil, nil }, engine.NotNow},
		{"cannot", nil, engine.NotNow},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := start(t)
			if c.answer != nil {
				f.Handle("window/showMessageRequest", c.answer)
			}
			f.initialize(nil)
			got := f.engine.config.Ask(context.Background(), engine.Question{Root: "/src/huge", Files: 123456, Bytes: 5e9})
			wantEqual(t, "answer", got, c.want)
			m := f.ExpectMethod("window/showMessageRequest", nil)
			if text := string(m.Params); !strings.Contains(text, "huge has 123456 files (5000.0 MB)") {
				t.Error(text)
			}
			f.leave()
		})
	}
	t.Run("refused before", func(t *testing.T) {
		f := start(t)
		f.initialize(nil)
		wantEqual(t, "answer", f.engine.config.Ask(context.Background(), engine.Question{Never: true}), engine.Never)
		f.leave()
		for _, m := range f.Messages() {
			if m.Method == "window/showMessageRequest" {
				t.Errorf("asked %s", m.Params)
			}
		}
	})
	t.Run("withdrawn", func(t *testing.T) {
		f := start(t)
		asked, release := make(chan struct{}), make(chan struct{})
		defer close(release)
		f.Handle("window/showMessageRequest", func(json.RawMessage) (any, *fakeeditor.Error) {
			close(asked)
			<-release
			return nil, nil
		})
		f.initialize(nil)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-asked; cancel() }()
		wantEqual(t, "answer", f.engine.config.Ask(ctx, engine.Question{}), engine.NotNow)
		f.ExpectMethod("$/cancelRequest", nil)
		f.leave()
	})
	t.Run("the session ends meanwhile", func(t *testing.T) {
		f := start(t)
		asked, release := make(chan struct{}), make(chan struct{})
		defer close(release)
		f.Handle("window/showMessageRequest", func(json.RawMessage) (any, *fakeeditor.Error) {
			close(asked)
			<-release
			return nil, nil
		})
		f.initialize(nil)
		answer := make(chan engine.Answer)
		go func() { answer <- f.engine.config.Ask(context.Background(), engine.Question{}) }()
		<-asked
		f.Notify("exit", nil)
		wantEqual(t, "answer", <-answer, engine.NotNow)
		if err := <-f.done; !errors.Is(err, ErrNoShutdown) {
			t.Error(err)
		}
	})
}

func TestWatchedFilesAreRegistered(t *testing.T) {
	dynamic := object{"workspace": object{"didChangeWatchedFiles": object{"dynamicRegistration": true}}}
	f := start(t)
	f.initialize(object{"capabilities": dynamic})
	var p struct {
		Registrations []struct {
			Method          string
			RegisterOptions struct {
				Watchers []struct{ GlobPattern string }
			}
		}
	}
	f.ExpectMethod("client/registerCapability", &p)
	wantEqual(t, "method", p.Registrations[0].Method, "workspace/didChangeWatchedFiles")
	wantEqual(t, "glob", p.Registrations[0].RegisterOptions.Watchers[0].GlobPattern, "**/*")
	f.leave()

	for name, params := range map[string]object{
		"cannot":           {},
		"off":              {"capabilities": dynamic, "initializationOptions": object{"client": object{"watchFiles": false}}},
		"no watch at all ": {"capabilities": dynamic, "initializationOptions": object{"index": object{"watch": "off"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.initialize(params)
			f.settle()
			f.leave()
			for _, m := range f.Messages() {
				if m.Method == "client/registerCapability" {
					t.Errorf("got %s", m.Params)
				}
			}
		})
	}
}

// TestChangedSettingsAreRegistered: a client that reports changes of settings only when asked to is asked, and then asked
// for the settings.
func TestChangedSettingsAreRegistered(t *testing.T) {
	f := start(t)
	limit := 5
	f.configured(func() any { return object{"search": object{"limit": limit}} })
	f.initialize(object{"capabilities": object{"workspace": object{
		"configuration": true, "didChangeConfiguration": object{"dynamicRegistration": true},
	}}})
	var p struct {
		Registrations []struct {
			Method          string
			RegisterOptions json.RawMessage
		}
	}
	f.ExpectMethod("client/registerCapability", &p)
	wantEqual(t, "method", p.Registrations[0].Method, "workspace/didChangeConfiguration")
	wantEqual(t, "options", string(p.Registrations[0].RegisterOptions), "{}")
	limit = 7
	f.Notify("workspace/didChangeConfiguration", object{"settings": nil})
	wantEqual(t, "limit", f.limitNow(), "7")
	f.leave()
}

func TestLog(t *testing.T) {
	var lines syncBuffer
	f := start(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelError}))
	})
	f.initialize(object{"initializationOptions": object{"log": object{"level": "warn"}}})
	log := f.engine.config.Log.With("root", "/r").WithGroup("g").With("a", 1)
	log.Info("too chatty")
	log.Warn("careful", "b", errScripted)
	log.Error("broken")
	var p struct {
		Type    int
		Message string
	}
	f.ExpectMethod("window/logMessage", &p)
	wantEqual(t, "type", p.Type, 2)
	wantEqual(t, "message", p.Message, "careful root=/r g.a=1 g.b=the engine is tired")
	f.ExpectMethod("window/logMessage", &p)
	wantEqual(t, "type", p.Type, 1)
	f.leave()
	if text := lines.String(); !strings.Contains(text, "broken") || strings.Contains(text, "careful") {
		t.Errorf("the program's own log: %s", text)
	}
}

// TestOutboxDropsLogLines: a client that reads nothing loses log lines, and hears of it, but nothing else.
func TestOutboxDropsLogLines(t *testing.T) {
	var o outbox
	o.init()
	for range maxQueued + 10 {
		o.notify("window/logMessage", customJSON(nil))
	}
	o.notify("semantic/statusChanged", customJSON(nil))
	queue, lost := o.take()
	wantEqual(t, "lost", lost, 10)
	wantEqual(t, "last", queue[len(queue)-1].method, "semantic/statusChanged")
}
