// Package chunk cuts source text into units: functions, types, module units for what is left between them,
// sections of prose, windows of any other text.
//
// Chunking is pure (the same text gives the same units) and never fails: text that a grammar cannot read falls
// back to whatever could be read of it and to windows for the rest. Every line that is not blank is in a unit.
//
// Four kinds of backend find functions and types. Go is read by go/parser. Most other languages are parsed by
// tree-sitter: one call into C parses a text and one lists the nodes that the table of the language asks for
// (tree.go, declare.go, and a file for each family of languages); C and C++ are parsed without macros (macros.go). A scanner that knows strings, comments and braces
// but no grammar (scan.go) reads Swift and Dart, recovers functions in text that a grammar could not read, and stands
// in for the grammars in a build without cgo. Prose is cut at its headings, everything else into windows.
package chunk

import (
	"strings"
	"unsafe"
)

// Kind says what a unit is. The numbers are stored in indexes: never renumber them, append.
type Kind uint8

// The kinds of unit.
const (
	Module      Kind = iota // lines that no function or type covers: tables, routes, constants, imports
	Function                // function that belongs to no type
	Method                  // function that belongs to a type
	Constructor             // method or function that makes a value of its type by the language's rule
	Closure                 // function value bound to a name
	Class                   // class, object, actor
	Struct                  // struct, record, data type
	Interface               // interface, trait, protocol, type class
	Enum                    // enumeration
	Type                    // any other type declaration: alias, union, newtype
	Section                 // section of a prose document, from its heading to the next one
	Text                    // window of text without known structure
	Macro                   // macro with a body
	Test                    // test case that is not a function: a describe or it block
	kinds
)

var kindNames = [kinds]string{
	"module", "function", "method", "constructor", "closure", "class", "struct", "interface", "enum", "type",
	"section", "text", "macro", "test",
}

// String returns the lower-case name used in queries, protocol and command line.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// ParseKind is the inverse of String.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), true
		}
	}
	return 0, false
}

// IsCallable reports whether the kind has a body that runs.
func (k Kind) IsCallable() bool {
	return k == Function || k == Method || k == Constructor || k == Closure || k == Macro || k == Test
}

// IsType reports whether the kind declares a type.
func (k Kind) IsType() bool { return k >= Class && k <= Type }

// Flags are facts about a unit that filters and ranking use. The bits are stored in indexes: append only.
type Flags uint16

// The facts.
const (
	Documented  Flags = 1 << iota // has documentation
	Exported                      // visible outside its file or package by the language's rule
	IsTest                        // test code, by path or by name
	Generated                     // the file says that a program wrote it
	Deprecated                    // documentation or annotation says so
	Example                       // example or demonstration code, by path or by name
	Declaration                   // declares a function that is defined elsewhere, as headers do
	Imports                       // module unit that only names other files and packages, in a file that defines something
)

// Innermost is the type or namespace right around a unit: the last part of its owner.
func Innermost(owner string) string { return owner[strings.LastIndexAny(owner, ".:")+1:] }

// Range is a half-open span of byte offsets in the text of a file.
type Range struct{ Start, End int }

// Len returns the number of bytes in the range.
func (r Range) Len() int { return r.End - r.Start }

// Unit is one findable piece of a file. Strings alias the text that was cut, so they live as long as it does, and the
// text must not be changed while they are in use.
//
// Text says what to encode and to index of a unit besides its owner, name, signature and documentation.
type Unit struct {
	Kind          Kind
	Flags         Flags
	Owner         string // enclosing type, namespace or function, innermost last, joined with the language's separator
	Name          string
	Signature     string  // declaration up to the body, on one line with runs of white space folded
	Documentation string  // doc comment or docstring, markers and indentation removed, lines kept
	Range         Range   // the whole unit with its documentation comment and decorators
	NameRange     Range   // the declared name; empty at Range.Start when there is none
	Body          Range   // from the first decorator or keyword to the end: Range without the comment above
	Parts         []Range // the pieces of Body that are the unit's own, ascending; nil means all of Body
	Comments      []Range // comments in the unit's own text and else on its lines, markers included, ascending; Documentation is none of them
	Rest          []Range // what else stands on its lines besides text, comments, documentation and members, ascending: such as "@moduledoc"
	Children      []Range // overlapping windows of a long Body, each to be encoded for itself; nil when Body is short
}

// Text returns the source of the unit itself: Body when Parts is nil, without copying, otherwise the parts joined by
// line ends. What Parts leaves out is documentation written inside the body, members of a type (they are units of
// their own), and of a module unit everything between its runs of lines. The text src must be the one that was cut.
func (u *Unit) Text(src []byte) string {
	if len(u.Parts) == 0 {
		return view(src, u.Body)
	}
	return joined(src, u.Parts)
}

// RestText returns the rest of the unit, joined by line ends. The text src must be the one that was cut.
func (u *Unit) RestText(src []byte) string { return joined(src, u.Rest) }

// joined returns the text of ranges that are not empty, joined by line ends, without copying where there is but one.
func joined(src []byte, ranges []Range) string {
	switch len(ranges) {
	case 0:
		return ""
	case 1:
		return view(src, ranges[0])
	}
	size := 0
	for _, r := range ranges {
		size += r.Len() + 1
	}
	var b strings.Builder
	b.Grow(size)
	for i, r := range ranges {
		if i > 0 && src[ranges[i-1].End-1] != '\n' {
			b.WriteByte('\n')
		}
		b.Write(src[r.Start:r.End])
	}
	return b.String()
}

// File is the result of chunking one file.
type File struct {
	Language      string  // canonical name as in Languages, "text" when unknown
	Content       Content // what kind of text the language is
	Documentation string  // documentation of the package, module or file, when the text has it
	Units         []Unit  // ascending by Range.Start; a type's unit comes before the units of its members
	Damaged       bool    // a grammar met errors; units were recovered around them
	Truncated     bool    // the text was longer than Options.MaxBytes; nothing beyond it is in a unit
	Fallback      string  // why text windows were used instead of a grammar, "" when they were not
	State         *State  // for Options.Previous of the next version of the same file; nil unless Options.Keep
}

// view returns the bytes of the range as a string that shares their memory.
func view(src []byte, r Range) string {
	if r.Len() <= 0 {
		return ""
	}
	return unsafe.String(&src[r.Start], r.Len())
}
