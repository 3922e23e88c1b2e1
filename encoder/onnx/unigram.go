package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unigram is the tokenizer of SentencePiece's unigram language model, which most multilingual models use: a text is
// normalised, its spaces become visible, and each word is cut into the pieces whose probabilities have the greatest
// product (Kudo, Subword Regularization, 2018). It is safe for concurrent use.
//
// Names of special tokens in a text are text like any other, as far as the vocabulary has no such pieces.
type Unigram struct {
	normalise   []func(string) string
	splitSpaces bool   // words end at white space, which is dropped
	space       string // what stands for a space
	first       prefixScheme
	splitWords  bool // words end before what stands for a space
	words       bool // whether there is a Metaspace at all

	pieces   pieces
	unknown  int64 // -1 when the model has none
	blank    int64 // the piece of a mere space, -1 when there is none
	bytes    *[256]int64
	penalty  float64 // score of an unknown character
	outer    frame
	checksum string
}

// prefixScheme says where a space is put before a text that has none.
type prefixScheme string

const (
	prefixAlways prefixScheme = "always"
	prefixFirst  prefixScheme = "first"
	prefixNever  prefixScheme = "never"
)

// unknownPenalty is how much less than the worst piece an unknown character scores.
const unknownPenalty = 10

// maxPiece bounds a piece of the vocabulary, in bytes.
const maxPiece = 1024

// ParseUnigram reads a tokenizer.json. Tokenizers of another kind are an error, and so is every step that is not
// done here exactly as the reference does it.
func ParseUnigram(data []byte) (*Unigram, error) {
	if len(data) > maxTokenizerBytes {
		return nil, fmt.Errorf("parse tokenizer: %d bytes, want at most %d", len(data), maxTokenizerBytes)
	}
	var f unigramFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	u := &Unigram{unknown: -1, blank: -1, checksum: shortSum(data)}
	for _, read := range []func(*unigramFile) error{u.readModel, u.readNormalizer, u.readPreTokenizer, u.readFrame, u.checkAdded} {
		if err := read(&f); err != nil {
			return nil, fmt.Errorf("parse tokenizer: %w", err)
		}
	}
	if id, ok := u.pieces.find(u.space); ok {
		u.blank = int64(id)
	}
	return u, nil
}

