package search

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"lsp/encoder"
)

// Weights are all numbers that a score depends on. Those inside the program are in weights.toml; RANKING.md tells how they
// came about. Weights are not changed while a Searcher uses them.
type Weights struct {
	Evidence [NumClasses]Signals // what each signal adds at most, by class of query
	Factors  [NumFactors]float64 // on the score of units that are rarely what is looked for
	Bounds   Bounds
	Turns    Turns
	Fields   Fields
	Second   Second

	noMeaning, noWords bool // retrievers that Without took out
}

// Bounds are cosines above the background, which differ between encoders.
type Bounds struct {
	LeastMeaning  float64 `toml:"least-meaning"`  // below it a unit without any word of the query is no answer
	LikelyMeaning float64 `toml:"likely-meaning"` // from it on nearness in meaning makes an answer likely
}

// Turns say how results of one file or one name keep each other down.
type Turns struct {
	FileDecay float64 `toml:"file-decay"` // of the sums over the units of a file the n-th counts 1/n to its power
	SameFile  float64 `toml:"same-file"`  // what every result of a file leaves of the scores of the file's next ones
	SameName  float64 `toml:"same-name"`  // what every result leaves of the scores of units with its name
}

// Fields are weights of an occurrence of a word in the fields where they differ from the defaults of BM25F. What somebody
// wrote to say what a unit does is nearest to what somebody writes who looks for it.
type Fields struct {
	Documentation float64 `toml:"documentation"`
	Name          float64 `toml:"name"`
	Near          float64 `toml:"near"` // of a word that means nearly the same as one of the query, before the square of their cosine
}

// Second says what a second encoder counts.
type Second struct {
	Share       float64 `toml:"share"`        // of it in the nearness of a unit that has vectors of both, from 0 to 1; the rest is the first's
	Meaning     float64 `toml:"meaning"`      // how many times the weight of meaning when all units have vectors of both, at least 1
	FileMeaning float64 `toml:"file-meaning"` // the same of the meaning of a file
}

// Factor is a reason why a unit is rarely what is looked for. It counts only when the query does not ask for such units.
type Factor int

// The factors.
const (
	TestFactor Factor = iota
	ExampleFactor
	GeneratedFactor
	VendoredFactor
	DeprecatedFactor
	OlderFactor
	MinorFactor
	ConstructorFactor
	IndexFactor
	ProseFactor
	ConfigFactor
	NumFactors
)

// factorTable gives the name of every factor in explanations and what it stands for.
var factorTable = [NumFactors]struct{ name, doc string }{
	TestFactor:        {"test", "tests"},
	ExampleFactor:     {"example", "examples"},
	GeneratedFactor:   {"generated", "what a program wrote"},
	VendoredFactor:    {"vendored", "code of others that lies in the repository"},
	DeprecatedFactor:  {"deprecated", "what says that it is deprecated"},
	OlderFactor:       {"older", "folders of former versions: compat, legacy, v3 beside v4"},
	MinorFactor:       {"minor", "closures, aliases and macros, which serve the functions and types around them"},
	ConstructorFactor: {"constructor", "constructors, which say less than the type that they make"},
	IndexFactor:       {"index", "what only gathers others: imports, and what declares nothing in index.ts, mod.rs or __init__.py"},
	ProseFactor:       {"prose", "prose, where code may be found"},
	ConfigFactor:      {"configuration", "configuration, likewise"},
}

// String returns the name in explanations and in the file of weights.
func (f Factor) String() string { return factorTable[f].name }

// Family is a kind of encoder whose nearness means the same, so that one set of weights serves it.
type Family string

// The families.
const (
	Table       Family = "table"       // word vectors, such as those inside the program
	Transformer Family = "transformer" // models run by encoder/onnx, where they judge alone
)

// FamilyOf tells the family of an encoder by its tokenizer: transformers come with one of their own.
func FamilyOf(id encoder.Identity) Family {
	if strings.HasPrefix(id.Tokenizer, "wordpiece-") || strings.HasPrefix(id.Tokenizer, "bpe-") || strings.HasPrefix(id.Tokenizer, "unigram-") {
		return Transformer
	}
	return Table
}

//go:embed weights.toml
var weightsText []byte

var embedded = sync.OnceValues(EmbeddedWeights)

// EmbeddedWeights returns the weights inside the program, by family. The caller may change them.
func EmbeddedWeights() (map[Family]*Weights, error) { return ReadWeights(weightsText) }

