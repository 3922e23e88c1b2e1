package chunk

import (
	"bytes"
	"slices"
	"strings"
)

// Content says what kind of text a language is.
type Content uint8

// The kinds of content.
const (
	Code   Content = iota // programs
	Docs                  // prose
	Config                // settings, data, schemas, markup
	Other                 // any other text
)

// String returns the lower-case name.
func (c Content) String() string {
	if c <= Other {
		return [...]string{"code", "docs", "config", "other"}[c]
	}
	return "unknown"
}

// Language describes a language that DetectLanguage can return.
type Language struct {
	Name       string   // canonical, lower case
	Content    Content  // what kind of text it is
	Extensions []string // lower case, with the dot
	Functions  bool     // functions and types are found in it, not only windows of text
}

// language is an entry of the table.
type language struct {
	name       string
	content    Content
	extensions string // separated by spaces
	basenames  string // whole file names, lower case
	programs   string // interpreters named by a first line that begins with #!
	comment    commentSyntax
	anySize    bool // the backend reads text of any size quickly
	backend    backend
}

// Languages lists every language known, by name.
func Languages() []Language {
	list := make([]Language, 0, len(languages))
	for _, l := range languages {
		list = append(list, Language{l.name, l.content, strings.Fields(l.extensions), l.content == Code && l.backend != nil})
	}
	slices.SortFunc(list, func(a, b Language) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// DetectLanguage names the language of a file by its name, then by the first bytes of its text, which may be nil.
// Unknown text is "text".
func DetectLanguage(path string, head []byte) string { return detect(path, head).name }

// IsCode reports whether the language is a programming language.
func IsCode(lang string) bool { return ContentOf(lang) == Code }

// ContentOf returns the kind of content of a language; Other when the name is unknown.
func ContentOf(lang string) Content {
	if l := byName[lang]; l != nil {
		return l.content
	}
	return Other
}

var byName, byExtension, byBasename, byProgram = index(languages)

func index(list []*language) (names, extensions, basenames, programs map[string]*language) {
	names, extensions = map[string]*language{}, map[string]*language{}
	basenames, programs = map[string]*language{}, map[string]*language{}
	for _, l := range list {
		names[l.name] = l
		for _, e := range strings.Fields(l.extensions) {
			extensions[e] = l
		}
		for _, b := range strings.Fields(l.basenames) {
			basenames[b] = l
		}
		for _, p := range strings.Fields(l.programs) {
			programs[p] = l
		}
	}
	return names, extensions, basenames, programs
}

// detect finds the language by whole file name, extension, then first line; without an extension the first line counts
// most. An extension that C shares with C++ and
// Objective-C is decided by the text.
func detect(path string, head []byte) *language {
	base := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	program := byProgram[interpreter(head)]
	if program != nil && strings.IndexByte(base, '.') < 0 {
		return program
	}
	if l := byBasename[base]; l != nil {
		return l
	}
	for rest := base; ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			break
		}
		if l := byExtension[rest[dot:]]; l != nil {
			if rest[dot:] == ".h" && looksLikeCPlusPlus(head) {
				return byName["cpp"]
			}
			return l
		}
		rest = rest[dot+1:]
	}
	for _, prefix := range []string{"dockerfile", "makefile", "jenkinsfile"} {
		if strings.HasPrefix(base, prefix) {
			return byBasename[prefix]
		}
	}
	if program != nil {
		return program
	}
	return byName["text"]
}

// interpreter returns the program of a #! line without its folder and version, or "".
func interpreter(head []byte) string {
	if !bytes.HasPrefix(head, []byte("#!")) {
		return ""
	}
	line, _, _ := bytes.Cut(head[2:min(len(head), 200)], []byte{'\n'})
	for i, word := range strings.Fields(string(line)) {
		program := word[strings.LastIndexByte(word, '/')+1:]
		if i == 0 && program == "env" || strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		return strings.TrimRight(program, "0123456789.")
	}
	return ""
}

// looksLikeCPlusPlus reports whether the start of a header uses what C does not have.
func looksLikeCPlusPlus(head []byte) bool {
	head = head[:min(len(head), 64<<10)]
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte{'\n'})
		head = rest
		line = bytes.TrimSpace(line)
		for _, word := range cPlusPlusWords {
			if bytes.HasPrefix(line, word) {
				return true
			}
		}
	}
	return false
}

var cPlusPlusWords = [][]byte{
	[]byte("class "), []byte("namespace "), []byte("template<"), []byte("template <"), []byte("using "),
	[]byte("public:"), []byte("private:"), []byte("protected:"), []byte("constexpr "), []byte("virtual "),
	[]byte("inline namespace "), []byte("explicit "), []byte("friend "),
}