// unigramFile is the part of a tokenizer.json that Unigram needs.
type unigramFile struct {
	Normalizer    *step `json:"normalizer"`
	PreTokenizer  *step `json:"pre_tokenizer"`
	PostProcessor *post `json:"post_processor"`
	Added         []struct {
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Model struct {
		Type         string        `json:"type"`
		Unknown      *int          `json:"unk_id"`
		ByteFallback bool          `json:"byte_fallback"`
		Vocabulary   []scoredPiece `json:"vocab"`
	} `json:"model"`
}

// scoredPiece is an entry of the vocabulary: a piece and the logarithm of its probability.
type scoredPiece struct {
	text  string
	score float64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *scoredPiece) UnmarshalJSON(data []byte) error {
	return unmarshalPair(data, "piece", "its text and its score", &p.text, &p.score)
}

func (u *Unigram) readModel(f *unigramFile) error {
	m := &f.Model
	switch {
	case m.Type != "Unigram":
		return fmt.Errorf("model %.40q, want %q", m.Type, "Unigram")
	case len(m.Vocabulary) == 0 || len(m.Vocabulary) > maxVocabulary:
		return fmt.Errorf("vocabulary of %d entries, want 1 to %d", len(m.Vocabulary), maxVocabulary)
	case m.Unknown != nil && (*m.Unknown < 0 || *m.Unknown >= len(m.Vocabulary)):
		return fmt.Errorf("the unknown piece is entry %d of %d", *m.Unknown, len(m.Vocabulary))
	}
	least := math.Inf(1)
	for i, p := range m.Vocabulary {
		if len(p.text) > maxPiece || math.IsNaN(p.score) || math.IsInf(p.score, 0) {
			return fmt.Errorf("piece %d has %d bytes and the score %v", i, len(p.text), p.score)
		}
		least = min(least, p.score)
	}
	u.penalty = least - unknownPenalty
	u.pieces = newPieces(m.Vocabulary)
	if m.Unknown != nil {
		u.unknown = int64(*m.Unknown)
	}
	if m.ByteFallback {
		u.bytes = new([256]int64)
		for b := range u.bytes {
			id, ok := u.pieces.find(fmt.Sprintf("<0x%02X>", b))
			if !ok {
				return fmt.Errorf("byte fallback without a piece for the byte %#x", b)
			}
			u.bytes[b] = int64(id)
		}
	}
	if u.unknown < 0 && u.bytes == nil {
		return errors.New("neither an unknown piece nor one for every byte")
	}
	return nil
}

// checkAdded refuses tokens that would have to be found in the text before anything else is done with it.
func (u *Unigram) checkAdded(f *unigramFile) error {
	for _, a := range f.Added {
		if !a.Special {
			return fmt.Errorf("added token %.40q is not special, which this program does not know", a.Content)
		}
	}
	return nil
}

func (u *Unigram) name() string { return "unigram-" + u.checksum }

func (u *Unigram) frame() *frame { return &u.outer }

// known implements tokenizer.
func (u *Unigram) known(ids []int64) bool {
	for _, id := range ids[len(u.outer.start) : len(ids)-len(u.outer.end)] {
		if id != u.unknown && id != u.blank {
			return true
		}
	}
	return false
}

// Encode returns the ids of the parts, a line each, between the ids of start and end: at most limit in all, which
// must be at least 2. Parts without any text are left out.
func (u *Unigram) Encode(limit int, parts ...string) []int64 {
	ids := append(make([]int64, 0, min(limit, 64)), u.outer.start...)
	text := joined(parts)
	for _, change := range u.normalise {
		text = change(text)
	}
	limit -= len(u.outer.end)
	var v viterbi
	first := true
	for text != "" && len(ids) < limit {
		var word string
		word, text = u.nextWord(text, first)
		first = false
		if word != "" {
			ids = u.appendPieces(ids, word, &v)
		}
	}
	return append(ids[:min(len(ids), limit)], u.outer.end...)
}

// nextWord cuts the first word from a normalised text and makes its spaces visible. It may be empty.
func (u *Unigram) nextWord(text string, first bool) (word, rest string) {
	if !u.splitSpaces {
		if first {
			text = u.visible(text, true)
		}
		if !u.words || !u.splitWords {
			return text, ""
		}
		end := u.wordEnd(text)
		return text[:end], text[end:]
	}
	trimmed := strings.TrimLeftFunc(text, unicode.IsSpace)
	end := strings.IndexFunc(trimmed, unicode.IsSpace)
	if end < 0 {
		end = len(trimmed)
	}
	word = u.visible(trimmed[:end], false)
	if u.words && u.splitWords {
		if at := u.wordEnd(word); at < len(word) { // the text itself has what stands for a space
			end -= len(word) - at
			word = word[:at]
		}
	}
	return word, trimmed[end:]
}

// visible replaces spaces and puts one in front where the scheme has one.
func (u *Unigram) visible(text string, first bool) string {
	if !u.words || text == "" {
		return text
	}
	text = strings.ReplaceAll(text, " ", u.space)
	if (u.first == prefixAlways || u.first == prefixFirst && first) && !strings.HasPrefix(text, u.space) {
		text = u.space + text
	}
	return text
}

// wordEnd is where the second word of a text begins, or its length.
func (u *Unigram) wordEnd(text string) int {
	from := 0
	if strings.HasPrefix(text, u.space) {
		from = len(u.space)
	}
	if i := strings.Index(text[from:], u.space); i >= 0 {
		return from + i
	}
	return len(text)
}

// viterbi is the room for the best way to each byte of a word.
type viterbi struct{ nodes []node }

// node says how the best way to a place in a word arrives there.
type node struct {
	score float64
	from  int32 // -1 when no way leads there yet
	id    int32 // of the last piece, unknownNode for a character that no piece covers
}

const unknownNode = -1

// appendPieces appends the ids of the most probable pieces of a word.
func (u *Unigram) appendPieces(ids []int64, word string, v *viterbi) []int64 {
	v.search(u, word)
	begin := len(ids)
	for end := len(word); end > 0; {
		n := v.nodes[end]
		if n.id != unknownNode {
			ids, end = append(ids, int64(n.id)), int(n.from)
			continue
		}
		last := end
		for end > 0 && v.nodes[end].id == unknownNode { // unknown characters side by side are one piece
			end = int(v.nodes[end].from)
		}
		ids = u.appendUnknown(ids, word[end:last])
	}
	slices.Reverse(ids[begin:])
	return ids
}

// appendUnknown appends, last one first, the ids of a run of characters that no piece covers.
func (u *Unigram) appendUnknown(ids []int64, text string) []int64 {
	if id, ok := u.pieces.find(text); ok {
		return append(ids, int64(id))
	}
	if u.bytes == nil {
		return append(ids, u.unknown)
	}
	for i := len(text) - 1; i >= 0; i-- {
		ids = append(ids, u.bytes[text[i]])
	}
	return ids
}

// search finds the best way to every place of a word.
func (v *viterbi) search(u *Unigram, word string) {
	v.nodes = slices.Grow(v.nodes[:0], len(word)+1)[:len(word)+1]
	for i := range v.nodes {
		v.nodes[i] = node{from: -1}
	}
	reach := func(from, to int, score float64, id int32) {
		if n := &v.nodes[to]; n.from < 0 || score > n.score {
			*n = node{score: score, from: int32(from), id: id}
		}
	}
	for at := 0; at < len(word); {
		_, size := utf8.DecodeRuneInString(word[at:])
		here, single := v.nodes[at].score, false
		u.pieces.prefixes(word[at:], func(length int, id int32, score float64) {
			reach(at, at+length, here+score, id)
			single = single || length == size
		})
		if !single {
			reach(at, at+size, here+u.penalty, unknownNode)
		}
		at += size
	}
}

// pieces is a vocabulary in the order of its texts, so that all pieces at the start of a text are found by narrowing a
// range byte by byte.
type pieces struct {
	texts  []string
	ids    []int32
	scores []float64
}

// newPieces sorts a vocabulary. Of pieces with the same text the last counts.
func newPieces(vocabulary []scoredPiece) pieces {
	order := make([]int32, 0, len(vocabulary))
	for i := range vocabulary {
		if vocabulary[i].text != "" {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := strings.Compare(vocabulary[a].text, vocabulary[b].text); c != 0 {
			return c
		}
		return int(b - a)
	})
	order = slices.CompactFunc(order, func(a, b int32) bool { return vocabulary[a].text == vocabulary[b].text })
	p := pieces{make([]string, len(order)), order, make([]float64, len(order))}
	for i, id := range order {
		p.texts[i], p.scores[i] = vocabulary[id].text, vocabulary[id].score
	}
	return p
}

func (p *pieces) find(text string) (id int32, ok bool) {
	i, ok := slices.BinarySearch(p.texts, text)
	if !ok {
		return 0, false
	}
	return p.ids[i], true
}

// prefixes calls yield for every piece that a text begins with, the shortest first.
func (p *pieces) prefixes(text string, yield func(length int, id int32, score float64)) {
	low, high := 0, len(p.texts)
	for n := 0; n < len(text) && low < high; n++ {
		// All texts from low to high begin with text[:n]; none but the first can be as short as that.
		c := text[n]
		low += bound(p.texts[low:high], n, c)
		if c < math.MaxUint8 {
			high = low + bound(p.texts[low:high], n, c+1)
		}
		if low < high && len(p.texts[low]) == n+1 {
			yield(n+1, p.ids[low], p.scores[low])
		}
	}
}

// bound returns how many of texts, sorted and equal before byte n, are too short to have it or have less than c there.
func bound(texts []string, n int, c byte) int {
	low, high := 0, len(texts)
	for low < high {
		mid := int(uint(low+high) / 2)
		if len(texts[mid]) <= n || texts[mid][n] < c {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
