package indexer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"lsp/indexer/chunk"
	"lsp/indexer/store"
	"lsp/workspace"
)

// racyWindow is how long before it was read a file must have been changed for its time stamp to prove that it is
// the same. File systems count in up to two seconds: a change right after reading may leave the stamp as it was.
const racyWindow = int64(2 * time.Second)

// unchanged reports whether a record proves that a file is still what was read. One that could not be read is tried
// again: who gives permission or closes the file does not change its time.
func unchanged(r store.File, e workspace.Entry) bool {
	return known(r) && workspace.Reason(r.Reason) != workspace.Unreadable && r.Size == e.Size && r.ModTime == e.ModTime.UnixNano() && r.ModTime < r.IndexedAt-racyWindow
}

// known reports whether a record, which is zero for a path never met, says that the file exists.
func known(r store.File) bool { return r.Path != "" && r.Flags&store.Deleted == 0 }

// read brings one file into the preparer's builder: its units, or why it is not indexed, or nothing when it is
// still what the record old says.
func (x *Index) read(ctx context.Context, p *preparer, e workspace.Entry, old store.File) error {
	if unchanged(old, e) {
		return nil
	}
	record := store.File{Path: e.Rel, Size: e.Size, ModTime: e.ModTime.UnixNano(), IndexedAt: x.now()}
	text, err := os.ReadFile(e.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if known(old) {
			p.builder.AddFile(store.File{Path: e.Rel, IndexedAt: record.IndexedAt, Flags: store.Deleted})
		}
		return nil
	}
	reason := workspace.Unreadable
	if err == nil {
		record.Hash = store.Hash(workspace.HashOf(text))
		if known(old) && record.Hash == old.Hash {
			return nil
		}
		reason = workspace.CheckContent(e.Rel, text)
	}
	if reason != workspace.NotSkipped {
		record.Flags, record.Reason = store.Skipped, uint8(reason)
		if !known(old) || old.Hash != record.Hash || old.Reason != record.Reason {
			p.builder.AddFile(record)
		}
		return nil
	}
	_, err = p.add(ctx, &source{
		path: e.Rel, text: text, hash: record.Hash, size: int64(len(text)), modTime: record.ModTime, indexedAt: record.IndexedAt,
	}, chunk.Options{})
	return err
}
