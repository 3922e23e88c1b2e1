package workspace

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"
)

// Names of the files that hold rules.
const (
	gitIgnoreName      = ".gitignore"
	semanticIgnoreName = ".semanticignore"
	gitModulesName     = ".gitmodules"
	gitName            = ".git"
)

// Rules decide which files under a root are indexed. See the package comment
// for the policies and their precedence. Rules are safe for concurrent use;
// what they read of directories is cached until Reload.
type Rules struct {
	root Root

	mu    sync.Mutex
	opts  RuleOptions // guarded by mu
	state *ruleState  // guarded by mu; replaced as a whole by Reload
}

// ruleState is everything read from ignore files and configuration since the last Reload.
type ruleState struct {
	root     Root
	fold     bool
	nested   bool        // all work trees inside the root belong to it
	maxSize  int64       // size in bytes above which files are Huge
	extra    *ignoreList // of RuleOptions
	excludes *ignoreList // core.excludesFile
	external []string    // files outside the work tree that hold rules

	mu     sync.Mutex
	frames map[string]*ruleFrame // guarded by mu; by relative directory, "" is the root
}

// A ruleFrame holds what applies to the entries of one directory.
type ruleFrame struct {
	dir      string // relative to the root, "" or ending in a slash
	reason   Reason // why the directory, and so all of it, is skipped
	git      *ruleChain
	semantic *ruleChain
	repo     *repository
}

// A ruleChain links ignore files from the deepest directory upwards.
type ruleChain struct {
	list *ignoreList
	base int // length of the prefix of relative paths to take off
	up   *ruleChain
}

// A repository is a work tree within the root: the root's own, or a submodule.
type repository struct {
	submodules map[string]struct{} // directories relative to the root, without final slash
}

// RuleOptions are rules that no file with rules holds. Their patterns have the syntax of
// .gitignore, are relative to the root, and are weaker than .semanticignore.
type RuleOptions struct {
	Exclude []string // files to leave out
	// Include names files to index although git ignores them or their name
	// tells against them. A file in a directory that is left out stays out
	// unless the directory is included too.
	Include []string
	Nested  bool  // work trees inside the root that are not its submodules belong to it too
	MaxSize int64 // size in bytes above which files are Huge; 0 means DefaultMaxSize
}

// list compiles the patterns, those that exclude after those that include.
func (o RuleOptions) list(fold bool) *ignoreList {
	var text strings.Builder
	for _, pattern := range o.Include {
		text.WriteString("!" + strings.TrimPrefix(pattern, "!") + "\n")
	}
	for _, pattern := range o.Exclude {
		text.WriteString(pattern + "\n")
	}
	return parseIgnore(text.String(), fold)
}

// LoadRules reads git's configuration and the ignore files at the top of a
// root; those of its directories are read when first needed. Outside git,
// .gitignore files and the user's excludes apply all the same. Unreadable and
// missing files count as empty.
func LoadRules(root Root, opts RuleOptions) *Rules {
	r := &Rules{root: root, opts: opts}
	r.Reload()
	return r
}

// Configure replaces the options and reloads.
func (r *Rules) Configure(opts RuleOptions) {
	r.mu.Lock()
	r.opts = opts
	r.mu.Unlock()
	r.Reload()
}

// Reload forgets all that was read, so that changed ignore files take effect.
// Walks under way keep the rules they began with.
func (r *Rules) Reload() {
	r.mu.Lock()
	opts := r.opts
	r.mu.Unlock()
	settings := readGitSettings(r.root)
	s := &ruleState{
		root: r.root, fold: settings.ignoreCase, nested: opts.Nested, maxSize: cmp.Or(opts.MaxSize, DefaultMaxSize),
		extra: opts.list(settings.ignoreCase), frames: map[string]*ruleFrame{},
	}
	if settings.excludesFile != "" {
		s.external = append(s.external, settings.excludesFile)
		s.excludes = s.readList(settings.excludesFile)
	}
	if r.root.CommonDir != "" {
		s.external = append(s.external, filepath.Join(r.root.CommonDir, "info", "exclude"))
	}
	r.mu.Lock()
	r.state = s
	r.mu.Unlock()
}

func (r *Rules) current() *ruleState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Root returns the root the rules belong to.
func (r *Rules) Root() Root { return r.root }

// MaxSize returns the size in bytes above which a file is Huge.
func (r *Rules) MaxSize() int64 { return r.current().maxSize }

// ExternalFiles returns the files outside the work tree whose change calls
// for a Reload: the user's excludes and the repository's info/exclude.
// They need not exist.
func (r *Rules) ExternalFiles() []string { return r.current().external }

