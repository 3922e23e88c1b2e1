package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// step is a normalizer or a pre-tokenizer of a tokenizer.json.
type step struct {
	Type          string  `json:"type"`
	Normalizers   []*step `json:"normalizers"`
	PreTokenizers []*step `json:"pretokenizers"`

	Charsmap    []byte   `json:"precompiled_charsmap"`
	Pattern     *pattern `json:"pattern"`
	Content     string   `json:"content"`
	Prepend     string   `json:"prepend"`
	Left        bool     `json:"strip_left"`
	Right       bool     `json:"strip_right"`
	Replacement string   `json:"replacement"`
	PrefixSpace *bool    `json:"add_prefix_space"` // of older files
	Scheme      string   `json:"prepend_scheme"`
	Split       *bool    `json:"split"`
}

// pattern is what a Replace looks for.
type pattern struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

// maxSteps bounds a sequence of steps, and how deep one is nested.
const maxSteps = 32

func (u *Unigram) readNormalizer(f *unigramFile) error {
	if f.Normalizer == nil {
		return nil
	}
	return u.addNormalizer(f.Normalizer, 0)
}

// addNormalizer appends what a normalizer does to a text.
func (u *Unigram) addNormalizer(s *step, depth int) error {
	if s == nil || depth > maxSteps || len(u.normalise) > maxSteps {
		return fmt.Errorf("normalizer is empty, or one of more than %d", maxSteps)
	}
	var do func(string) string
	switch s.Type {
	case "Sequence":
		for _, part := range s.Normalizers {
			if err := u.addNormalizer(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	case "Precompiled":
		if len(s.Charsmap) == 0 {
			return nil
		}
		m, err := parseCharsmap(s.Charsmap)
		if err != nil {
			return err
		}
		do = m.normalise
	case "NFC":
		do = norm.NFC.String
	case "NFD":
		do = norm.NFD.String
	case "NFKC":
		do = norm.NFKC.String
	case "NFKD":
		do = norm.NFKD.String
	case "Nmt":
		do = nmt
	case "Lowercase":
		do = lowered
	case "StripAccents":
		do = func(text string) string {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.M, r) {
					return -1
				}
				return r
			}, text)
		}
	case "Strip":
		do = stripper(s.Left, s.Right)
	case "Prepend":
		do = func(text string) string {
			if text == "" {
				return ""
			}
			return s.Prepend + text
		}
	case "Replace":
		var err error
		if do, err = replacer(s.Pattern, s.Content); err != nil {
			return err
		}
	default:
		return fmt.Errorf("normalizer %.40q is not known here", s.Type)
	}
	u.normalise = append(u.normalise, do)
	return nil
}

func stripper(left, right bool) func(string) string {
	return func(text string) string {
		if left {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
		}
		if right {
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		}
		return text
	}
}

// expressions are the regular expressions of tokenizers that mean the same here and there.
var expressions = map[string]*regexp.Regexp{
	" {2,}":   regexp.MustCompile(` {2,}`),
	"( ){2,}": regexp.MustCompile(` {2,}`),
	" +":      regexp.MustCompile(` +`),
}

func replacer(p *pattern, with string) (func(string) string, error) {
	switch {
	case p != nil && p.String != nil && *p.String != "":
		what := *p.String
		return func(text string) string { return strings.ReplaceAll(text, what, with) }, nil
	case p != nil && p.Regex != nil && expressions[*p.Regex] != nil:
		what := expressions[*p.Regex]
		return func(text string) string { return what.ReplaceAllLiteralString(text, with) }, nil
	case p != nil && p.Regex != nil:
		return nil, fmt.Errorf("normalizer replaces what %.60q matches, which is not known here", *p.Regex)
	}
	return nil, errors.New("normalizer replaces nothing")
}

// lowered is the text in small letters, each by itself. One capital has a small letter of two characters.
func lowered(text string) string {
	const dotted = 'İ'
	if strings.ContainsRune(text, dotted) {
		text = strings.ReplaceAll(text, string(dotted), "i\u0307")
	}
	return strings.Map(unicode.ToLower, text)
}

// nmt drops control characters and makes spaces of what is one in a wider sense, as SentencePiece's rules for machine
// translation do.
func nmt(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x01 && r <= 0x08, r == 0x0b, r >= 0x0e && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
			return -1
		case r == 0x09, r == 0x0a, r == 0x0c, r == 0x0d, r == 0x1680, r >= 0x200b && r <= 0x200f, r == 0x2028, r == 0x2029,
			r == 0x2581, r == 0xfeff, r == utf8.RuneError:
			return ' '
		}
		return r
	}, text)
}

func (u *Unigram) readPreTokenizer(f *unigramFile) error {
	if f.PreTokenizer == nil {
		return nil
	}
	return u.addPreTokenizer(f.PreTokenizer, 0)
}

