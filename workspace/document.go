package workspace

import "sync"

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
