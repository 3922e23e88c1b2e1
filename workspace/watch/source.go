package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// notifyIsCheap is false where fsnotify uses kqueue, which takes an open
// descriptor for every file of a watched directory.
const notifyIsCheap = runtime.GOOS == "linux" || runtime.GOOS == "windows" || runtime.GOOS == "illumos" || runtime.GOOS == "solaris"

// A source delivers the operating system's events for single directories.
// Adding a directory again begins a new watch, so that events between are lost.
type source interface {
	Add(dir string) error
	Remove(dir string) error
	Events() <-chan fsnotify.Event
	Errors() <-chan error
	Close() error
}

type notifySource struct {
	watcher *fsnotify.Watcher
	errors  chan error
}

func newNotifySource() (source, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("start notifications: %w", err)
	}
	s := notifySource{watcher: w, errors: make(chan error, 16)}
	go s.forwardErrors()
	return s, nil
}

// forwardErrors takes errors at once, even while the loop is in Add or
// Remove: fsnotify can hold the lock those need while it sends an error. When
// too many wait, the oldest give way; an overflow among them is kept.
func (s notifySource) forwardErrors() {
	defer close(s.errors)
	for err := range s.watcher.Errors {
		for sent := false; !sent; {
			select {
			case s.errors <- err:
				sent = true
			default:
				select {
				case old := <-s.errors:
					if errors.Is(old, fsnotify.ErrEventOverflow) {
						err = old
					}
				default: // the loop took one
				}
			}
		}
	}
}

// Add begins anew: to renew a watch in place would confuse fsnotify when
// another directory has taken the path, and the kernel knows that one already
// under its old path.
func (s notifySource) Add(dir string) error {
	_ = s.watcher.Remove(dir) // fails when there is no watch, or none any more
	return s.watcher.Add(dir)
}

func (s notifySource) Remove(dir string) error       { return s.watcher.Remove(dir) }
func (s notifySource) Events() <-chan fsnotify.Event { return s.watcher.Events }
func (s notifySource) Errors() <-chan error          { return s.errors }
func (s notifySource) Close() error                  { return s.watcher.Close() }

// isGone reports whether a watch failed because its directory is not there any more.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
