package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// tokenizer turns texts into the numbers that a model reads. It is safe for concurrent use.
type tokenizer interface {
	// Encode returns the ids of parts of a text between those of start and end, at most limit in all.
	Encode(limit int, parts ...string) []int64
	// frame is what stands around the ids of a text and between those of two.
	frame() *frame
	// known reports whether any of these ids stands for something of the text.
	known(ids []int64) bool
	// name tells tokenizers with different ids apart.
	name() string
}

// frame is what a model wants to see around one text, and around and between two.
type frame struct {
	start, end []int64
	middle     []int64 // between two texts; nil when the tokenizer knows no pairs
	typed      bool    // the second text and the end have type 1
}

// most is how many ids a frame takes of two texts.
func (f *frame) most() int { return len(f.start) + len(f.middle) + len(f.end) }

// encodePair returns the ids and types of two texts, at most limit in all, which must leave room for something beside
// the frame. The first text, the question, gets half of the room at most, and what it leaves goes to the second.
func encodePair(t tokenizer, limit int, first string, second ...string) (ids, types []int64) {
	f := t.frame()
	room := limit - f.most()
	ids = append(ids, f.start...)
	ids = append(ids, bare(t, room/2, first)...)
	ids = append(ids, f.middle...)
	before := len(ids)
	ids = append(ids, bare(t, limit-before-len(f.end), second...)...)
	ids = append(ids, f.end...)
	types = make([]int64, len(ids))
	for i := before; f.typed && i < len(ids); i++ {
		types[i] = 1
	}
	return ids, types
}

// bare returns at most limit ids of a text without its frame.
func bare(t tokenizer, limit int, parts ...string) []int64 {
	f := t.frame()
	ids := t.Encode(limit+len(f.start)+len(f.end), parts...)
	return ids[len(f.start) : len(ids)-len(f.end)]
}

// readTokenizer reads a tokenizer.json of a kind that is known here.
func readTokenizer(path string) (tokenizer, error) {
	data, err := readBounded(path, maxTokenizerBytes)
	if err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	t, err := parseTokenizer(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func parseTokenizer(data []byte) (tokenizer, error) {
	var kind struct {
		Model struct {
			Type string `json:"type"`
		} `json:"model"`
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	switch kind.Model.Type {
	case "WordPiece":
		return nonNil(ParseWordPiece(data))
	case "BPE":
		return nonNil(ParseBPE(data))
	case "Unigram":
		return nonNil(ParseUnigram(data))
	}
	return nil, fmt.Errorf("parse tokenizer: model %.40q; WordPiece, byte-level BPE and Unigram can be loaded", kind.Model.Type)
}

// nonNil keeps a failed tokenizer from becoming an interface that is not nil.
func nonNil[T tokenizer](t T, err error) (tokenizer, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// shortSum is the start of a checksum, enough to tell files apart.
func shortSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

// unmarshalPair reads a list of two values of different type. The error names what the list is and what it should hold.
func unmarshalPair(data []byte, what, want string, first, second any) error {
	fields := []any{first, second}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	if len(fields) != 2 {
		return fmt.Errorf("%s of %d fields, want %s", what, len(fields), want)
	}
	return nil
}
