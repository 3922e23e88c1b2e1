package indexer

import (
	"testing"
	"time"

	"lsp/indexer/store"
	"lsp/workspace"
)

// TestWhichRecordsProveThatNothingChanged holds when a file need not be read again.
func TestWhichRecordsProveThatNothingChanged(t *testing.T) {
	read := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	entry := workspace.Entry{Rel: "a.go", Size: 7, ModTime: read.Add(-time.Hour)}
	good := store.File{Path: "a.go", Size: 7, ModTime: entry.ModTime.UnixNano(), IndexedAt: read.UnixNano()}
	for name, test := range map[string]struct {
		change func(*store.File)
		want   bool
	}{
		"the same":          {func(*store.File) {}, true},
		"binary":            {func(f *store.File) { f.Flags, f.Reason = store.Skipped, uint8(workspace.Binary) }, true},
		"never met":         {func(f *store.File) { *f = store.File{} }, false},
		"deleted":           {func(f *store.File) { f.Flags = store.Deleted }, false},
		"another size":      {func(f *store.File) { f.Size++ }, false},
		"another time":      {func(f *store.File) { f.ModTime++ }, false},
		"read just after":   {func(f *store.File) { f.IndexedAt = f.ModTime + 1 }, false},
		"could not be read": {func(f *store.File) { f.Flags, f.Reason = store.Skipped, uint8(workspace.Unreadable) }, false},
	} {
		record := good
		test.change(&record)
		if got := unchanged(record, entry); got != test.want {
			t.Errorf("%s: unchanged is %v, want %v", name, got, test.want)
		}
	}
}
