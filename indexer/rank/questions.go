package rank

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"lsp/encoder/train"
	"lsp/indexer/chunk"
)

// Kind says where a question comes from.
type Kind string

// The kinds of question.
const (
	FunctionDocs Kind = "function documentation" // the function it documents answers it
	TypeDocs     Kind = "type documentation"     // the file of the type answers it
	FileDocs     Kind = "file documentation"     // the file answers it
	Guide        Kind = "guide"                  // the files that declare what a section of prose names answer its heading
	Commit       Kind = "commit"                 // the files that the commit changed answer it
	NameRecall   Kind = "name"                   // the unit of that name answers it
	FileRecall   Kind = "file name"              // the file of that name, which declares no such name, answers it
)

// Kinds are all kinds of question.
var Kinds = []Kind{FunctionDocs, TypeDocs, FileDocs, Guide, Commit, NameRecall, FileRecall}

// question is a question with its answers.
type question struct {
	kind  Kind
	text  string
	owner string   // of the unit that a NameRecall asks for, "" when there are several
	units []place  // that answer it, for FunctionDocs and NameRecall
	files []string // that answer it, for the other kinds
}

// place is where a unit declares its name.
type place struct {
	path string
	line uint32 // from 0
}

// stripped reports whether documentation must be blanked for the question to be fair.
func (k Kind) stripped() bool { return k == FunctionDocs || k == TypeDocs || k == FileDocs }

// asker makes the questions of one repository.
type asker struct {
	random *rand.Rand
	most   map[Kind]int
	all    map[Kind][]question
	known  map[string]int // kind and text -> position in all

	defined map[declared]place // where functions are defined that headers declare
}

// declared is what a declaration of a function and its definition have in common.
type declared struct{ owner, name string }

func declaredOf(u *chunk.Unit) declared {
	return declared{chunk.Innermost(u.Owner), u.Name}
}

// definitions notes where the functions are defined whose names are declared in headers, too.
func (a *asker) definitions(files []file) {
	a.defined = map[declared]place{}
	apart := map[declared]bool{}
	for i := range files {
		for j := range files[i].cut.Units {
			if u := &files[i].cut.Units[j]; u.Flags&chunk.Declaration != 0 {
				apart[declaredOf(u)] = true
			}
		}
	}
	for i := range files {
		for j := range files[i].cut.Units {
			u := &files[i].cut.Units[j]
			if u.Kind.IsCallable() && u.Flags&(chunk.Declaration|chunk.IsTest) == 0 && apart[declaredOf(u)] {
				a.defined[declaredOf(u)] = files[i].place(u)
			}
		}
	}
}

// add takes a question, or adds the answers to one of the same text.
func (a *asker) add(q question) {
	if q.text == "" {
		return
	}
	key := string(q.kind) + "\x00" + q.text
	if i, ok := a.known[key]; ok {
		old := &a.all[q.kind][i]
		old.units = appendNew(old.units, q.units...)
		old.files = appendNew(old.files, q.files...)
		if old.owner != q.owner {
			old.owner = ""
		}
		return
	}
	a.known[key] = len(a.all[q.kind])
	a.all[q.kind] = append(a.all[q.kind], q)
}

