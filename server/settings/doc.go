package settings

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
)

//go:embed settings.go
var source []byte

// documented is a setting with the comment of its field.
type documented struct {
	setting
	doc      string // one paragraph
	standard any
}

// document pairs every setting with the comment of its field in the source.
func document() ([]documented, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "settings.go", source, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse the settings' source: %w", err)
	}
	structs := map[string]*ast.StructType{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
		return true
	})
	standard := reflect.ValueOf(Default())
	var out []documented
	for _, leaf := range leaves {
		out = append(out, documented{
			setting:  leaf,
			doc:      comment(structs, leaf.index),
			standard: standard.FieldByIndex(leaf.index).Interface(),
		})
	}
	return out, nil
}

// comment returns the comment of the field that index leads to, from Settings down.
func comment(structs map[string]*ast.StructType, index []int) string {
	t := reflect.TypeFor[Settings]()
	var field *ast.Field
	for _, i := range index {
		name := t.Field(i).Name
		for _, f := range structs[t.Name()].Fields.List {
			if f.Names[0].Name == name {
				field = f
			}
		}
		t = t.Field(i).Type
	}
	return strings.Join(strings.Fields(field.Doc.Text()), " ")
}

// Markdown returns the reference of all settings, which is the file settings.md.
func Markdown() ([]byte, error) {
	all, err := document()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`# Settings

<!-- Generated from settings.go by "go test ./server/settings -update". Do not edit. -->

In an editor the settings live in the section "semantic". A repository can carry a file ".semantic.toml" at its root:

    enabled = "on"

    [index]
    exclude = ["third_party/**"]

From weakest to strongest: defaults, the repository's file, the editor (a value that equals the default counts as not
set there), flags of the command line. Settings marked "machine" are not taken from a repository's file. A wrong value
leaves the setting as it was and is reported with its key; an unknown key is reported and ignored.
`)
	for _, s := range all {
		standard, err := json.Marshal(s.standard)
		if err != nil {
			return nil, fmt.Errorf("encode the default of %s: %w", s.key, err)
		}
		fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n- takes %s\n- default `%s`\n", s.key, s.doc, s.expects(), standard)
		if s.machine {
			b.WriteString("- machine: not taken from a repository's file\n")
		}
		if s.restart {
			b.WriteString("- at the start: give it in the initialization options or on the command line; a change needs a restart of the server\n")
		}
	}
	return b.Bytes(), nil
}

// property is a setting in the form that editors' configuration schemas share.
type property struct {
	Type        string         `json:"type"`
	Description string         `json:"description"`
	Default     any            `json:"default"`
	Enum        []string       `json:"enum,omitempty"`
	Items       map[string]any `json:"items,omitempty"`
	Minimum     *int64         `json:"minimum,omitempty"`
	Maximum     *int64         `json:"maximum,omitempty"`
	Scope       string         `json:"scope,omitempty"`
}

// Schema returns the JSON schema of the section "semantic" with flat keys, as editors want it in the manifest of an
// extension; it is the file settings.schema.json.
func Schema() ([]byte, error) {
	all, err := properties()
	if err != nil {
		return nil, err
	}
	return indented(map[string]any{
		"$schema":              "http://json-schema.org/draft-07/schema#",
		"title":                "Settings of the semantic code search language server",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           all,
	})
}

// properties returns all settings by their key with the section.
func properties() (map[string]property, error) {
	all, err := document()
	if err != nil {
		return nil, err
	}
	out := map[string]property{}
	for _, s := range all {
		p := property{Description: s.doc, Default: s.standard, Enum: s.values()}
		switch s.typ.Kind() {
		case reflect.Bool:
			p.Type = "boolean"
		case reflect.String:
			p.Type = "string"
		case reflect.Slice:
			p.Type, p.Items = "array", map[string]any{"type": "string"}
		default:
			p.Type, p.Minimum, p.Maximum = "integer", &s.min, &s.max
		}
		if s.machine {
			p.Scope = "machine-overridable"
		}
		out[Section+"."+s.key] = p
	}
	return out, nil
}

func indented(v any) ([]byte, error) {
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the schema: %w", err)
	}
	return append(out, '\n'), nil
}

// AtStart returns a module of the extension of VS Code that lists the settings which count when the server starts.
func AtStart() ([]byte, error) {
	all, err := document()
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, s := range all {
		if s.restart {
			keys = append(keys, s.key)
		}
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("encode keys of settings: %w", err)
	}
	return fmt.Appendf(nil, `// Generated from server/settings by "go test ./server/settings -update". Do not edit.

/** Settings of the server that count when it starts. All others reach it while it runs. */
export const atStart: readonly string[] = %s;
`, bytes.ReplaceAll(list, []byte(","), []byte(", "))), nil
}

// extensionSettings comes before the settings in the manifest of the extension of VS Code.
const extensionSettings = `"title": "Search and Index",
        "properties": `

// Manifest returns the manifest of the extension of VS Code with the settings of the server in their place.
func Manifest(manifest []byte) ([]byte, error) {
	before, after, found := bytes.Cut(manifest, []byte(extensionSettings))
	if !found {
		return nil, fmt.Errorf("put settings into the manifest: it has no %q", extensionSettings)
	}
	decoder := json.NewDecoder(bytes.NewReader(after))
	var old json.RawMessage
	if err := decoder.Decode(&old); err != nil {
		return nil, fmt.Errorf("put settings into the manifest: decode the old ones: %w", err)
	}
	all, err := properties()
	if err != nil {
		return nil, err
	}
	settings, err := indented(all)
	if err != nil {
		return nil, err
	}
	settings = bytes.ReplaceAll(bytes.TrimSpace(settings), []byte("\n"), []byte("\n        "))
	return slices.Concat(before, []byte(extensionSettings), settings, after[decoder.InputOffset():]), nil
}
