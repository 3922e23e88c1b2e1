package search

// Signal is one kind of evidence for a unit, scaled to 0..1 unless said otherwise. A score is the sum of the signals, each
// times its weight, times the factors that apply to the unit.
type Signal int

// The signals. Their names in weights and explanations are those of signalTable.
const (
	Meaning Signal = iota
	MeaningSpread
	Words
	Coverage
	NameWords
	Name
	SpelledName
	FileName
	Folder
	FileWords
	FileMeaning
	Exported
	Documented
	TypeNamed
	Used
	IsModule
	NumSignals
)

// signalInfo tells what a signal is.
type signalInfo struct {
	key  string // in the file of weights
	name string // in explanations
	doc  string // what it measures, for the file of weights
}

var signalTable = [NumSignals]signalInfo{
	Meaning:       {"meaning", "meaning", "cosine of unit and query above that of an average unit, over the best of the query"},
	MeaningSpread: {"meaning-spread", "meaning before others", "the same cosine, from 0 for the hundredth nearest unit to 1 for the nearest"},
	Words:         {"words", wordsPart, "BM25F over all fields, over the best of the query"},
	Coverage:      {"coverage", "share of the words", "share of the query, by rarity of its words, that the unit has"},
	NameWords:     {"name-words", "words of the name", "BM25F over the declared name alone, over the best of the query"},
	Name:          {"name", "name", "grade of the declared name as an answer to a name in the query"},
	SpelledName:   {"spelled-name", "name in words", "1 for a name that is made of just the words of a query of few words"},
	FileName:      {"file-name", "file name", "share of the letters of the file name that was asked for, less where many files are named as well"},
	Folder:        {"folder", "folder", "likewise of the best folder"},
	FileWords:     {"file-words", "words of the file", "sum of the word scores of the file's units, each further one counting less, over the best file"},
	FileMeaning:   {"file-meaning", "meaning of the file", "the same sum of nearness in meaning"},
	Exported:      {"exported", "exported", "1 for what is visible outside its file or package"},
	Documented:    {"documented", "documented", "1 for what has documentation"},
	TypeNamed:     {"type-named", "type", "1 for a type whose name is asked for"},
	Used:          {"used", "used elsewhere", "logarithm of the number of units with its name in them, over that of all units"},
	IsModule:      {"is-module", "kind: module", "1 for lines outside of functions and types"},
}

// String returns the name in explanations.
func (s Signal) String() string { return signalTable[s].name }

// Key returns the name in the file of weights.
func (s Signal) Key() string { return signalTable[s].key }

// Doc tells what the signal measures.
func (s Signal) Doc() string { return signalTable[s].doc }

// Signals are the values of all signals of one unit for one query.
type Signals [NumSignals]float64

// signalNamed finds a signal by its key.
func signalNamed(key string) (Signal, bool) {
	for s := range NumSignals {
		if signalTable[s].key == key {
			return s, true
		}
	}
	return 0, false
}