// DefaultWeights returns the weights inside the program for an encoder. The caller may change them.
func DefaultWeights(id encoder.Identity) Weights {
	families, err := embedded()
	if err != nil {
		panic(err) // held by a test
	}
	return *families[FamilyOf(id)]
}

// weightsFile is how weights are written.
type weightsFile struct {
	Factors  map[string]float64
	Turns    Turns
	Fields   Fields
	Second   Second
	Families map[Family]*struct {
		Bounds
		All     map[string]float64            // of every class, unless that has its own
		Classes map[string]map[string]float64 // by class, with "-" for spaces
	} `toml:"family"`
}

// ReadWeights reads a file of weights: those of every family. A key that means nothing and a family that is missing are
// errors, and so is a weight that is not finite.
func ReadWeights(text []byte) (map[Family]*Weights, error) {
	var file weightsFile
	meta, err := toml.NewDecoder(bytes.NewReader(text)).Decode(&file)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("read weights: no meaning is known of %s", extra[0])
	}
	if s := file.Second; !(s.Share >= 0 && s.Share <= 1 && s.Meaning >= 1 && s.Meaning <= 100 && s.FileMeaning >= 1 && s.FileMeaning <= 100) {
		return nil, fmt.Errorf("read weights: of second, share is %v, not in [0, 1], or meaning %v or file-meaning %v, not in [1, 100]",
			s.Share, s.Meaning, s.FileMeaning)
	}
	out := map[Family]*Weights{}
	for _, name := range []Family{Table, Transformer} {
		family := file.Families[name]
		if family == nil {
			return nil, fmt.Errorf("read weights: the family %s is missing", name)
		}
		w := &Weights{Bounds: family.Bounds, Turns: file.Turns, Fields: file.Fields, Second: file.Second}
		if err := w.readFactors(file.Factors); err != nil {
			return nil, fmt.Errorf("read weights: %w", err)
		}
		for c := range NumClasses {
			for _, weights := range []map[string]float64{family.All, family.Classes[c.key()]} {
				if err := w.readEvidence(c, weights); err != nil {
					return nil, fmt.Errorf("read weights: family %s, %s: %w", name, c, err)
				}
			}
		}
		for key := range family.Classes {
			if !slices.ContainsFunc(classNames[:], func(n string) bool { return strings.ReplaceAll(n, " ", "-") == key }) {
				return nil, fmt.Errorf("read weights: family %s: no class %q", name, key)
			}
		}
		out[name] = w
	}
	return out, nil
}

// key is the name of a class in a file of weights.
func (c Class) key() string { return strings.ReplaceAll(c.String(), " ", "-") }

func (w *Weights) readFactors(factors map[string]float64) error {
	for f := range NumFactors {
		value, ok := factors[f.String()]
		if !ok || !(value > 0 && value <= 1) {
			return fmt.Errorf("factor %q is %v, not in (0, 1]", f, value)
		}
		w.Factors[f] = value
	}
	if len(factors) != int(NumFactors) {
		return fmt.Errorf("%d factors, of which %d are known", len(factors), NumFactors)
	}
	return nil
}

func (w *Weights) readEvidence(c Class, weights map[string]float64) error {
	for key, value := range weights {
		s, ok := signalNamed(key)
		if !ok {
			return fmt.Errorf("no signal %q", key)
		}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return fmt.Errorf("%s is %v", key, value)
		}
		w.Evidence[c][s] = value
	}
	return nil
}

