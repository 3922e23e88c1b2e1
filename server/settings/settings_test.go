package settings

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write settings.md, settings.schema.json and what the extension of VS Code has of the settings")

// TestGeneratedFiles holds settings.md, settings.schema.json and what the extension of VS Code has of the settings to the
// struct.
func TestGeneratedFiles(t *testing.T) {
	extension := filepath.Join("..", "..", "editors", "vscode")
	manifest := filepath.Join(extension, "package.json")
	for name, generate := range map[string]func() ([]byte, error){
		"settings.md":          Markdown,
		"settings.schema.json": Schema,
		filepath.Join(extension, "src", "server", "settings.ts"): AtStart,
		manifest: func() ([]byte, error) {
			text, err := os.ReadFile(manifest)
			if err != nil {
				return nil, err
			}
			return Manifest(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
		},
	} {
		want, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is stale: run go test ./server/settings -update", name)
		}
	}
}

func TestManifestWithoutSettings(t *testing.T) {
	for _, text := range []string{``, `{}`, `{"contributes": {` + "\n" + `        ` + extensionSettings + `{"semantic.x": `} {
		if out, err := Manifest([]byte(text)); err == nil {
			t.Errorf("Manifest(%q) = %q, want an error", text, out)
		}
	}
}

// TestEverySettingIsDocumented also guards against a field without key, range or values.
func TestEverySettingIsDocumented(t *testing.T) {
	all, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.doc == "" || !strings.HasSuffix(s.doc, ".") {
			t.Errorf("%s: no comment that ends in a full stop", s.key)
		}
		if s.typ.Kind() == reflect.Int || s.typ.Kind() == reflect.Int64 {
			if s.max <= s.min {
				t.Errorf("%s: no range", s.key)
			}
		}
		if _, err := s.decode(plain(s.standard)); err != nil {
			t.Errorf("%s: the default is refused: %v", s.key, err)
		}
	}
}

// plain turns a default into what a decoder would give for it.
func plain(v any) any {
	value := reflect.ValueOf(v)
	switch value.Kind() {
	case reflect.String:
		return value.String()
	case reflect.Slice:
		return []any{}
	case reflect.Bool:
		return value.Bool()
	default:
		return value.Int()
	}
}

