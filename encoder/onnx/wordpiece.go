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
	starts, insides map[string]int32 // pieces that begin a word, and that continue one without their prefix
	unknown         int64
	cls, sep        int64
	longestWord     int // runes; longer words are unknown
	longestPiece    int // bytes
	outer           frame
	checksum        string
}

// Bounds of a tokenizer.json. The largest vocabularies in use have 250,000 entries.
const (
	maxTokenizerBytes = 64 << 20
	maxVocabulary     = 1 << 20
	maxWordRunes      = 1000
)

// tokenizerFile is the part of a tokenizer.json of the Hugging Face tokenizers library that WordPiece needs. Its
// truncation and padding are a matter of the caller and are not read.
type tokenizerFile struct {
	Normalizer struct {
		Type         string `json:"type"`
		Lowercase    bool   `json:"lowercase"`
		CleanText    *bool  `json:"clean_text"`
		ChineseChars *bool  `json:"handle_chinese_chars"`
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
		Vocabulary map[string]int32 `json:"vocab"`
	} `json:"model"`
}

// ParseWordPiece reads a tokenizer.json. Tokenizers of another kind are an error.
func ParseWordPiece(data []byte) (*WordPiece, error) {
	if len(data) > maxTokenizerBytes {
		return nil, fmt.Errorf("parse tokenizer: %d bytes, want at most %d", len(data), maxTokenizerBytes)
	}
	var f tokenizerFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	w := &WordPiece{
		starts: make(map[string]int32, len(f.Model.Vocabulary)), insides: map[string]int32{},
		longestWord: f.Model.Longest, checksum: shortSum(data),
	}
	for piece, id := range f.Model.Vocabulary {
		if id < 0 {
			return nil, fmt.Errorf("parse tokenizer: id %d of %.40q is negative", id, piece)
		}
		w.longestPiece = max(w.longestPiece, len(piece))
		w.starts[piece] = id // a piece with the prefix can begin no word: the prefix is punctuation
		if inside, ok := strings.CutPrefix(piece, f.Model.Prefix); ok {
			w.insides[inside] = id
		}
	}
	for _, special := range []struct {
		name string
		id   *int64
	}{{f.Model.Unknown, &w.unknown}, {"[CLS]", &w.cls}, {"[SEP]", &w.sep}} {
		id, ok := f.Model.Vocabulary[special.name]
		if !ok {
			return nil, fmt.Errorf("parse tokenizer: vocabulary of %d entries lacks %q", len(f.Model.Vocabulary), special.name)
		}
		*special.id = int64(id)
	}
	w.outer = frame{start: []int64{w.cls}, middle: []int64{w.sep}, end: []int64{w.sep}, typed: true}
	return w, nil
}

// check refuses what this tokenizer would get wrong.
func (f *tokenizerFile) check() error {
	is := func(set *bool) bool { return set == nil || *set }
	switch n := f.Normalizer; {
	case f.Model.Type != "WordPiece":
		return fmt.Errorf("model %.40q, want %q", f.Model.Type, "WordPiece")
	case n.Type != "BertNormalizer" || !n.Lowercase || !is(n.StripAccents) || !is(n.CleanText) || !is(n.ChineseChars):
		return fmt.Errorf("normalizer %.40q, want a BertNormalizer that cleans text, separates Chinese characters, lower-cases and strips accents", n.Type)
	case f.PreTokenizer.Type != "BertPreTokenizer":
		return fmt.Errorf("pre-tokenizer %.40q, want %q", f.PreTokenizer.Type, "BertPreTokenizer")
	case f.Model.Longest <= 0 || f.Model.Longest > maxWordRunes:
		return fmt.Errorf("words of %d characters, want 1 to %d", f.Model.Longest, maxWordRunes)
	case !isAllPunctuation(f.Model.Prefix):
		return fmt.Errorf("prefix %.40q of pieces inside a word, want punctuation", f.Model.Prefix)
	case len(f.Model.Vocabulary) > maxVocabulary:
		return fmt.Errorf("vocabulary of %d entries, want at most %d", len(f.Model.Vocabulary), maxVocabulary)
	}
	return nil
}

func isAllPunctuation(s string) bool {
	return len(s) > 1 && strings.IndexFunc(s, func(r rune) bool { return !isPunctuation(r) }) < 0
}