// IsIgnoreFile reports whether a change of the file rel (relative to the
// root, forward slashes) calls for a Reload.
func (r *Rules) IsIgnoreFile(rel string) bool {
	switch path.Base(rel) {
	case gitIgnoreName, semanticIgnoreName, gitModulesName, gitName:
		return true
	}
	return false
}

// Match returns why a path relative to the root (forward slashes, clean) is
// skipped, judged by its name and those of its parents; ok reports whether it
// is. It reads the ignore files and the types of the parent directories, and
// for a directory its own, but never the file itself. A path outside the
// root is NotRegular; the root itself is never skipped.
func (r *Rules) Match(rel string, isDir bool) (skip Reason, ok bool) {
	if rel == "." || rel == "" {
		return NotSkipped, false
	}
	if !utf8.ValidString(rel) {
		return Unnameable, true
	}
	if !fs.ValidPath(rel) {
		return NotRegular, true
	}
	s := r.current()
	if isDir {
		reason := s.frame(rel).reason
		return reason, reason != NotSkipped
	}
	dir, name := path.Split(rel)
	reason := s.frame(strings.TrimSuffix(dir, "/")).judge(rel, name, false)
	return reason, reason != NotSkipped
}

// Check looks at one file as Walk does and returns its entry, or why it is
// skipped. The error says that the file does not exist or is a directory.
func (r *Rules) Check(rel string) (Entry, Reason, error) {
	if reason, skip := r.Match(rel, false); skip {
		return Entry{}, reason, nil
	}
	abs := filepath.Join(r.root.Path, filepath.FromSlash(rel))
	info, err := os.Lstat(abs)
	switch {
	case err != nil && isAbsent(err):
		return Entry{}, NotSkipped, fmt.Errorf("check file: %w", err)
	case err != nil:
		return Entry{}, Unreadable, nil
	case info.IsDir():
		return Entry{}, NotSkipped, fmt.Errorf("check file %q: is a directory", abs)
	}
	if reason := reasonOfType(info.Mode().Type()); reason != NotSkipped {
		return Entry{}, reason, nil
	}
	entry := newEntry(abs, rel, info)
	if entry.Size > r.MaxSize() {
		return entry, Huge, nil
	}
	return entry, NotSkipped, nil
}

func reasonOfType(mode fs.FileMode) Reason {
	switch {
	case mode&fs.ModeSymlink != 0:
		return Symlink
	case mode&^fs.ModeDir != 0:
		return NotRegular
	}
	return NotSkipped
}

