package server

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"lsp/workspace"
)

// folder is a workspace folder that the client opened.
type folder struct {
	uri   string // as the client spelt it
	name  string
	given string // path of uri
	dir   string // canonical spelling of given, the key
}

// folders are the open workspace folders and the spellings that the client uses. Paths are canonical inside the
// program; the client gets back what it sent, or it would open the same file twice under two names.
type folders struct {
	mu   sync.Mutex
	list []*folder
	open map[string]string // URI of every open document by canonical path
}

// newFolder finds the directory a client's URI names.
func newFolder(uri, name string) (*folder, error) {
	given, err := workspace.URIToPath(uri)
	if err != nil {
		return nil, err
	}
	dir, err := workspace.Canonical(given)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = filepath.Base(dir)
	}
	return &folder{uri: uri, name: name, given: given, dir: dir}, nil
}

// add remembers a folder. It returns false for one that is open already, under whatever name.
func (f *folders) add(added *folder) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.list, func(o *folder) bool { return o.dir == added.dir }) {
		return false
	}
	f.list = append(f.list, added)
	return true
}

// remove forgets the folder that was opened under a URI and returns it, or nil. The directory may be gone by now.
func (f *folders) remove(uri string) *folder {
	gone, err := newFolder(uri, "")
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.list, func(o *folder) bool { return o.uri == uri || err == nil && o.dir == gone.dir })
	if at < 0 {
		return nil
	}
	removed := f.list[at]
	f.list = slices.Delete(f.list, at, at+1)
	return removed
}

// all returns the open folders in the order they were added.
func (f *folders) all() []*folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// opened remembers how the client spells an open document; closed forgets it.
func (f *folders) opened(path, uri string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = map[string]string{}
	}
	f.open[path] = uri
}

func (f *folders) closed(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, path)
}

// uri returns the URI of a canonical path in the spelling of the client.
func (f *folders) uri(path string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if uri, ok := f.open[path]; ok {
		return uri
	}
	for _, folder := range f.list {
		if rest, inside := folder.rest(path); inside && folder.given != folder.dir {
			return workspace.PathToURI(folder.given + rest)
		}
	}
	return workspace.PathToURI(path)
}

// hold reports whether a canonical path lies in an open folder.
func (f *folders) hold(path string) bool {
	return slices.ContainsFunc(f.all(), func(o *folder) bool {
		_, inside := o.rest(path)
		return inside
	})
}

// rest returns what follows the folder in a canonical path, with the separator, and whether the path lies in it.
func (f *folder) rest(path string) (rest string, inside bool) {
	rest, inside = strings.CutPrefix(path, f.dir)
	return rest, inside && (rest == "" || rest[0] == filepath.Separator)
}

// absolute joins a root and a path relative to it that uses forward slashes.
func absolute(root, path string) string {
	return filepath.Join(root, filepath.FromSlash(path))
}

// openFolder opens a folder of the client. What is no directory of this machine is left out, with a message.
func (s *session) openFolder(uri, name string) {
	f, err := newFolder(uri, name)
	if err != nil {
		s.log.Warn("folder not opened", "uri", uri, "error", err)
		return
	}
	if !s.folders.add(f) {
		return
	}
	if err := s.engine.AddFolder(s.ctx, f.dir); err != nil && s.ctx.Err() == nil {
		s.folders.remove(uri)
		s.log.Error("folder not opened", "path", f.dir, "error", err)
		s.show(protocol.MessageTypeError, "%s cannot be searched: %v", f.name, err)
	}
}

// closeFolder closes a folder of the client.
func (s *session) closeFolder(uri string) {
	f := s.folders.remove(uri)
	if f == nil {
		return
	}
	if err := s.engine.RemoveFolder(f.dir); err != nil {
		s.log.Error("folder not closed", "path", f.dir, "error", err)
	}
}

// didChangeWorkspaceFolders opens and closes folders after what was queued before and before later requests.
func didChangeWorkspaceFolders(_ context.Context, s *session, p *protocol.DidChangeWorkspaceFoldersParams) error {
	event := p.Event
	s.queue(func() {
		for _, f := range event.Removed {
			s.closeFolder(f.URI.String())
		}
		for _, f := range event.Added {
			s.openFolder(f.URI.String(), f.Name)
		}
		s.refreshSettings()
	})
	return nil
}