// Encode returns the ids of the parts, which count as separated by white space, between the ids of start and end:
// at most limit in all, which must be at least 2.
func (w *WordPiece) Encode(limit int, parts ...string) []int64 {
	e := encoding{w: w, ids: make([]int64, 1, min(limit, 64)), limit: limit - 1}
	e.ids[0] = w.cls
	for _, part := range parts {
		if isASCII(part) {
			e.ascii(part)
		} else {
			e.unicode(norm.NFD.String(cleaned(part)))
		}
		e.endWord()
	}
	return append(e.ids[:min(len(e.ids), e.limit)], w.sep)
}

func (w *WordPiece) frame() *frame { return &w.outer }

func (w *WordPiece) name() string { return "wordpiece-" + w.checksum }

// known reports whether any id stands for a word of the vocabulary.
func (w *WordPiece) known(ids []int64) bool {
	for _, id := range ids {
		if id != w.cls && id != w.sep && id != w.unknown {
			return true
		}
	}
	return false
}

// encoding is the state of one call of Encode.
type encoding struct {
	w     *WordPiece
	ids   []int64
	limit int    // of ids, the end not counted
	word  []byte // the word being read, normalised
	runes int    // of it
}

func (e *encoding) full() bool { return len(e.ids) >= e.limit }

// How a byte of ASCII text is read.
const (
	dropped byte = iota
	space
	punctuation
	letter
)

var asciiClass, asciiLower = asciiTables()

func asciiTables() (class, lower [utf8.RuneSelf]byte) {
	for c := range class {
		lower[c] = byte(unicode.ToLower(rune(c)))
		switch {
		case c == '\t' || c == '\n' || c == '\r' || c == ' ':
			class[c] = space
		case c < ' ' || c == 0x7f:
			class[c] = dropped
		case isPunctuation(rune(c)):
			class[c] = punctuation
		default:
			class[c] = letter
		}
	}
	return class, lower
}

// ascii reads text without any other characters.
func (e *encoding) ascii(text string) {
	for i := 0; i < len(text) && !e.full(); i++ {
		c := text[i]
		switch asciiClass[c] {
		case letter:
			e.word = append(e.word, asciiLower[c])
			e.runes++
		case space:
			e.endWord()
		case punctuation:
			e.endWord()
			e.word, e.runes = append(e.word, c), 1
			e.endWord()
		}
	}
}

// unicode reads text that was cleaned and decomposed.
func (e *encoding) unicode(text string) {
	for _, r := range text {
		if e.full() {
			return
		}
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			e.endWord()
		case isPunctuation(r) || isChinese(r):
			e.endWord()
			e.word, e.runes = utf8.AppendRune(e.word, r), 1
			e.endWord()
		default:
			before := len(e.word)
			e.word = appendLower(e.word, r)
			e.runes += utf8.RuneCount(e.word[before:])
		}
	}
}

// appendLower appends the small letter of r. One decomposed capital has a small letter of more than one rune.
func appendLower(word []byte, r rune) []byte { return utf8.AppendRune(word, unicode.ToLower(r)) }

// endWord appends the ids of the word read so far.
func (e *encoding) endWord() {
	if len(e.word) == 0 {
		return
	}
	if !e.full() {
		e.appendPieces()
	}
	e.word, e.runes = e.word[:0], 0
}

// appendPieces cuts the word greedily into the longest known pieces; one that cannot be cut whole is unknown.
func (e *encoding) appendPieces() {
	w, word := e.w, e.word
	if e.runes > w.longestWord {
		e.ids = append(e.ids, w.unknown)
		return
	}
	before, pieces := len(e.ids), w.starts
	for len(word) > 0 {
		end := min(len(word), w.longestPiece)
		id, ok := pieces[string(word[:end])]
		for !ok && end > 1 {
			end--
			id, ok = pieces[string(word[:end])]
		}
		if !ok {
			e.ids = append(e.ids[:before], w.unknown)
			return
		}
		e.ids = append(e.ids, int64(id))
		word, pieces = word[end:], w.insides
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cleaned drops control characters, format characters and those of private use, and invalid bytes with them.
func cleaned(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
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
