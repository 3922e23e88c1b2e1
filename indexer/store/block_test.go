package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lsp/indexer/store"
)

var vectorIdentity = store.VectorIdentity{Model: "second|1", Dimensions: 8}

func hashOf(n int) store.Hash { return store.Hash{byte(n * 37), byte(n >> 8), byte(n)} }

func newBlockBuilder(t testing.TB) *store.BlockBuilder {
	t.Helper()
	b, err := store.NewBlockBuilder(vectorIdentity, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func blockBytes(t testing.TB, b *store.BlockBuilder) []byte {
	t.Helper()
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func openBlock(t testing.TB, data []byte) *store.Block {
	t.Helper()
	b, err := store.OpenBlock("test", data, vectorIdentity)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rowsOf are the vectors of unit n: two for every fourth, none for every seventh.
func rowsOf(n int) []float32 {
	if n%7 == 6 {
		return nil
	}
	rows := vectorOf(uint64(n))
	if n%4 == 0 {
		rows = append(rows, vectorOf(uint64(n)+1000)...)
	}
	return rows
}

func TestBlockKeepsWhatWasAdded(t *testing.T) {
	build, backwards := newBlockBuilder(t), newBlockBuilder(t)
	const n = 300
	for i := range n {
		build.Add(hashOf(i), store.Day(i), rowsOf(i))
		backwards.Add(hashOf(n-1-i), store.Day(n-1-i), rowsOf(n-1-i))
	}
	data := blockBytes(t, build)
	if !bytes.Equal(data, blockBytes(t, backwards)) {
		t.Error("the order of adding changes the bytes")
	}
	b := openBlock(t, data)
	again := newBlockBuilder(t)
	for i := range n {
		e, ok := b.Find(hashOf(i))
		if !ok || b.Hash(e) != hashOf(i) || b.Used(e) != store.Day(i) {
			t.Fatalf("entry %d: found %v, hash %x, day %d", i, ok, b.Hash(e), b.Used(e))
		}
		first, end := b.Vectors().Slots(e)
		if got, want := int(end-first), len(rowsOf(i))/vectorIdentity.Dimensions; got != want {
			t.Errorf("unit %d has %d vectors, want %d", i, got, want)
		}
		again.AddFrom(b, e, b.Used(e))
		again.AddFrom(b, e, 0) // a second time
	}
	if _, ok := b.Find(store.Hash{1, 2, 3, 4}); ok {
		t.Error("found what was not added")
	}
	if !bytes.Equal(data, blockBytes(t, again)) {
		t.Error("a copy differs from the block")
	}
}

// TestBlockWithoutUsableVector adds a vector that is none: its entry stays empty and the others are kept.
func TestBlockWithoutUsableVector(t *testing.T) {
	build := newBlockBuilder(t)
	bad := vectorOf(1)
	bad[3] = float32(math.NaN())
	build.Add(hashOf(1), 1, bad)
	build.Add(hashOf(2), 1, vectorOf(2))
	data, err := build.Bytes()
	if err == nil {
		t.Error("nothing was said about a vector that is not finite")
	}
	b := openBlock(t, data)
	if e, ok := b.Find(hashOf(1)); !ok {
		t.Error("the entry is missing")
	} else if first, end := b.Vectors().Slots(e); first != end {
		t.Error("the entry has vectors")
	}
	if b.Len() != 2 || b.Vectors().Len() != 1 {
		t.Errorf("%d entries with %d vectors, want 2 with 1", b.Len(), b.Vectors().Len())
	}
}

func TestDamagedBlocks(t *testing.T) {
	build := newBlockBuilder(t)
	for i := range 5 {
		build.Add(hashOf(i), 1, rowsOf(i))
	}
	good := blockBytes(t, build)
	for i := range good {
		for name, d := range map[string][]byte{"cut": good[:i], "flipped": flip(good, i)} {
			b, err := store.OpenBlock("test", d, vectorIdentity)
			var corrupt *store.CorruptError
			switch {
			case err == nil && (name == "cut" || fmt.Sprint(describeBlock(b)) != fmt.Sprint(describeBlock(openBlock(t, good)))):
				t.Fatalf("byte %d %s gives a wrong block", i, name)
			case err != nil && !errors.As(err, &corrupt) && !errors.Is(err, store.ErrMismatch):
				t.Fatalf("byte %d %s: %v", i, name, err)
			}
		}
	}
	if _, err := store.OpenBlock("test", good, store.VectorIdentity{Model: "other", Dimensions: 8}); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("a block of another model: %v, want ErrMismatch", err)
	}
	d := bytes.Clone(good)
	binary.LittleEndian.PutUint32(d[4:], store.BlockVersion+1)
	if _, err := store.OpenBlock("test", d, vectorIdentity); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("a block of another version: %v, want ErrMismatch", err)
	}
}

func flip(data []byte, i int) []byte {
	d := bytes.Clone(data)
	d[i] ^= 1 << (i % 8)
	return d
}

// describeBlock reads everything of a block.
func describeBlock(b *store.Block) (out []string) {
	for e := range uint32(b.Len()) {
		first, end := b.Vectors().Slots(e)
		out = append(out, fmt.Sprintf("%x %d", b.Hash(e), b.Used(e)))
		for slot := first; slot < end; slot++ {
			out = append(out, fmt.Sprint(b.Vectors().Row(slot, make([]float32, b.Vectors().Dims()))))
		}
	}
	return out
}

func FuzzOpenBlock(f *testing.F) {
	build := newBlockBuilder(f)
	for i := range 3 {
		build.Add(hashOf(i), 1, rowsOf(i))
	}
	f.Add(blockBytes(f, build))
	f.Add(blockBytes(f, build))
	f.Add([]byte("SLVB"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := store.OpenBlock("fuzz", store.Resum(data), vectorIdentity)
		if err != nil {
			return
		}
		describeBlock(b)
		for e := range uint32(b.Len()) {
			if at, ok := b.Find(b.Hash(e)); !ok || at != e {
				t.Fatalf("entry %d is found at %d, %v", e, at, ok)
			}
		}
	})
}

func openVectors(t *testing.T, index string, id store.VectorIdentity) *store.VectorDir {
	t.Helper()
	d, err := store.OpenVectorDir(index, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func lockVectors(t *testing.T, d *store.VectorDir, want bool) {
	t.Helper()
	if got, err := d.TryLock(); err != nil || got != want {
		t.Fatalf("locking gave %v, %v; want %v", got, err, want)
	}
}

func TestVectorDirectory(t *testing.T) {
	index := t.TempDir()
	first, second := openVectors(t, index, vectorIdentity), openVectors(t, index, vectorIdentity)
	lockVectors(t, first, true)
	lockVectors(t, second, false)
	build := newBlockBuilder(t)
	build.Add(hashOf(1), 1, rowsOf(1))
	data := blockBytes(t, build)
	if _, _, err := second.Write(data); !errors.Is(err, store.ErrLocked) {
		t.Errorf("writing without the lock: %v", err)
	}
	name, b, err := first.Write(data)
	if err != nil {
		t.Fatal(err)
	}
	names, err := second.List()
	if err != nil || len(names) != 1 || names[0] != name {
		t.Fatalf("the blocks are %q, %v", names, err)
	}
	other, err := second.Map(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, ok := other.Find(hashOf(1)); !ok {
		t.Error("a reader was disturbed by a removal")
	}
	b.Release()
	other.Release()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	lockVectors(t, second, true)
}

// TestLostVectors removes the folder below the writer, who must notice and be able to go on.
func TestLostVectors(t *testing.T) {
	d := openVectors(t, t.TempDir(), vectorIdentity)
	lockVectors(t, d, true)
	if err := os.RemoveAll(d.Path()); err != nil {
		t.Fatal(err)
	}
	build := newBlockBuilder(t)
	build.Add(hashOf(1), 1, rowsOf(1))
	data := blockBytes(t, build)
	if _, _, err := d.Write(data); !errors.Is(err, store.ErrLost) {
		t.Fatalf("writing to a folder that is gone: %v, want ErrLost", err)
	}
	if err := d.Reopen(); err != nil {
		t.Fatal(err)
	}
	lockVectors(t, d, true)
	_, b, err := d.Write(data)
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
}

func TestUselessVectors(t *testing.T) {
	index := t.TempDir()
	old, recent := openVectors(t, index, vectorIdentity), openVectors(t, index, store.VectorIdentity{Model: "third", Dimensions: 4})
	lockVectors(t, old, true)
	lockVectors(t, recent, true)
	hour := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(old.Path(), "USE"), hour, hour); err != nil {
		t.Fatal(err)
	}
	reasons := func() map[string]string {
		all, err := store.ListVectors(index)
		if err != nil || len(all) != 2 {
			t.Fatalf("%d folders of vectors, %v; want 2", len(all), err)
		}
		out := map[string]string{}
		for _, v := range all {
			out[v.Model] = v.Useless(all, time.Now())
		}
		return out
	}
	if got := reasons(); got["second|1"] != "" || got["third"] != "" {
		t.Errorf("useless before the new ones are complete: %v", got)
	}
	if err := recent.SetComplete(); err != nil {
		t.Fatal(err)
	}
	if got := reasons(); got["second|1"] == "" || got["third"] != "" {
		t.Errorf("useless after the new ones are complete: %v", got)
	}
	all, err := store.ListVectors(index)
	if err != nil {
		t.Fatal(err)
	}
	if why := all[0].Useless(all[:1], time.Now().Add(60*24*time.Hour)); why == "" {
		t.Error("vectors that nobody used for two months are kept")
	}
	for _, v := range all {
		if err := v.Remove(); !errors.Is(err, store.ErrLocked) {
			t.Errorf("removing vectors in use: %v, want ErrLocked", err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v.Model == "second|1" {
			if err := v.Remove(); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := os.Stat(old.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}
