package rerank

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lsp/encoder"
)

// fill asks a cache for units 0 to n-1, whose value is their number repeated, and returns how many were computed.
func fill(t testing.TB, c *Cache, n, size int) (computed int) {
	t.Helper()
	for i := range n {
		u := encoder.Unit{Name: fmt.Sprint("unit", i)}
		want := bytes.Repeat([]byte{byte(i)}, size)
		got, err := c.get(t.Context(), "", &u, func(context.Context) ([]byte, error) {
			computed++
			return want, nil
		})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("unit %d has % x (%v)", i, got, err)
		}
	}
	return computed
}

func TestCacheInMemory(t *testing.T) {
	c := NewCache(10 * (100 + entryOverhead))
	if fill(t, c, 10, 100) != 10 || fill(t, c, 10, 100) != 0 {
		t.Error("values are not kept")
	}
	fill(t, c, 5, 100) // these are the latest
	c.remember(key{1}, make([]byte, 100))
	for i := range 10 {
		u := encoder.Unit{Name: fmt.Sprint("unit", i)}
		if _, kept := c.remembered(keyOf("", &u)); kept != (i != 5) {
			t.Errorf("unit %d is kept: %v; the one that was used longest ago goes", i, kept)
		}
	}
	fill(t, c, 100, 100)
	if c.used > c.limit || len(c.byKey) != c.recent.Len() || c.recent.Len() != 10 {
		t.Fatalf("%d bytes of %d are used by %d entries", c.used, c.limit, len(c.byKey))
	}
	c.remember(key{2}, make([]byte, 10_000))
	if _, kept := c.remembered(key{2}); kept {
		t.Error("a value beyond the limit is kept")
	}
	failed := errors.New("failed")
	if _, err := c.get(t.Context(), "", &encoder.Unit{Name: "x"}, func(context.Context) ([]byte, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}

// TestKeys holds that what stands in one field is not taken for the same in another.
func TestKeys(t *testing.T) {
	seen := map[key]string{}
	for _, u := range []encoder.Unit{{Owner: "a"}, {Name: "a"}, {Signature: "a"}, {Documentation: "a"}, {Body: "a"}, {Owner: "a", Name: "a"}, {}} {
		for _, query := range []string{"", "a"} {
			k := keyOf(query, &u)
			if other, ok := seen[k]; ok {
				t.Errorf("%+v and %s have one key", u, other)
			}
			seen[k] = fmt.Sprintf("%q %+v", query, u)
		}
	}
}

func openCache(t testing.TB, dir, identity string, onDisk int64) *Cache {
	t.Helper()
	c, err := OpenCache(dir, identity, 1, onDisk) // nothing fits into memory
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // again, for those that the test has closed
	return c
}

func TestCacheOnDisk(t *testing.T) {
	dir := t.TempDir()
	c := openCache(t, dir, "one", 1<<20)
	if fill(t, c, 20, 100) != 20 || fill(t, c, 20, 100) != 0 {
		t.Error("values are not kept")
	}
	other, err := OpenCache(dir, "one", 0, 1<<20)
	if !errors.Is(err, errHeld) || fill(t, other, 3, 100) != 3 || fill(t, other, 3, 100) != 0 {
		t.Errorf("a second process: %v; it keeps nothing in memory", err)
	}
	if err := errors.Join(other.Close(), c.Close()); err != nil {
		t.Fatal(err)
	}
	if fill(t, openCache(t, dir, "two", 1<<20), 5, 100) != 5 {
		t.Error("values of another identity are returned")
	}
	c = openCache(t, dir, "one", 1<<20)
	if fill(t, c, 20, 100) != 0 {
		t.Error("values are lost when the file is opened again")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if fill(t, c, 20, 100) != 20 {
		t.Error("a closed cache has values")
	}
}

// TestCacheOfUnsaved holds that nothing of an unsaved unit reaches the disk, and that what is there of the same text is used.
func TestCacheOfUnsaved(t *testing.T) {
	dir := t.TempDir()
	c := openCache(t, dir, "one", 1<<20)
	made := 0
	get := func(name string) {
		t.Helper()
		_, err := c.get(t.Context(), "", &encoder.Unit{Name: name, Unsaved: true}, func(context.Context) ([]byte, error) {
			made++
			return []byte("a value"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	get("typed")
	fill(t, c, 1, 100)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openCache(t, dir, "one", 1<<20)
	if _, ok := c.disk.get(keyOf("", &encoder.Unit{Name: "typed"})); ok || made != 1 {
		t.Errorf("kept on disk: %v; made %d times", ok, made)
	}
	if get("unit0"); made != 1 {
		t.Error("what is on disk of the same text is not used")
	}
}

// TestCacheTurns writes many times what may be kept: the files stay within bounds, and the latest values are there.
func TestCacheTurns(t *testing.T) {
	dir := t.TempDir()
	const limit = 4000
	c := openCache(t, dir, "one", limit)
	fill(t, c, 200, 100)
	total := int64(0)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > limit || total < limit/4 {
		t.Errorf("files of %d bytes, want at most %d", total, limit)
	}
	latest := encoder.Unit{Name: "unit199"}
	if _, ok := c.disk.get(keyOf("", &latest)); !ok {
		t.Error("the latest value is lost")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := openCache(t, dir, "one", limit).disk.get(keyOf("", &latest)); !ok {
		t.Error("the latest value is lost when the files are opened again")
	}
}

// TestCacheDamage changes every byte of a file, and cuts it everywhere: whole values or none are returned.
func TestCacheDamage(t *testing.T) {
	dir := t.TempDir()
	c := openCache(t, dir, "one", 1<<20)
	fill(t, c, 4, 10)
	path := c.disk.path
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := OpenCache(dir, "one", 1, 1<<20)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		fill(t, c, 6, 10)
		if fill(t, c, 6, 10) != 0 {
			t.Errorf("%s: values are not kept", what)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(whole); i += 3 {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x55
		check(fmt.Sprint("byte ", i, " changed"), changed)
		check(fmt.Sprint("cut at ", i), whole[:i])
	}
}

func TestCacheFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCache(filepath.Join(file, "below"), "one", 0, 1<<20)
	if err == nil || !strings.Contains(err.Error(), file) || fill(t, c, 2, 10) != 2 || fill(t, c, 2, 10) != 0 {
		t.Errorf("a folder that cannot be made: %v", err)
	}
}

func TestCacheTogether(t *testing.T) {
	c := openCache(t, t.TempDir(), "one", 2000)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { fill(t, c, 50, 50) })
	}
	wg.Wait()
}

func FuzzOpenLog(f *testing.F) {
	header := append([]byte(diskMagic), make([]byte, headerBytes-len(diskMagic))...)
	f.Add(header)
	f.Add(append(header[:headerBytes:headerBytes], make([]byte, recordHeader)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := openLog(path, header, os.O_RDWR)
		if err != nil {
			t.Fatal(err)
		}
		info, err := l.file.Stat()
		if err != nil || info.Size() != l.size {
			t.Errorf("file of %d bytes, want %d (%v)", info.Size(), l.size, err)
		}
		if err := l.file.Close(); err != nil {
			t.Error(err)
		}
	})
}
