package workspace

// Action is what happened to a path.
type Action uint8

// The actions. A rename is a Delete of the old path and a Create of the new one.
const (
	ActionOpen          Action = iota + 1 // an editor opened a document: Text, Version, LanguageID
	ActionChange                          // an editor changed it: Changes, Version
	ActionSave                            // an editor saved it: Changes, if the saved text was sent
	ActionClose                           // an editor closed it: the disk counts again
	ActionCreate                          // a file appeared on disk
	ActionWrite                           // a file changed on disk
	ActionDelete                          // a file or a directory with all it holds vanished from disk
	ActionFolderAdded                     // a workspace folder was opened
	ActionFolderRemoved                   // a workspace folder was closed
)

var actionNames = [...]string{"", "open", "change", "save", "close", "create", "write", "delete", "add folder", "remove folder"}

// String returns a lower-case verb.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown"
}

// Cause says where a modification was learnt from.
type Cause uint8

// The causes.
const (
	CauseEditor        Cause = iota + 1 // document synchronisation and folder requests
	CauseWatcherOwn                     // the program's own file watcher
	CauseWatcherClient                  // file events the editor sent
	CauseReconcile                      // a comparison with the disk
	CauseHead                           // a checkout of another commit
)

var causeNames = [...]string{"", "editor", "own watcher", "client watcher", "reconcile", "head"}

// String returns a lower-case name.
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return "unknown"
}

// A Modification is one thing that happened to one path. It is the only way
// to change a Workspace.
type Modification struct {
	// Path is as Canonical returns it or, for a document that is not a file,
	// its URI (untitled:…).
	Path       string
	Action     Action
	Cause      Cause
	Version    int32
	LanguageID string
	Text       string       // the whole text, for ActionOpen
	Changes    []TextChange // in order, for ActionChange and ActionSave
}

// State is what a path is after a modification.
type State uint8

// The states.
const (
	StateOverlay State = iota + 1 // an open document: its text counts
	StateDisk                     // no open document: the file on disk counts
	StateDeleted                  // neither
)

// String returns "overlay", "disk" or "deleted".
func (s State) String() string {
	switch s {
	case StateOverlay:
		return "overlay"
	case StateDisk:
		return "disk"
	case StateDeleted:
		return "deleted"
	}
	return "unknown"
}

// A Change tells what became of a path that a Modify touched. There is one
// per path, in order of first touch.
type Change struct {
	Path  string
	Cause Cause // of the last modification of the path
	State State
	// Buffer reports that the text or the presence of the open document may have changed.
	Buffer bool
	// Disk reports that the file on disk may have changed, been created or
	// deleted. Under an overlay it then differs from what State tells.
	Disk bool
}
