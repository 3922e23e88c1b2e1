package chunk

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// sameFile reports the first difference between two results, apart from their states.
func sameFile(a, b File) string {
	a.State, b.State = nil, nil
	if len(a.Units) == len(b.Units) {
		for i := range a.Units {
			if !reflect.DeepEqual(a.Units[i], b.Units[i]) {
				return fmt.Sprintf("unit %d:\n%+v\n%+v", i, a.Units[i], b.Units[i])
			}
		}
	}
	if !reflect.DeepEqual(a, b) {
		return fmt.Sprintf("%d and %d units, damaged %v and %v, %q and %q", len(a.Units), len(b.Units), a.Damaged, b.Damaged, a.Fallback, b.Fallback)
	}
	return ""
}

// edit changes the text at a random place: it deletes, repeats or inserts a piece.
func edit(r *rand.Rand, text []byte) []byte {
	pieces := []string{"x", " ", "\n", "{", "}", "(", ")", "\"", "'", ":", "def f():\n    pass\n", "func g() {}\n", "/*", "*/", "#", "é", ";", "end\n", "="}
	at := r.IntN(len(text) + 1)
	end := min(len(text), at+r.IntN(20))
	switch r.IntN(3) {
	case 0:
		return slices.Concat(text[:at], text[end:])
	case 1:
		return slices.Concat(text[:at], text[at:end], text[at:])
	}
	return slices.Concat(text[:at], []byte(pieces[r.IntN(len(pieces))]), text[at:])
}

// TestIncremental applies random edits one after the other: cutting with the state of the version before must give
// what cutting from nothing gives.
func TestIncremental(t *testing.T) {
	for _, file := range sources(t) {
		t.Run(pathInside(file), func(t *testing.T) {
			original, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			const seed = 7
			r := rand.New(rand.NewPCG(seed, uint64(len(original))))
			text, path := original, pathInside(file)
			state := Chunk(context.Background(), path, text, Options{Keep: true}).State
			for step := range 60 {
				if text = edit(r, text); step%6 == 5 {
					text = slices.Clone(original) // back to sound text
				}
				got := Chunk(context.Background(), path, text, Options{Keep: true, Previous: state})
				want := Chunk(context.Background(), path, text, Options{})
				if d := sameFile(got, want); d != "" {
					t.Fatalf("seed %d, step %d: %s\n%s", seed, step, d, text)
				}
				state = got.State
			}
		})
	}
}

// TestStateShared uses one state in several goroutines and with another language.
func TestStateShared(t *testing.T) {
	text := longPython(300)
	first := Chunk(context.Background(), "a.py", text, Options{Keep: true})
	want := Chunk(context.Background(), "a.py", text[:len(text)/2], Options{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			got := Chunk(context.Background(), "a.py", text[:len(text)/2], Options{Previous: first.State})
			if d := sameFile(got, want); d != "" {
				t.Error(d)
			}
		})
	}
	wait.Wait()
	other := Chunk(context.Background(), "a.js", text, Options{Previous: first.State})
	if d := sameFile(other, Chunk(context.Background(), "a.js", text, Options{})); d != "" {
		t.Error(d)
	}
}

// longPython returns a module of about n lines.
func longPython(n int) []byte {
	var b bytes.Buffer
	for i := 0; bytes.Count(b.Bytes(), []byte{'\n'}) < n; i++ {
		fmt.Fprintf(&b, "class C%d(Base):\n    \"\"\"Documentation of %d.\"\"\"\n\n", i, i)
		for j := range 6 {
			fmt.Fprintf(&b, "    def method_%d(self, value, *, option=None):\n        \"\"\"Does %d.\"\"\"\n        if value > %d and option is not None:\n"+
				"            self.items.append(compute(value, [option, 'text', {\"key\": value}]))\n        return self.items[%d]\n\n", j, j, i, j)
		}
	}
	return b.Bytes()
}

// BenchmarkKeystroke cuts a Python file of 5,000 lines after inserting and removing one letter in a name.
func BenchmarkKeystroke(b *testing.B) {
	for _, incremental := range []bool{false, true} {
		b.Run(fmt.Sprintf("incremental=%v", incremental), func(b *testing.B) {
			text := longPython(5000)
			at := len(text)/2 + bytes.Index(text[len(text)/2:], []byte("compute(")) + 3
			versions := [2][]byte{text, slices.Insert(slices.Clone(text), at, 'x')}
			var state *State
			if incremental {
				state = Chunk(context.Background(), "a.py", text, Options{Keep: true}).State
			}
			b.SetBytes(int64(len(text)))
			var worst time.Duration
			i := 1
			for b.Loop() {
				start := time.Now()
				state = Chunk(context.Background(), "a.py", versions[i%2], Options{Keep: incremental, Previous: state}).State
				worst = max(worst, time.Since(start))
				i++
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
		})
	}
}

// BenchmarkLanguages cuts the test source of every language, repeated to 200 kB.
func BenchmarkLanguages(b *testing.B) {
	for _, file := range sources(b) {
		src, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if path := pathInside(file); !strings.Contains(path, "broken") {
			text := bytes.Repeat(append(src, '\n'), 200_000/len(src)+1)
			b.Run(DetectLanguage(path, src), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					Chunk(context.Background(), path, text, Options{})
				}
			})
		}
	}
}
