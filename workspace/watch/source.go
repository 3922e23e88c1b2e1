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

type notifySource struct{ watcher *fsnotify.Watcher }

func newNotifySource() (source, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("start notifications: %w", err)
	}
	return notifySource{w}, nil
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
func (s notifySource) Errors() <-chan error          { return s.watcher.Errors }
func (s notifySource) Close() error                  { return s.watcher.Close() }

// isGone reports whether a watch failed because its directory is not there any more.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