// frame returns the cached frame of a directory ("" is the root), building
// those of its parents first. It does not hold the lock while it reads.
func (s *ruleState) frame(rel string) *ruleFrame {
	s.mu.Lock()
	f := s.frames[rel]
	s.mu.Unlock()
	if f != nil {
		return f
	}
	if rel == "" {
		f = s.enter(nil, "", s.probe(""))
	} else {
		dir, name := path.Split(rel)
		parent := s.frame(strings.TrimSuffix(dir, "/"))
		if reason := s.judgeDir(parent, rel, name); reason != NotSkipped {
			f = &ruleFrame{dir: rel + "/", reason: reason}
		} else {
			f = s.enter(parent, rel, s.probe(rel))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.frames[rel]; first != nil {
		return first
	}
	s.frames[rel] = f
	return f
}

func (s *ruleState) judgeDir(parent *ruleFrame, rel, name string) Reason {
	if reason := parent.judge(rel, name, true); reason != NotSkipped {
		return reason
	}
	info, err := os.Lstat(s.abs(rel))
	if err != nil {
		return NotSkipped // a directory that is gone has no type to object to
	}
	return reasonOfType(info.Mode().Type())
}

// ruleFiles says which files that hold rules a directory has.
type ruleFiles struct{ git, gitIgnore, semanticIgnore, gitModules bool }

// note records a directory entry; links in place of ignore files are not
// followed, as in git.
func (p *ruleFiles) note(name string, mode fs.FileMode) {
	switch name {
	case gitName:
		p.git = mode&fs.ModeSymlink == 0
	case gitIgnoreName:
		p.gitIgnore = mode.IsRegular()
	case semanticIgnoreName:
		p.semanticIgnore = mode.IsRegular()
	case gitModulesName:
		p.gitModules = mode.IsRegular()
	}
}

func (s *ruleState) probe(rel string) ruleFiles {
	var p ruleFiles
	for _, name := range [...]string{gitName, gitIgnoreName, semanticIgnoreName, gitModulesName} {
		if info, err := os.Lstat(filepath.Join(s.abs(rel), name)); err == nil {
			p.note(name, info.Mode().Type())
		}
	}
	return p
}

// enter builds the frame of a directory that its parent does not skip.
func (s *ruleState) enter(parent *ruleFrame, rel string, files ruleFiles) *ruleFrame {
	if parent != nil && files == (ruleFiles{}) {
		f := *parent
		f.dir = rel + "/"
		return &f
	}
	f := &ruleFrame{}
	if rel != "" {
		f.dir = rel + "/"
	}
	if parent != nil {
		f.git, f.semantic, f.repo = parent.git, parent.semantic, parent.repo
	}
	switch {
	case parent == nil:
		f.repo = &repository{}
		f.git = s.repositoryChain(0, s.root.CommonDir)
		f.semantic = f.semantic.push(s.extra, 0)
	case files.git && !s.nested && !has(parent.repo.submodules, rel):
		f.reason = NestedRepository
		return f
	case files.git:
		f.repo = &repository{}
		commonDir := ""
		if gitDir, ok := gitDirOf(s.abs(rel)); ok {
			commonDir = commonDirOf(gitDir)
		}
		f.git = s.repositoryChain(len(f.dir), commonDir)
	}
	if files.gitModules {
		f.repo = &repository{submodules: readSubmodules(s.abs(rel), f.dir, f.repo.submodules)}
	}
	if files.gitIgnore {
		f.git = f.git.push(s.readList(filepath.Join(s.abs(rel), gitIgnoreName)), len(f.dir))
	}
	if files.semanticIgnore {
		f.semantic = f.semantic.push(s.readList(filepath.Join(s.abs(rel), semanticIgnoreName)), len(f.dir))
	}
	return f
}

// repositoryChain begins the chain of a work tree with the user's excludes
// and the repository's own.
func (s *ruleState) repositoryChain(base int, commonDir string) *ruleChain {
	var c *ruleChain
	c = c.push(s.excludes, base)
	if commonDir != "" {
		c = c.push(s.readList(filepath.Join(commonDir, "info", "exclude")), base)
	}
	return c
}

func (c *ruleChain) push(list *ignoreList, base int) *ruleChain {
	if list == nil {
		return c
	}
	return &ruleChain{list: list, base: base, up: c}
}

func (c *ruleChain) match(rel, name string, isDir bool) verdict {
	for ; c != nil; c = c.up {
		if v := c.list.match(rel[c.base:], name, isDir); v != noVerdict {
			return v
		}
	}
	return noVerdict
}

// judge decides on an entry of the frame's directory by its name.
func (f *ruleFrame) judge(rel, name string, isDir bool) Reason {
	if f.reason != NotSkipped {
		return f.reason
	}
	if !utf8.ValidString(name) {
		return Unnameable
	}
	if has(versionControl, name) {
		return VersionControl
	}
	ext := ""
	if !isDir {
		ext = extensionOf(name)
		if isSecretName(name, ext) {
			return Secret
		}
	}
	switch f.semantic.match(rel, name, isDir) {
	case excluded:
		return Ignored
	case included:
		return NotSkipped
	}
	if f.git.match(rel, name, isDir) == excluded {
		return Ignored
	}
	switch {
	case isDir && has(vendored, name):
		return Vendored
	case !isDir && isDataName(name, ext):
		return Data
	case !isDir && isMinifiedName(name, ext):
		return Minified
	}
	return NotSkipped
}

func (s *ruleState) abs(rel string) string {
	return filepath.Join(s.root.Path, filepath.FromSlash(rel))
}

func (s *ruleState) readList(file string) *ignoreList {
	text, err := readSmallFile(file)
	if err != nil {
		return nil
	}
	return parseIgnore(text, s.fold)
}

// readSubmodules returns the submodules that abs/.gitmodules lists, relative
// to the root, together with those known before.
func readSubmodules(abs, prefix string, known map[string]struct{}) map[string]struct{} {
	submodules := make(map[string]struct{}, len(known))
	for name := range known {
		submodules[name] = struct{}{}
	}
	text, err := readSmallFile(filepath.Join(abs, gitModulesName))
	if err != nil {
		return submodules
	}
	parseConfig(text, func(key, value string) {
		if strings.HasPrefix(key, "submodule.") && strings.HasSuffix(key, ".path") {
			submodules[prefix+path.Clean(value)] = struct{}{}
		}
	})
	return submodules
}