// appendNew appends what is not there yet.
func appendNew[T comparable](all []T, more ...T) []T {
	for _, m := range more {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// maxAnswers is the number of answers above which a question says too little.
const maxAnswers = 4

// ask returns the questions of all kinds, of each as many as are wanted, spread at random.
func (a *asker) ask(files []file, log []commit) []question {
	a.definitions(files)
	for i := range files {
		if f := &files[i]; askable(f) {
			a.documentation(f)
			a.names(f)
		}
	}
	a.fileNames(files)
	a.guides(files)
	a.commits(files, log)
	var out []question
	for _, kind := range Kinds {
		all := slices.DeleteFunc(a.all[kind], func(q question) bool { return len(q.units)+len(q.files) > maxAnswers })
		a.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if kind == NameRecall {
			a.knownFirst(all, files)
		}
		out = append(out, all[:min(len(all), a.most[kind])]...)
	}
	for i := range out {
		out[i].text = a.phrase(&out[i])
	}
	return slices.DeleteFunc(out, func(q question) bool { return q.text == "" })
}

// askable reports whether a file is code that somebody may ask for: neither test nor generated nor of others.
func askable(f *file) bool {
	if f.cut.Content != chunk.Code || len(f.cut.Units) == 0 {
		return false
	}
	for folder := range strings.SplitSeq(path.Dir(f.path), "/") {
		switch strings.ToLower(folder) {
		case "vendor", "third_party", "node_modules", "external", "deps", "test", "tests", "testing", "example", "examples":
			return false
		}
	}
	return f.cut.Units[0].Flags&(chunk.IsTest|chunk.Generated|chunk.Example) == 0
}

// leastLines is the number of lines below which a function hardly does what could be asked for.
const leastLines = 3

// documentation makes questions of what documents functions, types and the file.
func (a *asker) documentation(f *file) {
	if text := train.Asked(f.cut.Documentation, ""); text != "" {
		a.add(question{kind: FileDocs, text: text, files: []string{f.path}})
	}
	for i := range f.cut.Units {
		u := &f.cut.Units[i]
		text := train.Asked(u.Documentation, u.Name)
		if text == "" || u.Name == "" {
			continue
		}
		switch {
		case u.Kind.IsType():
			a.add(question{kind: TypeDocs, text: text, files: []string{f.path}})
		case u.Flags&chunk.Declaration != 0:
			if home, known := a.defined[declaredOf(u)]; known {
				a.add(question{kind: FunctionDocs, text: text, units: []place{home}})
			}
		case u.Kind.IsCallable() && bytes.Count(f.text[u.Body.Start:u.Body.End], []byte("\n"))+1 >= leastLines:
			a.add(question{kind: FunctionDocs, text: text, units: []place{f.place(u)}})
		}
	}
}

func (f *file) place(u *chunk.Unit) place {
	return place{f.path, uint32(bytes.Count(f.text[:u.NameRange.Start], []byte("\n")))}
}

// names makes questions of the names of functions and types, without what they are qualified with.
func (a *asker) names(f *file) {
	for i := range f.cut.Units {
		u := &f.cut.Units[i]
		name, owner := u.Name, u.Owner
		if at := strings.LastIndexAny(name, ".:"); at >= 0 {
			owner, name = strings.TrimRight(name[:at], ".:"), name[at+1:]
		}
		if len(name) > 3 && u.Kind != chunk.Section && (u.Kind.IsType() || u.Kind.IsCallable()) && u.Flags&(chunk.IsTest|chunk.Declaration) == 0 {
			a.add(question{kind: NameRecall, text: name, owner: owner, units: []place{f.place(u)}})
		}
	}
}

// fileNames makes questions of the names of files that are not also declared in some file.
func (a *asker) fileNames(files []file) {
	declared := map[string]bool{}
	for i := range files {
		for j := range files[i].cut.Units {
			declared[strings.Join(subwords(files[i].cut.Units[j].Name), "")] = true
		}
	}
	for i := range files {
		f := &files[i]
		stem, _, _ := strings.Cut(path.Base(f.path), ".")
		if askable(f) && len(stem) > 3 && !declared[strings.Join(subwords(stem), "")] {
			a.add(question{kind: FileRecall, text: stem, files: []string{f.path}})
		}
	}
}

// knownFirst orders names at random, those before others that more files mention: people ask for what they have met.
func (a *asker) knownFirst(names []question, files []file) {
	mentions := make(map[string]int, len(names))
	for i := range names {
		mentions[names[i].text] = 0
	}
	for i := range files {
		seen := map[string]bool{}
		for word := range bytes.FieldsFuncSeq(files[i].text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if n, asked := mentions[string(word)]; asked && !seen[string(word)] {
				seen[string(word)] = true
				mentions[string(word)] = n + 1
			}
		}
	}
	// Keys that are exponentially distributed, at the rate of the mentions, draw names in proportion to these (Efraimidis and
	// Spirakis, "Weighted random sampling with a reservoir", 2006).
	keys := make(map[string]float64, len(names))
	for i := range names {
		keys[names[i].text] = a.random.ExpFloat64() / float64(max(1, mentions[names[i].text]))
	}
	slices.SortStableFunc(names, func(x, y question) int { return cmp.Compare(keys[x.text], keys[y.text]) })
}

var (
	subjectPrefix = regexp.MustCompile(`^(\[[^\]]*\]|[\w./*, -]{1,40}(\([^)]*\))?!?:)\s*`)
	subjectIssue  = regexp.MustCompile(`(?i)\(?(fix(es)?|close[sd]?|see|refs?|re|gh)?[ :-]*(#|gh-)\d+\)?`)
	subjectChore  = regexp.MustCompile(`(?i)\b(bump|releas\w*|version|typos?|changelog|merge|revert\w*|lint\w*|format\w*|copyright|licen[cs]e|whitespace|` +
		`travis|ci|readme|docs?|documentation|javadoc|tests?|pre-commit|upgrade|dependenc\w*|rename\w*|clean ?up|comments?|wip|style|warnings?|unused|` +
		`build|makefile|spelling|authors|todo|pep ?8|flake8|checkstyle|sonar|indent\w*|imports?|examples?|benchmarks?)\b`)
	subjectVerb = regexp.MustCompile(`(?i)^(fix(es|ed)?|add(s|ed|ing)?|improv(e|es|ed)|mak(e|es)|remov(e|es|ed)|updat(e|es|ed)|us(e|es)|implement(s|ed)?|` +
		`correct(s|ed)?|chang(e|es|ed)|mov(e|es|ed)|don't|do not|allow|support|ensure|refactor\w*|simplify|introduc(e|es))\s+`)
)

// A commit that changed more files than this, or more that could answer, says too little about each.
const (
	maxChanged = 6
	maxCode    = 3
)

// commits makes questions of the subjects of small commits.
func (a *asker) commits(files []file, log []commit) {
	code := map[string]bool{}
	for i := range files {
		code[files[i].path] = askable(&files[i])
	}
	for _, c := range log {
		if len(c.files) > maxChanged || subjectChore.MatchString(c.subject) {
			continue
		}
		var answers []string
		for _, f := range c.files {
			if code[f] {
				answers = append(answers, f)
			}
		}
		text := subjectIssue.ReplaceAllString(subjectPrefix.ReplaceAllString(c.subject, ""), "")
		text = train.Asked(subjectVerb.ReplaceAllString(strings.TrimSpace(text), ""), "")
		if len(answers) > 0 && len(answers) <= maxCode {
			a.add(question{kind: Commit, text: text, files: answers})
		}
	}
}

var codeSpan = regexp.MustCompile("`([^`\\n]{3,60})`|:\\w+:`[~.]?([^`\\n]{3,60})`")

// guides makes questions of sections of prose: a heading, or its first sentence, is answered by the files that declare most
// of what the section names as code.
func (a *asker) guides(files []file) {
	declared := map[string][]string{} // name -> files
	for i := range files {
		f := &files[i]
		if !askable(f) {
			continue
		}
		for j := range f.cut.Units {
			if u := &f.cut.Units[j]; len(u.Name) > 3 && !slices.Contains(declared[u.Name], f.path) {
				declared[u.Name] = append(declared[u.Name], f.path)
			}
		}
	}
	for i := range files {
		f := &files[i]
		if f.cut.Content != chunk.Docs || subjectChore.MatchString(path.Base(f.path)) && !strings.Contains(strings.ToLower(f.path), "readme") {
			continue
		}
		for j := range f.cut.Units {
			if u := &f.cut.Units[j]; u.Kind == chunk.Section && u.Name != "" {
				a.guide(u, u.Text(f.text), declared)
			}
		}
	}
}

// maxHomes is the number of files above which a name that all of them declare says nothing.
const maxHomes = 2

func (a *asker) guide(u *chunk.Unit, text string, declared map[string][]string) {
	mentions := map[string]int{}
	most := 0
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		name := strings.TrimRight(m[1]+m[2], "()")
		name = name[strings.LastIndexAny(name, ".:#/")+1:]
		if homes := declared[name]; len(homes) <= maxHomes {
			for _, file := range homes {
				mentions[file]++
				most = max(most, mentions[file])
			}
		}
	}
	var answers []string
	for file, n := range mentions {
		if 2*n >= most {
			answers = append(answers, file)
		}
	}
	if len(answers) == 0 || len(answers) > maxCode || subjectChore.MatchString(u.Name) {
		return
	}
	slices.Sort(answers)
	_, body, _ := strings.Cut(text, "\n")
	if text = u.Name; len(strings.Fields(text)) < minHeading {
		text += " " + train.Asked(body, "")
	}
	if len(strings.Fields(text)) >= minHeading {
		a.add(question{kind: Guide, text: text, files: answers})
	}
}

// minHeading is the number of words below which a heading alone is no question.
const minHeading = 3

// phrase puts a question in one of the ways in which people ask.
func (a *asker) phrase(q *question) string {
	if q.kind == NameRecall || q.kind == FileRecall {
		return a.recall(q.text, q.owner)
	}
	first, _, _ := strings.Cut(q.text, ". ")
	words := strings.Fields(strings.TrimRight(first, ".:;!"))
	words = words[:min(len(words), 24)]
	switch n := a.random.IntN(20); {
	case n < 7, n < 10 && q.kind == Commit, n < 14 && q.kind == Guide:
		return strings.Join(words, " ")
	case n < 14, q.kind == Commit, q.kind == Guide:
		return a.keywords(words)
	}
	return a.asQuestion(words)
}

// commonWords are left out of keywords.
var commonWords = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq("a an the of to from in into on for with without by at as and or not if that this than then until when while all any " +
		"every each its it is are be was were has have so out up off through between before after which will can may must should given using used " +
		"return returns get gets set sets does do only also no such e.g i.e these those there here them they you we i") {
		set[w] = true
	}
	return set
}()

