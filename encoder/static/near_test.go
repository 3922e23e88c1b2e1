package static

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"lsp/encoder"
)

// nearFile is a model in which read and line are near each other, and both far from all other words.
func nearFile(t testing.TB) []byte {
	t.Helper()
	spec := testSpec(t)
	at := func(word string) []float32 {
		id := int(spec.Vocabulary.v.find([]byte(word), hashOf(word))) * spec.Dimensions
		return spec.Rows[id : id+spec.Dimensions]
	}
	copy(at("line"), at("read"))
	at("line")[3] += 0.5
	file, err := Encode(spec)
	if err != nil {
		t.Fatal(err)
	}
	file, err = AddNearWords(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNearWords(t *testing.T) {
	file := nearFile(t)
	m, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	near := m.NearWords("read")
	if len(near) == 0 || near[0].Word != "line" || near[0].Cosine < 0.8 || near[0].Cosine > 1 {
		t.Errorf("near read: %v, want line first", near)
	}
	for _, w := range near {
		if len(w.Word) < leastNearRune || w.Cosine < leastNear-0.01 {
			t.Errorf("near read: %v", w)
		}
	}
	if !slices.IsSortedFunc(near, func(a, b encoder.NearWord) int { return int(b.Cosine*255) - int(a.Cosine*255) }) {
		t.Errorf("not the nearest first: %v", near)
	}
	for _, word := range []string{"reads", "", "of a", "Read"} {
		if near := m.NearWords(word); near != nil {
			t.Errorf("near %q, which is no word of the model: %v", word, near)
		}
	}
	short, err := m.Truncated(16)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(short.NearWords("read"), near) {
		t.Error("shorter vectors have other near words")
	}

	plain := testModel(t)
	if near := plain.NearWords("read"); near != nil {
		t.Errorf("near words of a model without a list: %v", near)
	}
	again, err := AddNearWords(t.Context(), file)
	if err != nil || !slices.Equal(again, file) {
		t.Errorf("made anew it is another file; error %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := AddNearWords(ended, file); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestNearWordsKeepTheModel holds that the list changes no vector and no identity, so that indexes stay valid.
func TestNearWordsKeepTheModel(t *testing.T) {
	before := testModel(t)
	file, err := AddNearWords(t.Context(), testFile(t))
	if err != nil {
		t.Fatal(err)
	}
	after, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if before.Identity() != after.Identity() {
		t.Errorf("identity %v, was %v", after.Identity(), before.Identity())
	}
	v, w := make([]float32, before.Dimensions()), make([]float32, before.Dimensions())
	for _, text := range []string{"read file", "write the unit"} {
		if err := errors.Join(before.EncodeQuery(t.Context(), text, v), after.EncodeQuery(t.Context(), text, w)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(v, w) {
			t.Errorf("%s has another vector", text)
		}
	}
}

func TestDamagedNearWords(t *testing.T) {
	file := nearFile(t)
	sections, err := readSections(file)
	if err != nil {
		t.Fatal(err)
	}
	words := int(testModel(t).words.words)
	for name, damage := range map[string]func(b []byte) []byte{
		"cut in the lists":    func(b []byte) []byte { return b[:4*words] },
		"cut in the entries":  func(b []byte) []byte { return b[:len(b)-4] },
		"not of whole values": func(b []byte) []byte { return b[:len(b)-1] },
		"descending":          func(b []byte) []byte { binary.LittleEndian.PutUint32(b[4:], 1<<20); return b },
		"no such word":        func(b []byte) []byte { binary.LittleEndian.PutUint32(b[len(b)-4:], uint32(words)<<8); return b },
	} {
		var all []section
		for _, tag := range requiredSections {
			all = append(all, section{tag, sections[tag]})
		}
		damaged := layOut(append(all, section{"NEAR", damage(slices.Clone(sections["NEAR"]))}))
		if _, err := Load(damaged); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestEmbeddedNearWords holds that the model inside the program knows what people call things otherwise than code does.
func TestEmbeddedNearWords(t *testing.T) {
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{"request": "req", "dictionary": "dict", "biggest": "largest", "delete": "remove", "websocket": "socket"} {
		if !slices.ContainsFunc(m.NearWords(word), func(n encoder.NearWord) bool { return n.Word == want }) {
			t.Errorf("near %s: %v, want %s among them", word, m.NearWords(word), want)
		}
	}
}
