package onnx

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// WordPiece is BERT's tokenizer for uncased models: text is cleaned, lower-cased and stripped of accents, cut at
// white space, punctuation and Chinese characters, and each word is cut greedily into the longest known pieces
// (Devlin et al., BERT, 2019). It is safe for concurrent use.
//
// Names of special tokens in a text, such as [SEP], are text like any other.
type WordPiece struct {
	vocabulary        map[string]int64
	unknown, cls, sep int64
	prefix            string // of pieces that continue a word
	longest           int    // runes; longer words are unknown
}

// tokenizerFile is the part of a tokenizer.json of the Hugging Face tokenizers library that WordPiece needs. Its
// truncation and padding are a matter of the caller and are not read.
type tokenizerFile struct {
	Normalizer struct {
		Type         string `json:"type"`
		Lowercase    bool   `json:"lowercase"`
		StripAccents *bool  `json:"strip_accents"`
	} `json:"normalizer"`
	PreTokenizer struct {
		Type string `json:"type"`
	} `json:"pre_tokenizer"`
	Model struct {
		Type       string           `json:"type"`
		Unknown    string           `json:"unk_token"`
		Prefix     string           `json:"continuing_subword_prefix"`
		Longest    int              `json:"max_input_chars_per_word"`
		Vocabulary map[string]int64 `json:"vocab"`
	} `json:"model"`
}

// ParseWordPiece reads a tokenizer.json. Tokenizers of another kind are an error.
func ParseWordPiece(data []byte) (*WordPiece, error) {
	var f tokenizerFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	switch {
	case f.Model.Type != "WordPiece":
		return nil, fmt.Errorf("parse tokenizer: model %q, want %q", f.Model.Type, "WordPiece")
	case f.Normalizer.Type != "BertNormalizer" || !f.Normalizer.Lowercase || f.Normalizer.StripAccents != nil && !*f.Normalizer.StripAccents:
		return nil, fmt.Errorf("parse tokenizer: normalizer %q, want a BertNormalizer that lower-cases and strips accents", f.Normalizer.Type)
	case f.PreTokenizer.Type != "BertPreTokenizer":
		return nil, fmt.Errorf("parse tokenizer: pre-tokenizer %q, want %q", f.PreTokenizer.Type, "BertPreTokenizer")
	case f.Model.Longest <= 0 || f.Model.Prefix == "":
		return nil, fmt.Errorf("parse tokenizer: words of %d characters and prefix %q, want both set", f.Model.Longest, f.Model.Prefix)
	}
	w := &WordPiece{vocabulary: f.Model.Vocabulary, prefix: f.Model.Prefix, longest: f.Model.Longest}
	for _, special := range []struct {
		name string
		id   *int64
	}{{f.Model.Unknown, &w.unknown}, {"[CLS]", &w.cls}, {"[SEP]", &w.sep}} {
		id, ok := f.Model.Vocabulary[special.name]
		if !ok {
			return nil, fmt.Errorf("parse tokenizer: vocabulary of %d entries lacks %q", len(f.Model.Vocabulary), special.name)
		}
		*special.id = id
	}
	return w, nil
}

// Encode returns the ids of text between those of its start and end, at most limit in all, which must be at
// least 2.
func (w *WordPiece) Encode(text string, limit int) []int64 {
	ids := []int64{w.cls}
	for _, word := range words(text) {
		if len(ids) >= limit-1 {
			break
		}
		ids = w.appendPieces(ids, word)
	}
	ids = ids[:min(len(ids), limit-1)]
	return append(ids, w.sep)
}

func (w *WordPiece) appendPieces(ids []int64, word string) []int64 {
	if utf8.RuneCountInString(word) > w.longest {
		return append(ids, w.unknown)
	}
	before := len(ids)
	for start := 0; start < len(word); {
		end := len(word)
		id, ok := int64(0), false
		for ; end > start; end-- {
			if end < len(word) && !utf8.RuneStart(word[end]) {
				continue
			}
			piece := word[start:end]
			if start > 0 {
				piece = w.prefix + piece
			}
			if id, ok = w.vocabulary[piece]; ok {
				break
			}
		}
		if !ok {
			return append(ids[:before], w.unknown)
		}
		ids = append(ids, id)
		start = end
	}
	return ids
}

// words normalises text and cuts it into words and single punctuation characters.
func words(text string) []string {
	var list []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			list = append(list, word.String())
			word.Reset()
		}
	}
	for _, r := range norm.NFD.String(cleaned(text)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			end()
		case isPunctuation(r) || isChinese(r):
			end()
			list = append(list, string(r))
		default:
			// As in the reference, small letters of several runes are kept whole.
			word.WriteString(strings.ToLower(string(r)))
		}
	}
	end()
	return list
}

// cleaned drops control characters, and invalid bytes with them.
func cleaned(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r == 0 || r == utf8.RuneError || unicode.Is(unicode.C, r):
			return -1
		}
		return r
	}, text)
}

func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 33 && r <= 47 || r >= 58 && r <= 64 || r >= 91 && r <= 96 || r >= 123 && r <= 126
	}
	return unicode.IsPunct(r)
}

// isChinese reports whether r is in one of the blocks of CJK ideographs, each of which is a word.
func isChinese(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3400 && r <= 0x4dbf || r >= 0x20000 && r <= 0x2a6df ||
		r >= 0x2a700 && r <= 0x2b73f || r >= 0x2b740 && r <= 0x2b81f || r >= 0x2b920 && r <= 0x2ceaf ||
		r >= 0xf900 && r <= 0xfaff || r >= 0x2f800 && r <= 0x2fa1f
}
