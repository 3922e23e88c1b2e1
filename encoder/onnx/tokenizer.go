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
	// known reports whether any of these ids stands for something of the text.
	known(ids []int64) bool
	// name tells tokenizers with different ids apart.
	name() string
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
	}
	return nil, fmt.Errorf("parse tokenizer: model %.40q; WordPiece and byte-level BPE can be loaded", kind.Model.Type)
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