// keywords are two to five of the words that are not common, in their order.
func (a *asker) keywords(words []string) string {
	var kept []string
	for _, w := range words {
		if w = strings.Trim(w, ".,;:()'\"`"); len(w) > 1 && !commonWords[strings.ToLower(w)] {
			kept = append(kept, strings.ToLower(w))
		}
	}
	if len(kept) < 2 {
		return ""
	}
	want := min(len(kept), 2+a.random.IntN(4))
	for len(kept) > want {
		i := a.random.IntN(len(kept))
		kept = slices.Delete(kept, i, i+1)
	}
	return strings.Join(kept, " ")
}

// asQuestion turns the words into a question: "Returns the mean" into "how to return the mean".
func (a *asker) asQuestion(words []string) string {
	if len(words) < 2 {
		return ""
	}
	words = slices.Clone(words[:min(len(words), 12)])
	first := strings.ToLower(words[0])
	if w := []rune(words[0]); len(w) < 2 || !unicode.IsUpper(w[1]) {
		words[0] = first
	}
	if commonWords[first] && first != "returns" && first != "return" && first != "gets" && first != "get" && first != "sets" && first != "set" {
		return []string{"where is ", "what is "}[a.random.IntN(2)] + strings.Join(words, " ")
	}
	if strings.HasSuffix(first, "s") && !strings.HasSuffix(first, "ss") {
		stem := strings.TrimSuffix(first, "s")
		for _, ending := range []string{"che", "she", "sse", "xe", "zze"} {
			if strings.HasSuffix(stem, ending) {
				stem = strings.TrimSuffix(stem, "e")
			}
		}
		words[0] = stem
		return []string{"how to ", "how do I ", "where do we "}[a.random.IntN(3)] + strings.Join(words, " ")
	}
	return []string{"how to ", "how does it ", "where do we "}[a.random.IntN(3)] + strings.Join(words, " ")
}