func parse(t *testing.T, origin Origin, text string) Layer {
	t.Helper()
	read := ParseJSON
	if origin == FromRepository {
		read = ParseTOML
	}
	layer, err := read(origin, "test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

func TestDecode(t *testing.T) {
	cases := []struct {
		name, json string
		want       func(*Settings)
		problems   []string
	}{
		{"nothing", ``, nil, nil},
		{"null", `null`, nil, nil},
		{"empty", `{}`, nil, nil},
		{"null value", `{"enabled": null, "index": null}`, nil, nil},
		{"nested", `{"index": {"engine": "scan", "exclude": ["a/**", "b"]}}`, func(s *Settings) {
			s.Index.Engine, s.Index.Exclude = EngineScan, []string{"a/**", "b"}
		}, nil},
		{"in a section", `{"semantic": {"search": {"limit": 7}}}`, func(s *Settings) { s.Search.Limit = 7 }, nil},
		{"beside other sections", `{"gopls": {"x": 1}, "semantic": {"search": {"limit": 7}}}`, func(s *Settings) { s.Search.Limit = 7 }, nil},
		{"a null section", `{"gopls": {"x": 1}, "semantic": null}`, nil, nil},
		{"dotted without section", `{"search.limit": 7}`, func(s *Settings) { s.Search.Limit = 7 }, nil},
		{"dotted", `{"semantic.search.limit": 7, "semantic.index.nestedRepositories": true}`, func(s *Settings) {
			s.Search.Limit, s.Index.NestedRepositories = 7, true
		}, nil},
		{"whole number as float", `{"index": {"maxFileSize": 2e6}}`, func(s *Settings) { s.Index.MaxFileSize = 2_000_000 }, nil},
		{"unknown", `{"symbols": "off", "colour": true}`, func(s *Settings) { s.Symbols = SymbolsOff },
			[]string{`test: colour: unknown setting`}},
		{"suggestion", `{"index": {"excludes": ["x"]}}`, nil, []string{`test: index.excludes: unknown setting, did you mean "index.exclude"?`}},
		{"suggestion ignores case", `{"Enabled": "on"}`, nil, []string{`test: Enabled: unknown setting, did you mean "enabled"?`}},
		{"enum", `{"enabled": "yes"}`, nil, []string{`test: enabled: one of "auto", "on", "off" is needed, got "yes"`}},
		{"enum of another type", `{"enabled": true}`, nil, []string{`test: enabled: one of "auto", "on", "off" is needed, got true`}},
		{"bool", `{"client": {"progress": "no"}}`, nil, []string{`test: client.progress: true or false is needed, got "no"`}},
		{"range", `{"search": {"limit": 0}}`, nil, []string{`test: search.limit: a whole number from 1 to 1000 is needed, got 0`}},
		{"fraction", `{"search": {"limit": 1.5}}`, nil, []string{`test: search.limit: a whole number from 1 to 1000 is needed, got 1.5`}},
		{"too large for int64", `{"search": {"limit": 99999999999999999999}}`, nil,
			[]string{`test: search.limit: a whole number from 1 to 1000 is needed, got 99999999999999999999`}},
		{"list", `{"index": {"exclude": ["a", 1]}}`, nil, []string{`test: index.exclude: a list of strings is needed, got ["a",1]`}},
		{"a group is not a value", `{"index": 3}`, nil, []string{`test: index: unknown setting`}},
		{"a bad key leaves the good ones", `{"enabled": 1, "search": {"limit": 9}}`, func(s *Settings) { s.Search.Limit = 9 },
			[]string{`test: enabled: one of "auto", "on", "off" is needed, got 1`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := Default()
			if c.want != nil {
				c.want(&want)
			}
			got, problems := Resolve(parse(t, FromEditor, c.json))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			var messages []string
			for _, p := range problems {
				messages = append(messages, p.Error())
			}
			if !reflect.DeepEqual(messages, c.problems) {
				t.Errorf("problems %q, want %q", messages, c.problems)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	for _, text := range []string{`{`, `[]`, `3`, `"x"`} {
		if _, err := ParseJSON(FromEditor, "options", []byte(text)); err == nil || !strings.Contains(err.Error(), "options") {
			t.Errorf("ParseJSON(%q): %v", text, err)
		}
	}
	if _, err := ParseTOML(FromRepository, "x.toml", []byte("a = ")); err == nil || !strings.Contains(err.Error(), "x.toml") {
		t.Errorf("ParseTOML: %v", err)
	}
}

func TestPrecedence(t *testing.T) {
	repository := parse(t, FromRepository, "enabled = \"on\"\nsymbols = \"sentences\"\n[search]\nlimit = 50\n")
	first := parse(t, FromEditor, `{"symbols": "off", "search": {"limit": 20}}`)
	second := parse(t, FromEditor, `{"enabled": "off"}`)
	flags := parse(t, FromCommandLine, `{"search": {"limit": 20}}`)

	s, problems := Resolve(first, repository, second)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	if s.Enabled != EnabledOff || s.Symbols != SymbolsOff {
		t.Errorf("an editor's choice must hide the repository's: %+v", s)
	}
	if s.Search.Limit != 50 {
		t.Errorf("an editor's default must not hide the repository's limit, got %d", s.Search.Limit)
	}
	if s, _ := Resolve(flags, repository); s.Search.Limit != 20 {
		t.Errorf("a flag is taken as it is, got %d", s.Search.Limit)
	}
	if s, _ := Resolve(second, parse(t, FromEditor, `{"enabled": "auto"}`)); s.Enabled != EnabledAuto {
		t.Errorf("the latest answer of an editor counts, got %s", s.Enabled)
	}
}

func TestNeedRestart(t *testing.T) {
	before, after := Default(), Default()
	after.Search.Limit, after.CacheDir, after.Index.Watch = 3, "/elsewhere", WatchPoll
	if got := NeedRestart(before, after); !reflect.DeepEqual(got, []string{"cacheDir", "index.watch"}) {
		t.Errorf("got %q", got)
	}
	if got := NeedRestart(after, after); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestRepositoryFile(t *testing.T) {
	dir := t.TempDir()
	if s, problems := ResolveRoot(dir); !reflect.DeepEqual(s, Default()) || problems != nil {
		t.Errorf("without a file: %+v, %v", s, problems)
	}
	path := filepath.Join(dir, RepositoryFile)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cacheDir = \"/elsewhere\"\n[index]\nengine = \"graph\"\nmaxFileSize = 5\n")
	s, problems := ResolveRoot(dir)
	if s.CacheDir != "" || s.Index.Engine != EngineGraph || s.Index.MaxFileSize != 5 {
		t.Errorf("got %+v", s)
	}
	if len(problems) != 1 || problems[0].Key != "cacheDir" || !problems[0].Warning {
		t.Errorf("a machine key must be refused with a warning: %v", problems)
	}
	write("index = [")
	if s, problems := ResolveRoot(dir); !reflect.DeepEqual(s, Default()) || len(problems) != 1 {
		t.Errorf("unreadable: %+v, %v", s, problems)
	}
	write(strings.Repeat("#", maxRepositoryFile+1))
	if _, err := ReadRepository(dir); err == nil {
		t.Error("a huge file was read")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRepository(dir); err == nil {
		t.Error("a folder was read")
	}
}

// FuzzDecode holds that no input breaks decoding and that whatever comes out can be applied again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"index":{"exclude":["a"]}}`, `{"semantic":{"semantic":{}}}`, `{"":{"":null}}`, "a.b = 1\n[c]\n", "d = 2020-01-01\n", "x = [[1]]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func(Origin, string, []byte) (Layer, error){ParseJSON, ParseTOML} {
			layer, err := read(FromCommandLine, "fuzz", data)
			if err != nil {
				continue
			}
			once, _ := Resolve(layer)
			twice, _ := Resolve(layer, layer)
			if !reflect.DeepEqual(once, twice) {
				t.Fatalf("%+v and %+v", once, twice)
			}
		}
	})
}
