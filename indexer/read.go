package indexer

import (
	"context"
	"errors"
	"fmt"
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
	return present(r) && workspace.Reason(r.Reason) != workspace.Unreadable && r.Size == e.Size &&
		r.ModTime == e.ModTime.UnixNano() && settled(r)
}

// settled reports whether a later change of a file would have another time stamp than the record has.
func settled(r store.File) bool { return r.ModTime < r.IndexedAt-racyWindow }

// present reports whether a record, which is zero for a path never met, says that the file exists.
func present(r store.File) bool { return r.Path != "" && r.Flags&store.Deleted == 0 }

// refreshes reports whether a record of the same content should replace an older one, because it spares later
// comparisons the reading: the file was touched, or was read just after a change. A follower leaves that to the writer.
func (x *Index) refreshes(old, record store.File) bool {
	return x.writer.Load() && settled(record) && (!settled(old) || old.ModTime != record.ModTime)
}

// ErrVanished is returned when the root is not there, or is empty although the index knows files of it, as the
// folder is that an unmounted disk leaves. What is missing then says nothing of the files: the index stays.
var ErrVanished = errors.New("root folder is gone or empty")

// vanished returns ErrVanished when the root is gone, or when something empty was put in its place after Open.
func (x *Index) vanished() error {
	info, err := os.Stat(x.path)
	if err != nil {
		return fmt.Errorf("look at %s: %w: %v", x.path, ErrVanished, err)
	}
	if x.opened != nil && os.SameFile(info, x.opened) {
		return nil
	}
	return x.vacant()
}

// vacant returns ErrVanished when the root holds nothing at all or cannot be read.
func (x *Index) vacant() error {
	f, err := os.Open(x.path)
	if err == nil {
		defer f.Close()
		_, err = f.Readdirnames(1)
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w: %v", x.path, ErrVanished, err)
	}
	return nil
}

// read brings one file into the preparer's builder: its units, or why it is not indexed, or nothing when it is
// still what the record old says.
func (x *Index) read(ctx context.Context, p *preparer, e workspace.Entry, old store.File) error {
	if unchanged(old, e) {
		return nil
	}
	record := store.File{Path: e.Rel, Size: e.Size, ModTime: e.ModTime.UnixNano(), IndexedAt: x.now()}
	text, err := os.ReadFile(e.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if present(old) {
			if err := x.vanished(); err != nil {
				return err
			}
			p.builder.AddFile(store.File{Path: e.Rel, IndexedAt: record.IndexedAt, Flags: store.Deleted})
		}
		return nil
	}
	reason := workspace.Unreadable
	if err == nil {
		record.Hash = store.Hash(workspace.HashOf(text))
		if present(old) && record.Hash == old.Hash && !x.refreshes(old, record) {
			return nil
		}
		reason = workspace.CheckContent(e.Rel, text)
	}
	if reason != workspace.NotSkipped {
		record.Flags, record.Reason = store.Skipped, uint8(reason)
		if !present(old) || old.Hash != record.Hash || old.Reason != record.Reason || x.refreshes(old, record) {
			p.builder.AddFile(record)
		}
		return nil
	}
	_, err = p.add(ctx, &source{
		path: e.Rel, text: text, hash: record.Hash, size: int64(len(text)), modTime: record.ModTime, indexedAt: record.IndexedAt,
	}, chunk.Options{})
	return err
}
