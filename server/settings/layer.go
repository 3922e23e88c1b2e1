// Package settings holds what a person can set, once: the struct Settings with its documentation, decoding from an
// editor's JSON and a repository's TOML with errors that name the key, the rules of precedence, and the generated
// reference settings.md and settings.schema.json.
//
// # Precedence
//
// From weakest to strongest: the defaults; the file .semantic.toml at the root of the repository; what the editor
// sent. Editors send defaults unasked, so a value from an editor that equals the default counts as not set and does
// not hide the repository's value. Of several answers of an editor (initializationOptions, workspace/configuration,
// workspace/didChangeConfiguration) the latest counts, key by key. Flags of a command line are stronger than all.
//
// A repository's file may set what concerns its code, never what concerns the machine: keys of scope "machine" in
// it are refused with a warning, since the file comes with a clone from anybody.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// RepositoryFile is the name of the settings file at the root of a repository.
const RepositoryFile = ".semantic.toml"

// Section is the name of the configuration section that editors are asked for.
const Section = "semantic"

// maxRepositoryFile is the size in bytes above which a repository's settings file is refused.
const maxRepositoryFile = 1 << 20

// Origin says who wrote a layer of settings and thereby what it may set.
type Origin int

// The origins, from weakest to strongest.
const (
	FromRepository  Origin = iota // .semantic.toml: no machine keys
	FromEditor                    // values that equal the default count as not set
	FromCommandLine               // taken as they are
)

// Layer is the settings of one source, not yet checked.
type Layer struct {
	Origin Origin
	Name   string         // where it came from, for messages
	Values map[string]any // nested or with dotted keys, as decoded from JSON or TOML
}

// Problem is something wrong with a setting. The setting is left as it was.
type Problem struct {
	Source  string // name of the layer
	Key     string // dotted key, "" when the source as a whole is unreadable
	Message string // what is wrong, with the allowed values
	Warning bool   // harmless: an unknown key or one that does not belong there
}

// Error implements error: source, key and message on one line.
func (p Problem) Error() string {
	if p.Key == "" {
		return p.Source + ": " + p.Message
	}
	return p.Source + ": " + p.Key + ": " + p.Message
}

// ParseJSON reads a layer from the JSON an editor sent. The object may be the settings themselves or hold them under
// "semantic", beside sections of other programs; null and nothing give an empty layer.
func ParseJSON(origin Origin, name string, data []byte) (Layer, error) {
	layer := Layer{Origin: origin, Name: name}
	if len(bytes.TrimSpace(data)) == 0 {
		return layer, nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return layer, fmt.Errorf("decode %s: %w", name, err)
	}
	switch v := value.(type) {
	case nil:
		return layer, nil
	case map[string]any:
		layer.Values = unwrap(v)
		return layer, nil
	default:
		return layer, fmt.Errorf("decode %s: an object is needed, got %s", name, describe(value))
	}
}

// unwrap removes the section name: {"semantic": {...}} or {"semantic.enabled": …}. When there is one, everything else
// belongs to other programs.
func unwrap(values map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if inner, ok := values[key].(map[string]any); ok && key == Section {
			maps.Copy(out, inner)
		} else if rest, ok := strings.CutPrefix(key, Section+"."); ok {
			out[rest] = values[key]
		}
	}
	if _, ok := values[Section]; ok || len(out) > 0 {
		return out
	}
	return values
}

// ParseTOML reads a layer from the text of a settings file.
func ParseTOML(origin Origin, name string, data []byte) (Layer, error) {
	layer := Layer{Origin: origin, Name: name}
	if _, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&layer.Values); err != nil {
		layer.Values = nil
		return layer, fmt.Errorf("decode %s: %w", name, err)
	}
	return layer, nil
}

// ReadRepository reads the settings file of the repository at root. A missing file gives an empty layer. Links are
// not followed, so that a repository cannot point at a file elsewhere.
func ReadRepository(root string) (Layer, error) {
	path := filepath.Join(root, RepositoryFile)
	layer := Layer{Origin: FromRepository, Name: path}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return layer, nil
	}
	if err != nil {
		return layer, fmt.Errorf("read settings: %w", err)
	}
	if !info.Mode().IsRegular() {
		return layer, fmt.Errorf("read settings %s: not a regular file", path)
	}
	if info.Size() > maxRepositoryFile {
		return layer, fmt.Errorf("read settings %s: %d bytes, at most %d are allowed", path, info.Size(), maxRepositoryFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return layer, fmt.Errorf("read settings: %w", err)
	}
	return ParseTOML(FromRepository, path, data)
}

// Check returns the layer with what is sound in it alone, and what is wrong with the rest.
func (l Layer) Check() (Layer, []Problem) {
	sound, problems := decodeLayer(l)
	if l.Values == nil {
		return l, problems
	}
	l.Values = make(map[string]any, len(sound))
	for key, v := range sound {
		l.Values[key] = v.raw
	}
	return l, problems
}

// Resolve applies layers over the defaults, the weakest first whatever order they are given in; layers of one origin
// keep their order. A problem leaves its key as the weaker layers set it and does not touch other keys.
func Resolve(layers ...Layer) (Settings, []Problem) {
	standard := Default()
	s := Default()
	target, defaults := reflect.ValueOf(&s).Elem(), reflect.ValueOf(&standard).Elem()
	var problems []Problem
	for _, origin := range []Origin{FromRepository, FromEditor, FromCommandLine} {
		latest := map[string]value{}
		for _, layer := range layers {
			if layer.Origin != origin {
				continue
			}
			sound, bad := decodeLayer(layer)
			maps.Copy(latest, sound)
			problems = append(problems, bad...)
		}
		for _, v := range latest {
			unasked := reflect.DeepEqual(v.value.Interface(), defaults.FieldByIndex(v.leaf.index).Interface())
			if origin == FromEditor && unasked {
				continue
			}
			target.FieldByIndex(v.leaf.index).Set(v.value)
		}
	}
	return s, problems
}

// NeedRestart returns the keys in which two settings differ although the server reads them only when it starts.
func NeedRestart(before, after Settings) []string {
	var keys []string
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for _, leaf := range leaves {
		if leaf.restart && !reflect.DeepEqual(a.FieldByIndex(leaf.index).Interface(), b.FieldByIndex(leaf.index).Interface()) {
			keys = append(keys, leaf.key)
		}
	}
	return keys
}

// ResolveRoot is Resolve with the settings file of the repository at root as the weakest layer. An unreadable file
// is a problem and counts as empty. An empty root means no repository.
func ResolveRoot(root string, layers ...Layer) (Settings, []Problem) {
	if root == "" {
		return Resolve(layers...)
	}
	file, err := ReadRepository(root)
	s, problems := Resolve(append([]Layer{file}, layers...)...)
	if err != nil {
		problems = append([]Problem{{Source: file.Name, Message: err.Error()}}, problems...)
	}
	return s, problems
}
