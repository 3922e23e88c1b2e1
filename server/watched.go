package server

import (
	"context"
	"errors"

	"go.lsp.dev/protocol"

	"lsp/workspace"
)

// watchID names our registration of file events at the client.
const watchID = "semantic-watched-files"

// registerWatching asks the client to report changes of files, in addition to our own watching. The glob is a plain
// string: some clients understand nothing else. The answer only says that it was registered.
func (s *session) registerWatching() {
	options, err := protocol.Marshal(&protocol.DidChangeWatchedFilesRegistrationOptions{
		Watchers: []protocol.FileSystemWatcher{{GlobPattern: protocol.Pattern("**/*")}},
	})
	if err != nil {
		s.log.Error("watched files are not registered", "error", err)
		return
	}
	s.register(protocol.Registration{ID: watchID, Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: options})
}

// register asks the client to send notifications of a kind. The answer only says that it will.
func (s *session) register(r protocol.Registration) {
	params := &protocol.RegistrationParams{Registrations: []protocol.Registration{r}}
	if err := s.call(s.ctx, protocol.MethodClientRegisterCapability, params, nil); err != nil && s.ctx.Err() == nil {
		s.log.Warn("the editor does not report changes", "notification", r.Method, "error", err)
	}
}

// fileActions maps what a client says happened to a file.
var fileActions = map[protocol.FileChangeType]workspace.Action{
	protocol.FileChangeTypeCreated: workspace.ActionCreate,
	protocol.FileChangeTypeChanged: workspace.ActionWrite,
	protocol.FileChangeTypeDeleted: workspace.ActionDelete,
}

func didChangeWatchedFiles(_ context.Context, s *session, p *protocol.DidChangeWatchedFilesParams) error {
	events := make([]fileEvent, 0, len(p.Changes))
	for _, change := range p.Changes {
		if action, known := fileActions[change.Type]; known {
			events = append(events, fileEvent{change.URI.String(), action})
		}
	}
	return s.filesChanged(events)
}

func didCreateFiles(_ context.Context, s *session, p *protocol.CreateFilesParams) error {
	var events []fileEvent
	for _, file := range p.Files {
		events = append(events, fileEvent{file.URI, workspace.ActionCreate})
	}
	return s.filesChanged(events)
}

func didRenameFiles(_ context.Context, s *session, p *protocol.RenameFilesParams) error {
	var events []fileEvent
	for _, file := range p.Files {
		events = append(events, fileEvent{file.OldURI, workspace.ActionDelete}, fileEvent{file.NewURI, workspace.ActionCreate})
	}
	return s.filesChanged(events)
}

func didDeleteFiles(_ context.Context, s *session, p *protocol.DeleteFilesParams) error {
	var events []fileEvent
	for _, file := range p.Files {
		events = append(events, fileEvent{file.URI, workspace.ActionDelete})
	}
	return s.filesChanged(events)
}

// fileEvent is something a client saw happen to a file or a folder.
type fileEvent struct {
	uri    string
	action workspace.Action
}

// filesChanged hands events to the engine as one batch. Events about anything but files are left out.
func (s *session) filesChanged(events []fileEvent) error {
	mods := make([]workspace.Modification, 0, len(events))
	var problems []error
	for _, e := range events {
		path, err := documentPath(e.uri)
		switch {
		case err != nil:
			problems = append(problems, err)
		case path != e.uri: // a file
			mods = append(mods, workspace.Modification{Path: path, Action: e.action, Cause: workspace.CauseWatcherClient})
		}
	}
	if len(mods) > 0 {
		problems = append(problems, s.engine.Modify(mods))
	}
	return errors.Join(problems...)
}
