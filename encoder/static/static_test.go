package static

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lsp/encoder"
)

func wordsOf(text string) []string {
	var words []string
	Words(text, func(w []byte) { words = append(words, string(w)) })
	return words
}

func TestWords(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"  \t\n+-*/", ""},
		{"readFile", "read file"},
		{"read_file", "read file"},
		{"READ_FILE", "read file"},
		{"HTTPServer", "http server"},
		{"parseJSONFile", "parse json file"},
		{"getURLs", "get urls"},
		{"URLsOf", "urls of"},
		{"IDs", "ids"},
		{"aB", "a b"},
		{"ABC", "abc"},
		{"utf8", "utf8"},
		{"sha256Sum", "sha256 sum"},
		{"MD5Hash", "md5 hash"},
		{"int32_t", "int32 t"},
		{"x+y", "x y"},
		{"don't", "don t"},
		{"naïve Straße", "naïve straße"},
		{"nai\u0308ve", "naive"}, // a combining mark is dropped
		{"ÜberGröße", "über größe"},
		{"читатьФайл", "читать файл"},
		{"読み込む file", "読み込む file"},
		{"a\xffb\xfe", "a b"},
		{"ǅungla", "ǆungla"},
		{strings.Repeat("a", 130), strings.Repeat("a", 61) + " " + strings.Repeat("a", 61) + " aaaaaaaa"},
	} {
		if got := strings.Join(wordsOf(test.text), " "); got != test.want {
			t.Errorf("words of %q: %q, want %q", test.text, got, test.want)
		}
	}
}

// testSpec is a small model with random rows.
func testSpec(t testing.TB) Spec {
	t.Helper()
	words := []string{"the", "of"}
	for b := 'a'; b <= 'z'; b++ {
		words = append(words, string(b))
	}
	words = append(words, "read", "file", "ing", "un", "unit", "ö", "write", "line")
	at := func(w string) uint32 { return uint32(slices.Index(words, w)) }
	v, err := NewVocabulary(words, 2, [][2]uint32{{at("read"), at("file")}, {at("write"), at("line")}})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	spec := Spec{
		Model: "test", Vocabulary: v, Fields: Fields{Owner: 0.5, Name: 2, Signature: 0.5, Documentation: 1, Body: 1},
		MaxTokens: 64, MaxQueryTokens: 16, Dimensions: 32, Shorter: []int{16},
		Rows: make([]float32, 32*v.Len()), Asked: make([]float32, v.Len()), Mean: make([]float32, 32),
	}
	for i := range spec.Asked {
		spec.Asked[i] = 0.5 + rng.Float32()
	}
	for i := range spec.Rows {
		spec.Rows[i] = float32(rng.NormFloat64())
	}
	for i := range spec.Mean {
		spec.Mean[i] = float32(rng.Float64() / 10)
	}
	return spec
}

