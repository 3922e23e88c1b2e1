package server

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"lsp/server/engine"
	"lsp/server/settings"
)

// serverName is how the program presents itself.
const serverName = "semantic-lsp"

// initialize agrees on what both sides can do and opens the engine. Folders are opened when the client says that it
// is initialized, since only then it may be asked for its configuration.
func initialize(_ context.Context, s *session, p *protocol.InitializeParams) (*protocol.InitializeResult, error) {
	s.client = clientCapabilities(p)
	encoding := negotiate(s.client.encodings)
	s.encoding = encodings[encoding]
	s.initial = initialFolders(p)
	s.config.flags = s.options.Flags
	s.config.reported = map[string]bool{}
	s.config.options = s.parseLayer("initializationOptions", p.InitializationOptions)
	resolved := s.refreshSettings()
	s.config.started = resolved
	opened, err := s.options.Open(engine.Config{
		Layers:     s.config.layers(),
		Encoding:   s.encoding,
		Watch:      true,
		Log:        s.log,
		OnStatus:   s.statusChanged,
		OnProgress: func(p engine.Progress) { s.progress.put(s, p) },
		Ask:        s.ask,
	})
	if err != nil {
		return nil, fmt.Errorf("open the engine: %w", err)
	}
	s.engine = opened
	if p.ProcessID != nil {
		watchParent(s.ctx, int(*p.ProcessID), s.options.timing.parent, func() {
			s.log.Info("the editor's process ended")
			s.end(errExit)
		})
	}
	s.phase.Store(int32(serving))
	return &protocol.InitializeResult{
		Capabilities: s.capabilities(encoding, resolved),
		ServerInfo:   protocol.ServerInfo{Name: serverName, Version: protocol.NewOptional(s.options.Version)},
	}, nil
}

// initialFolders are the folders of an initialize request: workspaceFolders, else rootUri, else rootPath, else none.
//
//lint:file-ignore SA1019 rootUri and rootPath are deprecated, but many clients send nothing else
func initialFolders(p *protocol.InitializeParams) []protocol.WorkspaceFolder {
	if list, ok := p.WorkspaceFolders.Get(); ok && len(list) > 0 {
		return list
	}
	if p.RootURI != nil && *p.RootURI != "" {
		return []protocol.WorkspaceFolder{{URI: *p.RootURI}}
	}
	if path, ok := p.RootPath.Get(); ok && path != "" {
		return []protocol.WorkspaceFolder{{URI: fileURI(path)}}
	}
	return nil
}

// initialized opens the folders with the configuration of the client, before later requests.
func initialized(_ context.Context, s *session, _ *struct{}) error {
	s.queue(func() {
		s.configure(s.pull)
		for _, f := range s.initial {
			s.openFolder(f.URI.String(), f.Name)
		}
		s.initial = nil
		if s.client.settings {
			s.beside.start(s.registerSettings)
		}
		if resolved := s.refreshSettings(); s.client.watchedFiles && resolved.Client.WatchFiles && resolved.Index.Watch != settings.WatchOff {
			s.beside.start(s.registerWatching)
		}
	})
	return nil
}

// shutdown stops serving: requests that are still running are answered with an error.
func shutdown(_ context.Context, s *session, _ *struct{}) (protocol.LSPAny, error) {
	s.phase.Store(int32(shutDown))
	s.flights.stopAll(errShuttingDown)
	return nil, nil
}

// exit ends the session.
func exit(_ context.Context, s *session, _ *struct{}) error {
	s.end(errExit)
	return nil
}

// setTrace is accepted and has no effect: what is logged is set by log.level.
func setTrace(context.Context, *session, *protocol.SetTraceParams) error { return nil }