// WriteWeights writes weights as ReadWeights reads them: factors, turns, fields and share, which are the same for all families, are
// those of the table. Signals without a weight are left out.
func WriteWeights(out io.Writer, families map[Family]*Weights) error {
	var b strings.Builder
	b.WriteString("# Weights of the ranking, inside the program. RANKING.md tells how they were made, lsp train rank makes them.\n#\n")
	b.WriteString("# Signals, each from 0 to 1 before it is weighed:\n")
	for s := range NumSignals {
		fmt.Fprintf(&b, "#   %-15s %s\n", s.Key(), s.Doc())
	}
	table := families[Table]
	b.WriteString("\n# Factors on the score of units that are rarely what is looked for, unless the query asks for such.\n[factors]\n")
	for f := range NumFactors {
		fmt.Fprintf(&b, "%s = %v # %s\n", f, table.Factors[f], factorTable[f].doc)
	}
	fmt.Fprintf(&b, "\n[turns]\nfile-decay = %v # of the sums over the units of a file the n-th counts 1/n to its power\n", table.Turns.FileDecay)
	fmt.Fprintf(&b, "same-file = %v # what every result of a file leaves of the scores of its next ones\n", table.Turns.SameFile)
	fmt.Fprintf(&b, "same-name = %v # what every result leaves of the scores of units with its name\n", table.Turns.SameName)
	fmt.Fprintf(&b, "\n# Weights of an occurrence of a word, where they differ from the defaults of BM25F.\n[fields]\ndocumentation = %v\nname = %v\n",
		table.Fields.Documentation, table.Fields.Name)
	fmt.Fprintf(&b, "near = %v # of words that mean nearly the same as one of the query, times the square of their cosine\n", table.Fields.Near)
	fmt.Fprintf(&b, "\n# Of a second encoder, in the nearness of a unit that has vectors of both; the rest is the first's.\n[second]\nshare = %v\n", table.Second.Share)
	fmt.Fprintf(&b, "meaning = %v # times the weight of meaning, when all units have vectors of both\n", table.Second.Meaning)
	fmt.Fprintf(&b, "file-meaning = %v # the same of the meaning of a file\n", table.Second.FileMeaning)
	for _, name := range []Family{Table, Transformer} {
		families[name].write(&b, name)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// familyTexts say what the families are, in a file of weights.
var familyTexts = map[Family]string{
	Table:       "word vectors, such as those inside the program",
	Transformer: "models run by encoder/onnx that judge alone",
}

// write writes what differs between families.
func (w *Weights) write(b *strings.Builder, name Family) {
	fmt.Fprintf(b, "\n# For %s. Both bounds are cosines above that of an average unit: below the\n", familyTexts[name])
	fmt.Fprintf(b, "# first a unit without any word of the query is no answer, from the second on one is likely.\n")
	fmt.Fprintf(b, "[family.%s]\nleast-meaning = %v\nlikely-meaning = %v\n", name, w.Bounds.LeastMeaning, w.Bounds.LikelyMeaning)
	for c := range NumClasses {
		if c == Filters {
			continue // ranks nothing
		}
		fmt.Fprintf(b, "\n[family.%s.classes.%s]\n", name, c.key())
		for s := range NumSignals {
			if value := w.Evidence[c][s]; value != 0 {
				fmt.Fprintf(b, "%s = %v\n", s.Key(), value)
			}
		}
	}
}

// groups are parts of the ranking that Without can take out.
var groups = map[string]func(*Weights){
	"meaning": func(w *Weights) { w.drop(Meaning, MeaningSpread, FileMeaning); w.noMeaning = true },
	"near":    func(w *Weights) { w.Fields.Near = 0 },
	"lexical": func(w *Weights) { w.drop(Words, Coverage, FileWords); w.noWords = true },
	"names":   func(w *Weights) { w.drop(NameWords, Name, SpelledName, TypeNamed) },
	"paths":   func(w *Weights) { w.drop(FileName, Folder) },
	"files":   func(w *Weights) { w.drop(FileWords, FileMeaning) },
	"facts":   func(w *Weights) { w.drop(Exported, Documented, TypeNamed, IsModule) },
	"uses":    func(w *Weights) { w.drop(Used) },
	"factors": func(w *Weights) {
		for f := range w.Factors {
			w.Factors[f] = 1
		}
	},
	"turns": func(w *Weights) { w.Turns.SameFile, w.Turns.SameName = 1, 1 },
}

// Groups lists the parts of the ranking that Without can take out, in alphabetical order.
func Groups() []string { return slices.Sorted(maps.Keys(groups)) }

// ErrNoGroup is returned for a part of the ranking that does not exist.
var ErrNoGroup = errors.New("no such part of the ranking")

// Without returns the weights without a part of the ranking, one of Groups, for measuring what it is worth. Without meaning
// or lexical, that retriever finds nothing either.
func (w Weights) Without(group string) (Weights, error) {
	drop, ok := groups[group]
	if !ok {
		return w, fmt.Errorf("%q: %w; there are %s", group, ErrNoGroup, strings.Join(Groups(), ", "))
	}
	drop(&w)
	return w, nil
}

// drop sets the weights of signals to zero.
func (w *Weights) drop(signals ...Signal) {
	for c := range w.Evidence {
		for _, s := range signals {
			w.Evidence[c][s] = 0
		}
	}
}
