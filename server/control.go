package server

import (
	"context"

	"lsp/server/engine"
)

// status serves semantic/status.
func status(_ context.Context, s *session, _ *NoParams) (engine.Status, error) {
	return s.engine.Status(), nil
}

// reindex serves semantic/reindex: it forgets the index of a folder and starts afresh.
func reindex(ctx context.Context, s *session, p *FolderParams) (any, error) {
	return nil, onFolder(p, func(dir string) error { return s.engine.Reindex(ctx, dir) })
}

// pause serves semantic/pause: background indexing of a folder stops, searches go on with what there is.
func pause(_ context.Context, s *session, p *FolderParams) (any, error) {
	return nil, onFolder(p, s.engine.Pause)
}

// resume serves semantic/resume.
func resume(_ context.Context, s *session, p *FolderParams) (any, error) {
	return nil, onFolder(p, s.engine.Resume)
}

// onFolder runs f on the path of the folder that is named, or on "" for all.
func onFolder(p *FolderParams, f func(dir string) error) error {
	if p.Folder == "" {
		return f("")
	}
	path, err := documentPath(p.Folder)
	if err != nil {
		return invalidParams("params.folder: %v", err)
	}
	return requestError(f(path))
}

// statusChanged is called by the engine.
func (s *session) statusChanged() { s.status.put(struct{}{}) }

// sendStatus tells the client how the engine is doing.
func (s *session) sendStatus(struct{}) {
	if phase(s.phase.Load()) != serving {
		return
	}
	s.queue(func() { s.refreshSettings() }) // a repository's file may be what has changed
	if s.has(refusesNotifications) {
		return
	}
	s.out.notify(MethodStatusChanged, customJSON(s.engine.Status()))
}
