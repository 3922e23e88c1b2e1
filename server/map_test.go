package server

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"lsp/server/internal/fakeeditor"
)

func TestMap(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	var m MapResponse
	f.MustCall("semantic/map", object{}, &m)
	want := MapFunction{Root: "/r", Path: "a.go", Name: "Add", StartLine: 3, EndLine: 5, X: -0.5, Y: 1}
	if len(m.Functions) != 1 || m.Functions[0] != want || m.Of != 1 {
		t.Errorf("the map is %+v", m)
	}
	f.leave()
}

// TestOpenPage: a session has one page, which a client that can is asked to show, and which ends with the session.
func TestOpenPage(t *testing.T) {
	const address = "http://127.0.0.1:9/?token=x"
	opened, ended := 0, make(chan struct{})
	f := start(t, func(o *Options) {
		o.OpenPage = func(_ context.Context, e Engine) (string, func(context.Context) error, error) {
			if opened++; opened == 1 {
				return "", nil, errors.New("no port is free")
			}
			return address, func(ctx context.Context) error {
				<-ctx.Done()
				close(ended)
				return nil
			}, nil
		}
	})
	f.Handle("window/showDocument", func(json.RawMessage) (any, *fakeeditor.Error) { return object{"success": true}, nil })
	f.initialize(object{"capabilities": object{"window": object{"showDocument": object{"support": true}}}})
	if err := f.Call("semantic/openPage", object{}, nil); code(err) != int(codeRequestFailed) {
		t.Errorf("a page that cannot be opened: %v", err)
	}
	for range 2 {
		var p OpenPageResponse
		f.MustCall("workspace/executeCommand", object{"command": "semantic.openPage"}, &p)
		wantEqual(t, "address", p.URL, address)
		var shown struct {
			URI      string
			External bool
		}
		f.ExpectMethod("window/showDocument", &shown)
		wantEqual(t, "shown", shown.URI, address)
		wantEqual(t, "external", shown.External, true)
	}
	wantEqual(t, "pages", opened, 2)
	f.leave()
	<-ended
}

// TestNoPage: a server without a page says so.
func TestNoPage(t *testing.T) {
	f := start(t, func(o *Options) { o.OpenPage = nil })
	f.initialize(nil)
	if err := f.Call("semantic/openPage", object{}, nil); code(err) != int(codeRequestFailed) {
		t.Errorf("without a page: %v", err)
	}
	f.leave()
}

// code is that of an error reply, 0 of any other outcome.
func code(err error) int {
	var reply *fakeeditor.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}