func (u *Unigram) addPreTokenizer(s *step, depth int) error {
	switch {
	case s == nil || depth > maxSteps:
		return fmt.Errorf("pre-tokenizer is empty, or deeper than %d", maxSteps)
	case s.Type == "Sequence":
		for _, part := range s.PreTokenizers {
			if err := u.addPreTokenizer(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	case s.Type == "WhitespaceSplit" && !u.words:
		u.splitSpaces = true
		return nil
	case s.Type == "Metaspace" && !u.words:
		return u.readMetaspace(s)
	}
	return fmt.Errorf("pre-tokenizer %.40q is not known here, or not at that place; want a Metaspace and perhaps a WhitespaceSplit before it", s.Type)
}

func (u *Unigram) readMetaspace(s *step) error {
	if utf8.RuneCountInString(s.Replacement) != 1 || strings.TrimSpace(s.Replacement) == "" {
		return fmt.Errorf("pre-tokenizer makes %.40q of a space, want one visible character", s.Replacement)
	}
	u.words, u.space, u.first = true, s.Replacement, prefixScheme(s.Scheme)
	u.splitWords = s.Split == nil || *s.Split
	if u.first == "" {
		if u.first = prefixAlways; s.PrefixSpace != nil && !*s.PrefixSpace {
			u.first = prefixNever
		}
	}
	switch {
	case u.first != prefixAlways && u.first != prefixFirst && u.first != prefixNever:
		return fmt.Errorf("pre-tokenizer puts a space before %.40q, want %q, %q or %q", s.Scheme, prefixAlways, prefixFirst, prefixNever)
	case u.first == prefixFirst && u.splitSpaces:
		return errors.New("pre-tokenizer drops spaces and puts one before the first word, whose place in the text is not kept here")
	}
	return nil
}

// post is the post-processor of a tokenizer.json.
type post struct {
	Type    string          `json:"type"`
	Single  []templatePart  `json:"single"`
	Pair    []templatePart  `json:"pair"`
	Special map[string]ids  `json:"special_tokens"`
	Start   json.RawMessage `json:"cls"`
	End     json.RawMessage `json:"sep"`
}

// ids are those of a special token.
type ids struct {
	IDs []int64 `json:"ids"`
}

// templatePart is a place in a template: a special token, or one of two texts, "A" and "B".
type templatePart struct {
	Special *templateItem `json:"SpecialToken"`
	Text    *templateItem `json:"Sequence"`
}

type templateItem struct {
	ID   string `json:"id"`
	Type int64  `json:"type_id"`
}

// readFrame finds out what stands around texts.
func (u *Unigram) readFrame(f *unigramFile) error {
	p := f.PostProcessor
	switch {
	case p == nil:
		return errors.New("no post-processor, and so nothing around a text")
	case p.Type == "TemplateProcessing":
		return u.readTemplate(p)
	case p.Type == "RobertaProcessing" || p.Type == "BertProcessing":
		var start, end special
		if err := errors.Join(json.Unmarshal(p.Start, &start), json.Unmarshal(p.End, &end)); err != nil {
			return fmt.Errorf("post-processor: %w", err)
		}
		u.outer = frame{start: []int64{start.id}, end: []int64{end.id}, middle: []int64{end.id}, typed: p.Type == "BertProcessing"}
		if p.Type == "RobertaProcessing" {
			u.outer.middle = append(u.outer.middle, end.id)
		}
		return u.outer.check()
	}
	return fmt.Errorf("post-processor %.40q is not known here", p.Type)
}

func (u *Unigram) readTemplate(p *post) error {
	around, err := p.around(p.Single, 1)
	if err != nil {
		return err
	}
	u.outer = frame{start: around[0], end: around[1]}
	if len(p.Pair) == 0 {
		return u.outer.check()
	}
	if around, err = p.around(p.Pair, 2); err != nil {
		return err
	}
	u.outer.middle = around[1]
	for _, part := range p.Pair {
		u.outer.typed = u.outer.typed || part.Text != nil && part.Text.Type == 1
	}
	return u.outer.check()
}

// around returns the special tokens of a template before, between and after its n texts, "A" and then "B".
func (p *post) around(template []templatePart, n int) ([][]int64, error) {
	out := make([][]int64, n+1)
	seen := 0
	for _, part := range template {
		switch {
		case part.Text != nil && seen < n && part.Text.ID == string(rune('A'+seen)):
			seen++
		case part.Special != nil && len(p.Special[part.Special.ID].IDs) > 0:
			out[seen] = append(out[seen], p.Special[part.Special.ID].IDs...)
		default:
			return nil, errors.New("post-processor: template has a part that is not known here")
		}
	}
	if seen < n {
		return nil, fmt.Errorf("post-processor: template of %d texts, want %d", seen, n)
	}
	return out, nil
}

// maxFrame bounds the tokens around a text, and those between two.
const maxFrame = 2

func (f *frame) check() error {
	if n := len(f.start) + len(f.end); n < 1 || n > maxFrame || len(f.middle) > maxFrame {
		return fmt.Errorf("post-processor: %d tokens around a text and %d between two, want 1 or 2", n, len(f.middle))
	}
	for _, part := range [][]int64{f.start, f.middle, f.end} {
		for _, id := range part {
			if id < 0 || id > math.MaxInt32 {
				return fmt.Errorf("post-processor: id %d, want one from 0 to %d", id, math.MaxInt32)
			}
		}
	}
	return nil
}
