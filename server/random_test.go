package server

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lsp/server/settings"
	"lsp/workspace"
)

var (
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of TestRandomSessions")
	steps = flag.Int("steps", 120, "of TestRandomSessions")
)

// model is what an editor and a disk hold, and what has to be found: in every file there is one function, whose name
// occurs nowhere else.
type model struct {
	*real
	random  *rand.Rand
	dir     string
	cache   string
	disk    map[string]string // name of the function by file
	buffers map[string]string // the same, of open documents
	version map[string]int
	gone    []string // names that must not be found any more
	made    int
}

// TestRandomSessions does at random what editors do, and after each step searches for something that has to be
// there and for something that must not. Sessions end by shutdown or by a broken connection, and go on with the same
// index.
func TestRandomSessions(t *testing.T) {
	t.Logf("repeat with -seed %d -steps %d", *seed, *steps)
	dir := tempDir(t)
	m := &model{
		random: rand.New(rand.NewPCG(*seed, 0)), dir: dir, cache: tempDir(t),
		disk: map[string]string{}, buffers: map[string]string{}, version: map[string]int{},
	}
	m.real = startReal(t, m.cache, settings.EngineAuto, folderParams(dir))
	actions := []func(){m.create, m.create, m.open, m.change, m.change, m.change, m.save, m.close, m.delete, m.rename, m.restart}
	for step := range *steps {
		actions[m.random.IntN(len(actions))]()
		m.check(step)
		if t.Failed() {
			return
		}
	}
	m.leave()
}

// check searches for a name that is there and for one that is not.
func (m *model) check(step int) {
	m.t.Helper()
	shown := maps.Clone(m.disk)
	maps.Copy(shown, m.buffers)
	if name, ok := pick(m.random, slices.Sorted(maps.Values(shown))); ok {
		m.finds(name, name, true)
	}
	if name, ok := pick(m.random, m.gone); ok && !slices.Contains(slices.Collect(maps.Values(shown)), name) {
		m.finds(name, name, false)
	}
	if m.t.Failed() {
		m.t.Logf("at step %d: disk %v, buffers %v", step, m.disk, m.buffers)
	}
}

func pick[T any](r *rand.Rand, from []T) (T, bool) {
	if len(from) == 0 {
		var none T
		return none, false
	}
	return from[r.IntN(len(from))], true
}

// text is a file with one function of a new name.
func (m *model) text() (name, text string) {
	m.made++
	name = fmt.Sprintf("Unique%dz", m.made)
	return name, function(name, "does "+name)
}

func (m *model) uri(file string) string {
	return workspace.PathToURI(filepath.Join(m.dir, filepath.FromSlash(file)))
}

func (m *model) tell(method string, params object) { m.Notify(method, params) }

func (m *model) watched(kind int, file string) {
	m.tell("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": m.uri(file), "type": kind}}})
}

// replaced remembers that a name is not there any more.
func (m *model) replaced(name string) {
	if name != "" {
		m.gone = append(m.gone, name)
	}
}

func (m *model) create() {
	file := fmt.Sprintf("d%d/f%d.go", m.random.IntN(3), m.random.IntN(12))
	name, text := m.text()
	m.replaced(m.disk[file])
	m.disk[file] = name
	writeFile(m.t, m.dir, file, text)
	m.watched(2, file)
}

func (m *model) open() {
	file, ok := pick(m.random, slices.Sorted(maps.Keys(m.disk)))
	if _, open := m.buffers[file]; !ok || open {
		return
	}
	text, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(file)))
	if err != nil {
		m.t.Fatal(err)
	}
	m.buffers[file], m.version[file] = m.disk[file], 1
	m.tell("textDocument/didOpen", object{"textDocument": object{"uri": m.uri(file), "languageId": "go", "version": 1, "text": string(text)}})
}

func (m *model) anyBuffer() (string, bool) {
	return pick(m.random, slices.Sorted(maps.Keys(m.buffers)))
}

func (m *model) change() {
	file, ok := m.anyBuffer()
	if !ok {
		return
	}
	name, text := m.text()
	m.replaced(m.buffers[file])
	m.buffers[file] = name
	m.version[file]++
	whole := object{"text": text}
	if m.random.IntN(2) == 0 {
		whole["range"] = Range{End: Position{Line: 99}} // past the end of every file here
	}
	m.tell("textDocument/didChange", object{
		"textDocument": object{"uri": m.uri(file), "version": m.version[file]}, "contentChanges": []object{whole},
	})
}

func (m *model) save() {
	file, ok := m.anyBuffer()
	if !ok {
		return
	}
	m.replaced(m.disk[file])
	m.disk[file] = m.buffers[file]
	writeFile(m.t, m.dir, file, function(m.disk[file], "does "+m.disk[file]))
	m.tell("textDocument/didSave", object{"textDocument": object{"uri": m.uri(file)}})
}

func (m *model) close() {
	file, ok := m.anyBuffer()
	if !ok {
		return
	}
	m.replaced(m.buffers[file])
	delete(m.buffers, file)
	m.tell("textDocument/didClose", object{"textDocument": object{"uri": m.uri(file)}})
}

func (m *model) delete() {
	file, ok := pick(m.random, slices.Sorted(maps.Keys(m.disk)))
	if !ok {
		return
	}
	m.replaced(m.disk[file])
	delete(m.disk, file)
	if err := os.Remove(filepath.Join(m.dir, filepath.FromSlash(file))); err != nil {
		m.t.Fatal(err)
	}
	m.watched(3, file)
}

func (m *model) rename() {
	file, ok := pick(m.random, slices.Sorted(maps.Keys(m.disk)))
	if _, open := m.buffers[file]; !ok || open {
		return
	}
	to := fmt.Sprintf("d%d/moved%d.go", m.random.IntN(3), m.made)
	m.made++
	m.disk[to] = m.disk[file]
	delete(m.disk, file)
	if err := os.MkdirAll(filepath.Dir(filepath.Join(m.dir, filepath.FromSlash(to))), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(m.dir, filepath.FromSlash(file)), filepath.Join(m.dir, filepath.FromSlash(to))); err != nil {
		m.t.Fatal(err)
	}
	m.tell("workspace/didRenameFiles", object{"files": []object{{"oldUri": m.uri(file), "newUri": m.uri(to)}}})
}

// restart ends the session, well or badly, and begins a new one, in which nothing is open.
func (m *model) restart() {
	if m.random.IntN(2) == 0 {
		m.leave()
	} else {
		m.Close()
		if err := <-m.done; err == nil {
			m.t.Error("a session that broke off ended well")
		}
	}
	for _, name := range m.buffers {
		m.replaced(name)
	}
	clear(m.buffers)
	m.real = startReal(m.t, m.cache, settings.EngineAuto, folderParams(m.dir))
	m.indexed()
}
