package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"lsp/server"
	"lsp/server/engine"
	"lsp/server/page"
	"lsp/server/settings"
)

// pageOptions are the options of serve that concern the page.
type pageOptions struct {
	open      bool
	noBrowser bool
	address   string
	roots     []string
}

// servePage shows folders in the browser until the process is told to end.
func servePage(ctx context.Context, g *globals, o *pageOptions) (err error) {
	log, err := g.logger()
	if err != nil {
		return err
	}
	if len(o.roots) == 0 {
		o.roots = []string{"."}
	}
	for i, dir := range o.roots {
		if o.roots[i], err = folder(dir); err != nil {
			return err
		}
	}
	listener, err := page.Listen(ctx, o.address)
	if err != nil {
		return err
	}
	s := &session{globals: g, bar: newBar(g.con)}
	s.Engine, err = engine.New(engine.Config{
		Layers: []settings.Layer{g.flags()}, Log: log, Watch: true, OnProgress: s.progress, Ask: s.question,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, dir := range o.roots {
		if err := s.AddFolder(ctx, dir); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	p := page.New(listener, s.Engine, buildInfo().Version, log)
	fmt.Fprintf(g.con.err, "lsp: the page is at %s\n", p.URL())
	if !o.noBrowser {
		go func() {
			if err := page.OpenBrowser(ctx, p.URL()); err != nil && ctx.Err() == nil {
				fmt.Fprintln(g.con.err, "lsp: "+oneLine(err.Error())+"; open the address yourself")
			}
		}()
	}
	return p.Serve(ctx, listener)
}

// pageOpener returns what opens a page over the engine of an editor.
func pageOpener(log *slog.Logger) func(context.Context, server.Engine) (string, func(context.Context) error, error) {
	return func(ctx context.Context, e server.Engine) (string, func(context.Context) error, error) {
		listener, err := page.Listen(ctx, page.DefaultAddress)
		if err != nil {
			return "", nil, err
		}
		p := page.New(listener, e, buildInfo().Version, log)
		return p.URL(), func(ctx context.Context) error { return p.Serve(ctx, listener) }, nil
	}
}
