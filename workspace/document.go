package workspace

import (
	"errors"
	"fmt"
	"sync"
)

// A Document is the text of an open editor buffer at one version. It is
// immutable: an edit makes a new one.
type Document struct {
	Path       string
	LanguageID string // as the editor names it, possibly ""
	Version    int32
	Content    []byte // must not be modified
	Hash       Hash
	// Saved reports that the editor has said this text is on disk: it was
	// saved and not changed since.
	Saved bool

	mapper func() *Mapper
}

func newDocument(path, languageID string, version int32, content []byte) *Document {
	return &Document{
		Path: path, LanguageID: languageID, Version: version, Content: content, Hash: HashOf(content),
		mapper: sync.OnceValue(func() *Mapper { return NewMapper(content) }),
	}
}

// Mapper returns the position mapper of the document's text, made when first asked for.
func (d *Document) Mapper() *Mapper { return d.mapper() }

// A TextChange replaces a range of a document by a text; without a range it
// replaces all of it.
type TextChange struct {
	Range *Range
	Text  string
}

// ApplyChanges returns content after the changes, each of which counts in the
// text that the one before it left. It fails, and returns nothing, when a
// range lies outside the text or ends before it starts.
func ApplyChanges(content []byte, changes []TextChange, enc Encoding) ([]byte, error) {
	for i, change := range changes {
		if change.Range == nil {
			content = []byte(change.Text)
			continue
		}
		start, end, err := offsetsOf(NewMapper(content), *change.Range, enc)
		if err != nil {
			return nil, fmt.Errorf("apply change %d of %d: %w", i+1, len(changes), err)
		}
		next := make([]byte, 0, len(content)-(end-start)+len(change.Text))
		next = append(next, content[:start]...)
		next = append(next, change.Text...)
		content = append(next, content[end:]...)
	}
	return content, nil
}

func offsetsOf(m *Mapper, r Range, enc Encoding) (start, end int, err error) {
	if start, err = m.Offset(r.Start, enc); err != nil {
		return 0, 0, fmt.Errorf("range start: %w", err)
	}
	if end, err = m.Offset(r.End, enc); err != nil {
		return 0, 0, fmt.Errorf("range end: %w", err)
	}
	if end < start {
		return 0, 0, errors.New("range ends before it starts")
	}
	return start, end, nil
}
