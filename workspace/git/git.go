// Package git asks the git program which files of a work tree differ from a revision, and which revisions there are to
// name.
//
// The program is run as a person would run it in that folder, without a shell and for a bounded time. It is kept from
// connections, from locks, from paging and from the programs that a repository can name in its configuration for
// watching files, filtering what they hold and showing differences. What a revision is called comes after a check that no option can pass.
//
// Answers are kept for as long as nothing that they depend on has changed: the last commit, the index, the revision, and
// the state of the files, of which the caller keeps count.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"lsp/workspace"
)

// Errors that tell what a caller can do about them.
var (
	ErrNoRevision    = errors.New("no revision of this name")                // in the repository
	ErrNoProgram     = errors.New("the git program is needed, and not here") // in the folders that are searched for programs
	ErrNotRepository = errors.New("not in a git repository")
)

// timeout bounds one question, which may run the program several times.
const timeout = 10 * time.Second

var errTimeout = fmt.Errorf("no answer within %v", timeout)

// maxOutput bounds what is read of one run of the program.
const maxOutput = 256 << 20

// Repository is the work tree of a git repository. It is safe for concurrent use.
type Repository struct {
	root workspace.Root
	busy chan struct{} // holds a value while the program runs; it guards what follows
	kept []kept        // the answer used last comes last
}

// Open returns the repository of a root. Outside of git every question fails with ErrNotRepository.
func Open(root workspace.Root) *Repository {
	return &Repository{root: root, busy: make(chan struct{}, 1)}
}

// CheckRevision reports why a text cannot be the name of a revision, nil when it can.
func CheckRevision(name string) error {
	switch {
	case name == "":
		return errors.New("the name of a revision is empty")
	case strings.HasPrefix(name, "-"):
		return fmt.Errorf("no revision begins with a minus: %q", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("no revision has a control character: %q", name)
	}
	return nil
}

// failure is a run of the program that ended with an exit status other than 0.
type failure struct {
	command string
	status  int
	message string
}

func (f *failure) Error() string { return fmt.Sprintf("git %s: %s", f.command, f.message) }

// run runs the program in the root and returns what it writes. The arguments are a command with what follows it, after
// settings ("-c", "name=value") of this run if any.
func (r *Repository) run(ctx context.Context, args ...string) ([]byte, error) {
	if !r.root.IsGit() {
		return nil, fmt.Errorf("%s: %w", r.root.Path, ErrNotRepository)
	}
	settings := []string{"--no-pager", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false"}
	cmd := exec.CommandContext(ctx, "git", append(settings, args...)...)
	for len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	cmd.Dir, cmd.Env, cmd.WaitDelay = r.root.Path, environment(os.Environ()), time.Second
	var out, problems limited
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git %s in %s: %w", args[0], r.root.Path, context.Cause(ctx))
	case errors.Is(err, exec.ErrNotFound):
		return nil, ErrNoProgram
	case out.over:
		return nil, fmt.Errorf("git %s in %s: more than %d bytes", args[0], r.root.Path, maxOutput)
	case errors.As(err, &exit):
		message, _, _ := strings.Cut(strings.TrimSpace(problems.String()), "\n")
		return nil, &failure{args[0], exit.ExitCode(), message}
	case err != nil:
		return nil, fmt.Errorf("git %s in %s: %w", args[0], r.root.Path, err)
	}
	return out.Bytes(), nil
}

// limited is a buffer that takes no more than maxOutput.
type limited struct {
	bytes.Buffer
	over bool
}

// Write fails when there is too much, which ends the program.
func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxOutput {
		l.over = true
		return 0, errors.New("too much output")
	}
	return l.Buffer.Write(p)
}

// environment returns the variables for the program: none that say where a repository lies, as hooks of git set them,
// and those that keep it from the network, from asking, and from speaking other languages.
func environment(inherited []string) []string {
	var env []string
	for _, v := range inherited {
		name, _, _ := strings.Cut(v, "=")
		name = strings.ToUpper(name)
		if strings.HasPrefix(name, "GIT_") && !strings.HasPrefix(name, "GIT_CONFIG_") && name != "GIT_EXEC_PATH" || name == "LC_ALL" {
			continue
		}
		env = append(env, v)
	}
	return append(env, "LC_ALL=C", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0")
}

// commit returns the name of the commit that a revision means, as a hash.
func (r *Repository) commit(ctx context.Context, revision string) (string, error) {
	out, err := r.run(ctx, "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	var failed *failure
	if errors.As(err, &failed) {
		if _, outside := r.run(ctx, "rev-parse", "--git-dir"); outside != nil {
			return "", outside // it is the repository that cannot be read
		}
		return "", fmt.Errorf("%q: %w", revision, ErrNoRevision)
	}
	hash := string(bytes.TrimSpace(out))
	if strings.HasPrefix(hash, "^") {
		return "", fmt.Errorf("%q: %w", revision, ErrNoRevision) // all but a revision
	}
	return hash, err
}

// Revisions returns the branches, tags and remote branches of the repository, those with the latest commits first, at most
// limit of them.
func (r *Repository) Revisions(ctx context.Context, limit int) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	out, err := r.run(ctx, "for-each-ref", "--sort=-creatordate", fmt.Sprintf("--count=%d", limit), "--format=%(refname:short)",
		"refs/heads", "refs/tags", "refs/remotes")
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(out)), nil // names of references hold no white space
}