// recall gives a name as people recall it: as it is, with its owner, in other style, without its end, as words.
func (a *asker) recall(name, owner string) string {
	parts := subwords(name)
	switch n := a.random.IntN(10); {
	case n < 3:
		return name
	case n < 5 && owner != "":
		return owner[strings.LastIndexAny(owner, ".:#/")+1:] + "." + name
	case n < 6 && len(parts) > 2:
		return strings.Join(parts[:len(parts)-1], "_")
	case len(parts) > 1 && n < 8:
		return strings.Join(parts, "_")
	case len(parts) > 1:
		return strings.Join(parts, " ")
	}
	return name
}

// subwords cuts an identifier at its capitals and separators, in lower case.
func subwords(name string) []string {
	var parts []string
	start := 0
	runes := []rune(name)
	for i := range runes {
		boundary := i > start && (!unicode.IsLetter(runes[i]) && !unicode.IsDigit(runes[i]) ||
			unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])))
		if boundary {
			parts = append(parts, string(runes[start:i]))
			start = i
		}
		if !unicode.IsLetter(runes[i]) && !unicode.IsDigit(runes[i]) {
			start = i + 1
		}
	}
	if start < len(runes) {
		parts = append(parts, string(runes[start:]))
	}
	for i := range parts {
		parts[i] = strings.ToLower(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}
