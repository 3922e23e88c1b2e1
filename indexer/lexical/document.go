// Package lexical finds units of code by their words. It holds an identifier-aware tokenizer, an inverted index
// with term frequencies per field, and ranking by BM25F.
//
// Documents are added to a Builder, which encodes them as one immutable run of bytes, a section. Open reads a
// section in place, from a mapped file as well as from memory. An index is a stack of sections; which documents
// of a section count, and which may be found, is said at query time by bit sets, so that a section never
// changes. Document frequencies and average lengths are taken over the live documents of all sections, which
// makes scores independent of how documents are spread over sections: an index updated step by step ranks
// exactly as one built from scratch.
package lexical

// Field is a part of a document that is counted and weighed for itself.
type Field uint8

// The fields. The numbers are stored in sections: never renumber them.
const (
	Name          Field = iota // declared name
	Owner                      // enclosing type or namespace
	Signature                  // declaration up to the body
	Documentation              // comment or docstring
	Body                       // source text without its documentation, and what else stands on its lines
	Path                       // path of the file, relative to its root
	Comment                    // comments on the lines of the unit but its documentation; those inside the body are in both
	NumFields     = 7
)

var fieldNames = [NumFields]string{"name", "owner", "signature", "documentation", "body", "path", "comment"}

// String returns the lower-case name of the field.
func (f Field) String() string {
	if int(f) < len(fieldNames) {
		return fieldNames[f]
	}
	return "unknown"
}

// Document is the text of a unit, one string per Field.
type Document [NumFields]string

// maxFrequency is the highest count of a term in one field of one document that is told apart. BM25 saturates
// long before. Of comments only maxComments are.
const (
	maxFrequency = 1<<frequencyBits - 1
	maxComments  = 1<<(32-Comment*frequencyBits) - 1
)

// frequencyBits is the width of one field's count in a frequencies value; Comment has the bits that are left.
const frequencyBits = 5

// frequencies holds how often a term occurs in each field of one document, frequencyBits per field, Name in the
// lowest bits. It is never zero for a document that has the term.
type frequencies uint32

// of returns the count in one field, at most highest.
func (q frequencies) of(f Field) uint32 { return uint32(q) >> (f * frequencyBits) & maxFrequency }

// highest is the highest count of a term that is told apart in a field.
func highest(f Field) uint32 {
	if f == Comment {
		return maxComments
	}
	return maxFrequency
}

// A length is stored as one byte: exact below 32, above that with four bits after the leading one, rounded down,
// so within 1/16. The largest byte stands for any length from about half a million words.
func lengthCode(n uint32) uint8 {
	if n < 32 {
		return uint8(n)
	}
	shift := 0
	for n>>shift >= 32 {
		shift++
	}
	if code := shift*16 + int(n>>shift); code < 256 {
		return uint8(code)
	}
	return 255
}

// codeLengths is the length that each byte stands for, the inverse of lengthCode up to its rounding.
var codeLengths = func() (lengths [256]uint32) {
	for c := range uint32(256) {
		if c < 32 {
			lengths[c] = c
		} else {
			lengths[c] = (c%16 + 16) << (c/16 - 1)
		}
	}
	return lengths
}()

// Totals sums up the live documents of a section or of an index.
type Totals struct {
	Documents uint32            // live documents
	Present   [NumFields]uint32 // live documents in which the field has at least one word
	Lengths   [NumFields]uint64 // words of the field over live documents
}

// Add adds the documents of another section.
func (t *Totals) Add(u Totals) {
	t.Documents += u.Documents
	for f := range NumFields {
		t.Present[f] += u.Present[f]
		t.Lengths[f] += u.Lengths[f]
	}
}

// average returns the mean length of the field over the documents that have it, at least 1.
func (t *Totals) average(f Field) float64 {
	if t.Present[f] == 0 {
		return 1
	}
	return max(1, float64(t.Lengths[f])/float64(t.Present[f]))
}
