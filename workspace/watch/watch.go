package watch

import (
	"errors"
	"time"

	"lsp/workspace"
)

// Kind is a way of learning of changes.
type Kind uint8

// The kinds. Auto chooses Notify where the system watches directories and
// Polling where it would need a descriptor for each file.
const (
	Auto    Kind = iota
	Notify       // the operating system reports changes
	Polling      // the tree is compared with its last known state
	Mixed        // Notify where watches could be had, Polling for the rest; only in Mode
)

// String returns a lower-case name.
func (k Kind) String() string {
	switch k {
	case Notify:
		return "notify"
	case Polling:
		return "polling"
	case Mixed:
		return "mixed"
	}
	return "auto"
}

// Reason says why a batch was sent. Of several reasons the greatest counts.
type Reason uint8

// The reasons.
const (
	Changes      Reason = iota // files changed
	Poked                      // Poke asked for it
	Reconcile                  // the slow regular comparison is due
	Woke                       // the machine slept or the process was stopped
	Moved                      // a watched directory was moved, and with it perhaps unseen changes
	RulesChanged               // an ignore file changed
	LostWatches                // watches ran out, so the rest is polled from now on
	RootReturned               // a root that had vanished is there again
	HeadChanged                // another commit or branch was checked out
	Overflow                   // the system dropped events
)

var reasonNames = [...]string{"changes", "poked", "reconcile", "woke", "moved", "rules changed", "lost watches", "root returned", "head changed", "overflow"}

// String returns a lower-case name.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// A Batch tells what changed under one root. Paths are absolute, sorted, and
// each is in one list only, except that a path can be both deleted (as a
// directory) and created (as a file). Apply Deleted first.
type Batch struct {
	Root    string
	Created []string // files that are new or were put in the place of others
	Changed []string // files whose content may have changed
	// Deleted holds files, and directories with all that was in them. A path
	// can be one that was never reported before.
	Deleted []string
	// Rescan asks to compare the whole root with what is known; the lists are
	// then only a part of the truth. Where files are polled, compare before the
	// callback returns, or a file that comes and goes meanwhile can stay known
	// until the next rescan.
	Rescan bool
	Reason Reason
}

// Mode tells how changes are learnt.
type Mode struct {
	Kind      Kind   // Notify, Polling or Mixed
	Watched   int    // directories with a watch
	Unwatched int    // directories that are polled for want of a watch
	Detail    string // why not everything is watched, "" if it is
}

// A Watcher reports changes under its roots to the callback it was made
// with. Its methods are safe for concurrent use, also from the callback,
// except that Close must not be called from there.
type Watcher interface {
	// Add starts watching a root. Everything that changes after Add returned
	// is reported. The rules are reloaded when an ignore file changes. It
	// fails when the root cannot be walked, is watched already or the watcher
	// is closed.
	Add(root workspace.Root, rules *workspace.Rules) error
	// Remove stops watching a root; no batch of it is begun afterwards.
	Remove(root workspace.Root) error
	// Poke asks for an immediate scan: each root gets a batch, also when
	// nothing changed. Poke does not wait for it.
	Poke()
	// Mode tells how changes are learnt at the moment.
	Mode() Mode
	// Close stops watching and returns when the last callback has. Closing
	// again does nothing.
	Close() error
}

// Errors of a Watcher, to be tested with errors.Is.
var (
	ErrClosed     = errors.New("watcher is closed")
	ErrWatched    = errors.New("root is already watched")
	ErrNotWatched = errors.New("root is not watched")
)

// Options configure a Watcher. Zero values mean the defaults given.
type Options struct {
	Kind      Kind          // Auto
	Quiet     time.Duration // 50 ms without an event end a batch
	MaxDelay  time.Duration // 150 ms after its first event a batch ends anyway
	Reconcile time.Duration // 10 min, ± a tenth
	PollMin   time.Duration // 1 s, the least interval between scans
	PollMax   time.Duration // 30 s, the greatest
	Clock     Clock         // SystemClock
	// OnError receives what went wrong without being anyone's answer. It is
	// called from the watcher's loop and must return quickly. Nil drops it.
	OnError func(error)
}

func (o Options) withDefaults() Options {
	orDefault(&o.Quiet, 50*time.Millisecond)
	orDefault(&o.MaxDelay, 150*time.Millisecond)
	orDefault(&o.Reconcile, 10*time.Minute)
	orDefault(&o.PollMin, time.Second)
	orDefault(&o.PollMax, 30*time.Second)
	if o.Clock == nil {
		o.Clock = SystemClock()
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// New returns a watcher without roots that calls report for each batch, one
// at a time, from a goroutine of its own. When the operating system refuses
// notifications altogether the watcher polls, and Mode says why.
func New(opts Options, report func(Batch)) Watcher {
	opts = opts.withDefaults()
	if opts.Kind == Polling || opts.Kind == Auto && !notifyIsCheap {
		return start(opts, nil, "", report)
	}
	src, err := newNotifySource()
	if err != nil {
		return start(opts, nil, "notifications are not available: "+err.Error(), report)
	}
	return start(opts, src, "", report)
}
