package mcp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/server/engine"
	"lsp/workspace"
)

//lint:file-ignore SA1019 roots are deprecated and in use

// Revision 2026-07-28 of the protocol deprecates the roots of clients in favour of configuration, which --root is, but
// the clients in use offer them. Since that revision a server sends no requests: the question for the roots is the
// first answer to a tool call, and the client repeats the call with the roots.
const requestlessRevision = "2026-07-28"

// rootsTimeout is how long a client may take to list its roots. Some promise to and never answer.
const rootsTimeout = 5 * time.Second

// rootsInput names the question for the roots within a tool call.
const rootsInput = "roots"

// Where the folders come from.
const (
	fromFlags     = "command line"
	fromClient    = "client"
	fromDirectory = "working directory"
)

// folder is a folder that is searched.
type folder struct {
	path       string // canonical
	repository string // canonical root of its index; paths of results are relative to it
}

// roots are the folders that are searched. turn guards everything below it.
type roots struct {
	engine    Engine
	fixed     []string
	directory string
	timeout   time.Duration

	turn     chan struct{} // holds a token while nobody looks at the folders
	asked    bool          // the folders are up to date
	source   string
	folders  []folder
	problems []error // folders that are wanted and cannot be opened
}

func (r *roots) init(e Engine, o *Options) {
	r.engine, r.fixed, r.directory, r.timeout = e, o.Roots, o.Directory, o.rootsTimeout
	if r.timeout == 0 {
		r.timeout = rootsTimeout
	}
	r.turn = make(chan struct{}, 1)
	r.turn <- struct{}{}
}