func testFile(t testing.TB) []byte {
	t.Helper()
	data, err := Encode(testSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func testModel(t testing.TB) *Model {
	t.Helper()
	m, err := Load(testFile(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPieces(t *testing.T) {
	m := testModel(t)
	bucket := func(id uint32) bool { return id >= m.words.words+m.words.pairIDs && id < m.words.unit() }
	for _, test := range []struct{ word, want string }{
		{"read", "read"},
		{"reading", "read ing"},
		{"units", "unit s"},
		{"unfile", "un file"},
		{"x1", "x ?"},
		{"größe", "g r ö ? e"},
		{"読", "?"},
		{strings.Repeat("q", 40), strings.TrimSpace(strings.Repeat("q ", maxPieces))},
	} {
		var ids [maxPieces]uint32
		n := m.words.pieces([]byte(test.word), &ids)
		var got []string
		for _, id := range ids[:n] {
			if bucket(id) {
				got = append(got, "?")
			} else {
				got = append(got, string(m.words.word(id)))
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("pieces of %q: %q, want %q", test.word, got, test.want)
		}
	}
}

func TestFeatures(t *testing.T) {
	spec := testSpec(t)
	v := spec.Vocabulary.v
	r := spec.Vocabulary.NewReader()
	show := func(features []Feature) string {
		var parts []string
		for _, f := range features {
			name := "?"
			if f.ID < v.words {
				name = string(v.word(f.ID))
			} else if f.ID == v.unit() {
				name = "(unit)"
			} else if f.ID < v.words+v.pairIDs {
				name = fmt.Sprint("pair", f.ID-v.words)
			}
			parts = append(parts, fmt.Sprintf("%s:%.2f", name, f.Weight))
		}
		return strings.Join(parts, " ")
	}
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"read file", "read:1.00 file:1.00 pair0:1.00"},
		{"readFile readFile", "read:1.58 file:1.58 pair0:1.58"},
		{"read of the file", "read:1.00 of:1.00 the:1.00 file:1.00 pair0:1.00"}, // stop words do not part a pair
		{"read unfile", "read:1.00 un:1.00 file:1.00"},                          // pieces make no pair
		{"file read", "file:1.00 read:1.00"},
	} {
		if got := show(r.Query(test.text, 16)); got != test.want {
			t.Errorf("features of %q: %s, want %s", test.text, got, test.want)
		}
	}
	u := encoder.Unit{Owner: "file", Name: "file", Signature: "x", Documentation: "unit", Body: "read line"}
	if got, want := show(r.Unit(&u, &spec.Fields, 64)), "file:1.81 x:0.58 unit:1.00 read:1.00 line:1.00 (unit):1.00"; got != want {
		t.Errorf("features of a unit: %s, want %s", got, want)
	}
	if got, want := show(r.Unit(&u, &spec.Fields, 3)), "file:1.81 x:0.58 (unit):1.00"; got != want {
		t.Errorf("features of three tokens: %s, want %s", got, want)
	}
	if got := show(r.Unit(&encoder.Unit{Body: "+-"}, &spec.Fields, 64)); got != "" {
		t.Errorf("features of a unit without words: %s, want none", got)
	}
	if got := r.Tokens("reading files", nil); len(got) != 4 {
		t.Errorf("tokens of %q: %v, want 4", "reading files", got)
	}
}

// TestVectors compares the integer arithmetic with plain floats on random texts.
func TestVectors(t *testing.T) {
	spec := testSpec(t)
	m := testModel(t)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	r := spec.Vocabulary.NewReader()
	for range 200 {
		text := randomText(rng)
		want := make([]float32, spec.Dimensions)
		for _, f := range r.Query(text, spec.MaxQueryTokens) {
			for d := range want {
				want[d] += f.Weight * spec.Asked[f.ID] * spec.Rows[int(f.ID)*spec.Dimensions+d]
			}
		}
		encoder.Normalize(want)
		got := make([]float32, m.Dimensions())
		if err := m.EncodeQuery(context.Background(), text, got); err != nil {
			t.Fatal(err)
		}
		cosine := 0.0
		for d := range want {
			cosine += float64(want[d]) * float64(got[d])
		}
		if cosine < 0.9995 {
			t.Fatalf("seed %d: vector of %q: cosine to the exact one is %v", seed, text, cosine)
		}
	}
}

func randomText(rng *rand.Rand) string {
	words := []string{"read", "file", "writeLine", "unit", "of", "the", "größe", "reading", "x", "zq", "読む"}
	var b strings.Builder
	for range 1 + rng.IntN(20) {
		b.WriteString(words[rng.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

func TestEncoder(t *testing.T) {
	m := testModel(t)
	ctx := context.Background()
	units := []encoder.Unit{{Name: "readFile", Body: "read the file"}, {}, {Name: "writeLine"}, {Body: strings.Repeat("unit file line ", 500)}}
	all := make([]float32, len(units)*m.Dimensions())
	if err := m.EncodeUnits(ctx, units, all); err != nil {
		t.Fatal(err)
	}
	for i := range units {
		one := make([]float32, m.Dimensions())
		if err := m.EncodeUnits(ctx, units[i:i+1], one); err != nil {
			t.Fatal(err)
		}
		if row := all[i*m.Dimensions() : (i+1)*m.Dimensions()]; !slices.Equal(one, row) {
			t.Errorf("unit %d: vector depends on its neighbours", i)
		}
		norm := 0.0
		for _, x := range one {
			norm += float64(x) * float64(x)
		}
		if want := 1.0; i == 1 && norm != 0 || i != 1 && math.Abs(norm-want) > 1e-6 {
			t.Errorf("unit %d: squared length %v", i, norm)
		}
	}
	if err := m.EncodeQuery(ctx, "x", make([]float32, 5)); err == nil {
		t.Error("query into a short destination: no error")
	}
	if err := m.EncodeUnits(ctx, units, make([]float32, 5)); err == nil {
		t.Error("units into a short destination: no error")
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.EncodeUnits(ended, units, all); !errors.Is(err, context.Canceled) {
		t.Errorf("units with an ended context: %v", err)
	}
	if err := m.EncodeQuery(ended, "x", all[:m.Dimensions()]); !errors.Is(err, context.Canceled) {
		t.Errorf("query with an ended context: %v", err)
	}
}

func TestTruncated(t *testing.T) {
	m := testModel(t)
	short, err := m.Truncated(16)
	if err != nil {
		t.Fatal(err)
	}
	long, got := make([]float32, 32), make([]float32, 16)
	ctx := context.Background()
	if err := errors.Join(m.EncodeQuery(ctx, "read file", long), short.EncodeQuery(ctx, "read file", got)); err != nil {
		t.Fatal(err)
	}
	want := long[:16]
	encoder.Normalize(want)
	for d := range want {
		if math.Abs(float64(want[d]-got[d])) > 1e-6 {
			t.Fatalf("value %d: %v, want %v", d, got[d], want[d])
		}
	}
	if short.Identity() == m.Identity() || len(short.Mean()) != 16 {
		t.Errorf("identity %v and mean of %d values do not follow the length", short.Identity(), len(short.Mean()))
	}
	if _, err := m.Truncated(24); err == nil {
		t.Error("truncated to a length that training did not cover: no error")
	}
}

// TestDamaged changes a good file in every way that happens and expects one clear error each time.
func TestDamaged(t *testing.T) {
	good := testFile(t)
	edit := func(change func(data []byte) []byte) []byte { return change(slices.Clone(good)) }
	reseal := func(data []byte) []byte { // header checksum made right again
		end := headerSize + sectionSize*int(binary.LittleEndian.Uint32(data[12:]))
		binary.LittleEndian.PutUint32(data[end:], crc32.Checksum(data[:end], castagnoli))
		return data
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "0 bytes, want at least"},
		{"foreign", edit(func(d []byte) []byte { copy(d, "GGUF"); return d }), `starts with "GGUF`},
		{"newer", edit(func(d []byte) []byte { d[8] = 9; return d }), "format version 9, this program reads version 2"},
		{"truncated", good[:len(good)-10], "file of"},
		{"longer", append(slices.Clone(good), 0), "file of"},
		{"header only", good[:headerSize], "file of"},
		{"flipped bit in a section", edit(func(d []byte) []byte { d[len(d)-1] ^= 1; return d }), `section "MEAN": checksum`},
		{"flipped bit in the header", edit(func(d []byte) []byte { d[30] ^= 1; return d }), "header: checksum"},
		{"too many sections", edit(func(d []byte) []byte { binary.LittleEndian.PutUint32(d[12:], 1<<31); return d }), "sections, want at most"},
		{"section outside", edit(func(d []byte) []byte { binary.LittleEndian.PutUint64(d[headerSize+8:], 1<<62); return reseal(d) }), "file has"},
		{"section missing", edit(func(d []byte) []byte { copy(d[headerSize:], "NOPE"); return reseal(d) }), "section META: missing"},
	} {
		_, err := Load(test.data)
		if err == nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

// TestContradictions loads files whose checksums are right and whose content is not.
func TestContradictions(t *testing.T) {
	sections := func() []section {
		found, err := readSections(testFile(t))
		if err != nil {
			t.Fatal(err)
		}
		var list []section
		for _, tag := range []string{"META", "WORD", "OFFS", "HASH", "PAIR", "SCAL", "ASKS", "ROWS", "MEAN"} {
			list = append(list, section{tag, slices.Clone(found[tag])})
		}
		return list
	}
	meta := func(from, to string) func([]section) {
		return func(s []section) { s[0].content = []byte(strings.Replace(string(s[0].content), from, to, 1)) }
	}
	for _, test := range []struct {
		name   string
		change func([]section)
		want   string
	}{
		{"not JSON", func(s []section) { s[0].content = []byte("{") }, "section META"},
		{"tokenizer", meta(TokenizerName, "wordpiece"), "tokenizer"},
		{"recipe", meta(RecipeName, "other"), "text recipe"},
		{"dimensions", meta(`"dimensions":32`, `"dimensions":33`), "33 dimensions"},
		{"no dimensions", meta(`"dimensions":32`, `"dimensions":0`), "0 dimensions"},
		{"tokens", meta(`"maxTokens":64`, `"maxTokens":100000`), "100000 tokens"},
		{"query tokens", meta(`"maxQueryTokens":16`, `"maxQueryTokens":-1`), "-1 tokens"},
		{"field weight", meta(`"name":2`, `"name":-2`), "field weight -2"},
		{"shorter", meta(`[16]`, `[48]`), "48 dimensions"},
		{"words", meta(`"words":36`, `"words":37`), "word offsets"},
		{"huge", meta(`"words":36`, `"words":4000000000`), "4000000000 words"},
		{"stop words", meta(`"stopWords":2`, `"stopWords":99`), "99 stop words"},
		{"pairs", meta(`"pairs":2`, `"pairs":3`), "pair table"},
		{"offsets descend", func(s []section) { binary.LittleEndian.PutUint32(s[2].content[8:], 1<<30) }, "word offset 2"},
		{"word table of odd size", func(s []section) { s[3].content = s[3].content[:12] }, "word table: 12 bytes"},
		{"word table full", func(s []section) { binary.LittleEndian.PutUint32(s[3].content, 1) }, "word table"},
		{"word outside", func(s []section) { fillFirst(s[3].content, 4, 999) }, "holds word 998"},
		{"pair outside", func(s []section) { fillFirst(s[4].content, 8, 999) }, "holds pair 999"},
		{"scale", func(s []section) { binary.LittleEndian.PutUint32(s[5].content, math.Float32bits(float32(math.NaN()))) }, "scale 0 is NaN"},
		{"scales of questions", func(s []section) { s[6].content = s[6].content[4:] }, "section ASKS"},
		{"rows", func(s []section) { s[7].content = s[7].content[1:] }, "section ROWS"},
		{"mean", func(s []section) { binary.LittleEndian.PutUint32(s[8].content, math.Float32bits(7)) }, "value 0 is 7"},
		{"mean of other length", func(s []section) { s[8].content = s[8].content[4:] }, "section MEAN"},
	} {
		list := sections()
		test.change(list)
		_, err := Load(layOut(list))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

// fillFirst sets the first slot in use.
func fillFirst(table []byte, size int, value uint16) {
	for i := 0; i < len(table); i += size {
		if slices.Max(table[i:i+size]) > 0 {
			binary.LittleEndian.PutUint16(table[i:], value)
			return
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.bin")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open a missing file: %v", err)
	}
	if err := os.WriteFile(path, testFile(t)[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("open a truncated file: %v, want its path", err)
	}
	if err := os.WriteFile(path, testFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if m.Identity() != testModel(t).Identity() {
		t.Errorf("identity %v differs from that of the same file in memory", m.Identity())
	}
}

func TestVocabularyErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		words []string
		stop  int
		pairs [][2]uint32
	}{
		{"twice", []string{"a", "b", "a"}, 0, nil},
		{"empty", []string{"a", ""}, 0, nil},
		{"long", []string{strings.Repeat("x", maxWord+1)}, 0, nil},
		{"stop", []string{"a"}, 2, nil},
		{"pair of a stop word", []string{"a", "b"}, 1, [][2]uint32{{0, 1}}},
		{"pair outside", []string{"a", "b"}, 0, [][2]uint32{{0, 2}}},
		{"pair twice", []string{"a", "b"}, 0, [][2]uint32{{0, 1}, {0, 1}}},
	} {
		if _, err := NewVocabulary(test.words, test.stop, test.pairs); err == nil {
			t.Errorf("%s: no error", test.name)
		}
	}
}

// TestEmbedded asks the model in the binary for what its training should have taught it.
func TestEmbedded(t *testing.T) {
	m := defaultModel(t)
	if size := len(embedded); size > 16<<20 {
		t.Errorf("model file of %d bytes, want at most 16 MiB", size)
	}
	ctx := context.Background()
	units := []encoder.Unit{
		{Name: "slurp", Signature: "def slurp(path)", Body: "def slurp(path):\n    with open(path) as f:\n        return f.read()"},
		{Name: "uniq", Signature: "def uniq(xs)", Body: "def uniq(xs):\n    return list(dict.fromkeys(xs))"},
		{Name: "mean", Signature: "def mean(xs)", Body: "def mean(xs):\n    return sum(xs) / len(xs)"},
		{Name: "connect", Signature: "def connect(host, port)", Body: "def connect(host, port):\n    s = socket.socket()\n    s.connect((host, port))\n    return s"},
		{Name: "parse", Signature: "def parse(text)", Body: "def parse(text):\n    return datetime.strptime(text, '%Y-%m-%d')"},
	}
	d := m.Dimensions()
	vectors := make([]float32, len(units)*d)
	if err := m.EncodeUnits(ctx, units, vectors); err != nil {
		t.Fatal(err)
	}
	right := 0
	for want, query := range []string{
		"open a file and read its content", "remove duplicates from a list", "average of a list of numbers",
		"open a tcp connection to a server", "convert a string to a date",
	} {
		q := make([]float32, d)
		if err := m.EncodeQuery(ctx, query, q); err != nil {
			t.Fatal(err)
		}
		best, most := -1, float32(-2)
		for i := range units {
			score := float32(0)
			for k, x := range vectors[i*d : (i+1)*d] {
				score += x * q[k]
			}
			if score > most {
				best, most = i, score
			}
		}
		if best == want {
			right++
		} else {
			t.Logf("%q finds %s, want %s", query, units[best].Name, units[want].Name)
		}
	}
	if right < 5 {
		t.Errorf("%d of 5 questions find their function", right)
	}
}

func TestNoAllocation(t *testing.T) {
	m := testModel(t)
	ctx := context.Background()
	units := []encoder.Unit{hundredTokens}
	dst := make([]float32, m.Dimensions())
	encode := func() {
		if err := errors.Join(m.EncodeUnits(ctx, units, dst), m.EncodeQuery(ctx, "größe of a line", dst)); err != nil {
			t.Fatal(err)
		}
	}
	encode()
	if allocations := testing.AllocsPerRun(100, encode); allocations >= 1 {
		t.Errorf("%v allocations to encode a unit and a query, want none", allocations)
	}
}

func FuzzLoad(f *testing.F) {
	good := testFile(f)
	f.Add([]byte{})
	f.Add([]byte(magic))
	f.Add(good)
	f.Add(good[:200])
	f.Add(nearFile(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Load(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("error %v does not wrap ErrFormat", err)
			}
			return
		}
		if err := m.EncodeQuery(context.Background(), "read the file größe", make([]float32, m.Dimensions())); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzContent mutates the sections under right checksums, where a blind fuzzer never gets.
func FuzzContent(f *testing.F) {
	f.Add(uint8(0), uint16(10), []byte("x"))
	f.Add(uint8(3), uint16(4), []byte{1, 0, 0, 0})
	f.Add(uint8(9), uint16(8), []byte{255, 0, 0, 0})
	f.Fuzz(func(t *testing.T, which uint8, at uint16, patch []byte) {
		found, err := readSections(nearFile(t))
		if err != nil {
			t.Fatal(err)
		}
		var list []section
		tags := append(slices.Clone(requiredSections), "NEAR")
		for i, tag := range tags {
			content := slices.Clone(found[tag])
			if i == int(which)%len(tags) && int(at) < len(content) {
				copy(content[at:], patch)
			}
			list = append(list, section{tag, content})
		}
		m, err := Load(layOut(list))
		if err != nil {
			return
		}
		if err := m.EncodeQuery(context.Background(), "reading the file größe write line", make([]float32, m.Dimensions())); err != nil {
			t.Fatal(err)
		}
		m.NearWords("read")
	})
}

func FuzzWords(f *testing.F) {
	f.Add("HTTPServer größe\xff 読み IDs")
	m := testModel(f)
	f.Fuzz(func(t *testing.T, text string) {
		again := strings.Join(wordsOf(text), " ")
		if twice := strings.Join(wordsOf(again), " "); len(again) < maxWord && twice != again {
			t.Fatalf("words of %q are %q, words of those %q", text, again, twice)
		}
		if err := m.EncodeQuery(context.Background(), text, make([]float32, m.Dimensions())); err != nil {
			t.Fatal(err)
		}
	})
}