// enter waits for the turn; leave must be called unless it fails.
func (r *roots) enter(ctx context.Context) error {
	select {
	case <-r.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *roots) leave() { r.turn <- struct{}{} }

// openFixed opens the folders of the command line. All of them must exist.
func (r *roots) openFixed(ctx context.Context) error {
	if len(r.fixed) == 0 {
		return nil
	}
	r.apply(ctx, fromFlags, r.fixed, nil)
	return errors.Join(r.problems...)
}

// apply opens the wanted folders that are not open and closes the others. New ones come first, so that an index that
// both need stays open.
func (r *roots) apply(ctx context.Context, source string, dirs []string, problems []error) {
	var wanted []folder
	for _, dir := range dirs {
		f, err := r.open(ctx, dir)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if !slices.Contains(wanted, f) {
			wanted = append(wanted, f)
		}
	}
	for _, f := range r.folders {
		if slices.Contains(wanted, f) {
			continue
		}
		if err := r.engine.RemoveFolder(f.path); err != nil {
			problems = append(problems, err)
		}
	}
	r.source, r.folders, r.problems, r.asked = source, wanted, problems, true
}

// open opens a folder unless it is open.
func (r *roots) open(ctx context.Context, dir string) (folder, error) {
	path, err := workspace.Canonical(dir)
	if err != nil {
		return folder{}, fmt.Errorf("open folder: %w", err)
	}
	if i := slices.IndexFunc(r.folders, func(f folder) bool { return f.path == path }); i >= 0 {
		return r.folders[i], nil
	}
	if err := r.engine.AddFolder(ctx, path); err != nil {
		return folder{}, err
	}
	return folder{path, repositoryOf(path, r.engine.Status().Roots)}, nil
}

// repositoryOf returns the innermost root that holds a folder.
func repositoryOf(path string, roots []engine.RootStatus) string {
	repository := ""
	for _, r := range roots {
		if _, ok := relative(r.Path, path); ok && len(r.Path) > len(repository) {
			repository = r.Path
		}
	}
	return repository
}

// useDirectory opens the working directory, for clients that do not say what to work on. Programs that start agents
// from a desktop often leave them in / or in the home folder: nobody means all of that.
func (r *roots) useDirectory(ctx context.Context, problems []error) {
	if r.directory == "" {
		r.apply(ctx, fromDirectory, nil, problems)
		return
	}
	path, err := workspace.Canonical(r.directory)
	if err == nil && tooWide(path) {
		problems = append(problems, fmt.Errorf("the working directory %s is not searched because it holds everything", path))
		r.apply(ctx, fromDirectory, nil, problems)
		return
	}
	r.apply(ctx, fromDirectory, []string{r.directory}, problems)
}

// tooWide reports whether a folder is a whole disk or the home of the user, or around it.
func tooWide(path string) bool {
	if filepath.Dir(path) == path {
		return true
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return false
	}
	if home, err = workspace.Canonical(home); err != nil {
		return false
	}
	_, inside := relative(path, home)
	return inside
}

// followRoots brings the folders in line with the client in the background, so that indexing begins before the
// first call.
func (s *server) followRoots(session *sdk.ServerSession) {
	s.work.Go(func() {
		if s.roots.enter(s.ctx) != nil {
			return
		}
		defer s.roots.leave()
		s.roots.asked = s.roots.source == fromFlags
		s.askRoots(s.ctx, session)
	})
}

// syncRoots sees to it that the folders are those of the client before a call is served. When the client must be
// asked by way of the answer, that answer is returned.
func (s *server) syncRoots(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	r := &s.roots
	if err := r.enter(ctx); err != nil {
		return nil, err
	}
	defer r.leave()
	if r.source != fromFlags && offersRoots(req.Session) && requestless(req.Session) {
		listed, ok := req.Params.InputResponses[rootsInput].(*sdk.ListRootsResult)
		if !ok {
			return &sdk.CallToolResult{InputRequests: sdk.InputRequestMap{rootsInput: &sdk.ListRootsParams{}}}, nil
		}
		s.useClient(listed)
	}
	s.askRoots(ctx, req.Session)
	if len(r.folders) == 0 {
		return nil, errNoFolder(r.problems)
	}
	return nil, nil
}

// askRoots opens what the client lists, unless that is known. A client that cannot list anything gets the working
// directory.
func (s *server) askRoots(ctx context.Context, session *sdk.ServerSession) {
	r := &s.roots
	switch {
	case r.asked:
	case !offersRoots(session) || requestless(session):
		r.useDirectory(s.ctx, nil)
	default:
		limited, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		listed, err := session.ListRoots(limited, nil)
		switch {
		case err == nil:
			s.useClient(listed)
		case ctx.Err() != nil: // the next call asks again
		default:
			s.log.Warn("the client does not list its roots", "error", err)
			r.useDirectory(s.ctx, []error{fmt.Errorf("the client does not list its roots: %w", err)})
		}
	}
}

// useClient opens the folders that the client lists, or the working directory when it lists none.
func (s *server) useClient(listed *sdk.ListRootsResult) {
	var dirs []string
	var problems []error
	for _, root := range listed.Roots {
		dir, err := workspace.URIToPath(root.URI)
		if err != nil {
			problems = append(problems, fmt.Errorf("open root %q: %w", root.URI, err))
			continue
		}
		dirs = append(dirs, dir)
	}
	if len(listed.Roots) == 0 {
		s.roots.useDirectory(s.ctx, nil)
		return
	}
	s.roots.apply(s.ctx, fromClient, dirs, problems)
}

func offersRoots(session *sdk.ServerSession) bool {
	p := session.InitializeParams()
	return p != nil && p.Capabilities != nil && p.Capabilities.RootsV2 != nil
}

func requestless(session *sdk.ServerSession) bool {
	p := session.InitializeParams()
	return p != nil && p.ProtocolVersion >= requestlessRevision
}

// view is the folders at one time.
type view struct {
	source   string
	folders  []folder
	problems []error
}

// view returns the folders as they are now.
func (r *roots) view(ctx context.Context) (view, error) {
	if err := r.enter(ctx); err != nil {
		return view{}, err
	}
	defer r.leave()
	return view{r.source, slices.Clone(r.folders), slices.Clone(r.problems)}, nil
}

// repositories are the roots that paths of results are relative to, each once.
func (v view) repositories() []string {
	var all []string
	for _, f := range v.folders {
		if !slices.Contains(all, f.repository) {
			all = append(all, f.repository)
		}
	}
	return all
}

// find turns a path of an agent into a file within a folder. A path is absolute, or relative to the root of a
// repository, as in results, or to a folder. Links are followed first, so what lies outside cannot be named.
func (v view) find(path string) (f folder, rel string, err error) {
	if path == "" {
		return folder{}, "", errNoPath
	}
	local := filepath.FromSlash(path)
	candidates := []string{local}
	if !filepath.IsAbs(local) {
		candidates = nil
		for _, base := range append(v.repositories(), v.paths()...) {
			candidates = append(candidates, filepath.Join(base, local))
		}
	}
	missing := false
	for _, candidate := range candidates {
		real, err := workspace.Canonical(candidate)
		if err != nil {
			_, _, within := v.holder(filepath.Clean(candidate))
			missing = missing || within
			continue
		}
		if f, rel, ok := v.holder(real); ok {
			if _, err := os.Lstat(real); err == nil {
				return f, rel, nil
			}
			missing = true
		}
	}
	if missing {
		return folder{}, "", errMissing(path)
	}
	return folder{}, "", errOutside(path, v.paths())
}

// holder returns the innermost folder that holds a canonical path.
func (v view) holder(path string) (found folder, rel string, ok bool) {
	for _, f := range v.folders {
		if in, within := relative(f.path, path); within && len(f.path) > len(found.path) {
			found, rel, ok = f, in, true
		}
	}
	return found, rel, ok
}

func (v view) paths() []string {
	all := make([]string, len(v.folders))
	for i, f := range v.folders {
		all[i] = f.path
	}
	return all
}

// relative returns path relative to dir when it lies in it.
func relative(dir, path string) (string, bool) {
	rel, err := filepath.Rel(dir, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return rel, true
}
