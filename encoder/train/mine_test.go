package train

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestCleanQuery(t *testing.T) {
	for _, test := range []struct{ name, documentation, query, reason string }{
		{"", "", "", reasonUndocumented},
		{"", " \n\t", "", reasonUndocumented},
		{"Read", "Read reads a file fully. It returns its bytes. More follows here.", "reads a file fully. It returns its bytes.", ""},
		{"read", "read() - reads a file fully", "reads a file fully", ""},
		{"f", "Reads a file.\n\n:param path: where", "Reads a file.", ""},
		{"f", "Reads a file.\nArgs:\n  path: where", "Reads a file.", ""},
		{"f", "Reads a file\nfrom the disk.\n@param path where", "Reads a file from the disk.", ""},
		{"f", "@description Reads a file.\n@returns bytes", "Reads a file.", ""},
		{"f", "@name f\n@summary Get the day of the week.", "Get the day of the week.", ""},
		{"f", "Returns a {@link Foo foo} for the <b>given</b> {@code bar}.", "Returns a Foo foo for the given bar.", ""},
		{"f", "Like :class:`dict` but see [the docs](https://example.org/x) for `more`.", "Like dict but see the docs for more.", ""},
		{"f", ":class:`dict` with default values for missing keys", "dict with default values for missing keys", ""},
		{"f", "Sums &amp; counts https://example.org all of them.", "Sums counts all of them.", ""},
		{"g_list_copy", "g_list_copy:\n@list: a list,\n  maybe empty\n@...: more\n\nCopies a list with its nodes.", "Copies a list with its nodes.", ""},
		{"f", "f - frees the buffer of a device\n@dev: the device\n\nMore of it.", "frees the buffer of a device", ""},
		{"f", "Selects the next client.\n@tab c the client\n@treturn bool", "Selects the next client.", ""},
		{"f", "Moves a point to the left.\n- Parameter x: how far\n- Returns: it", "Moves a point to the left.", ""},
		{"F", "<summary>\nWrites a <see cref=\"T:System.Int64\"/> to <paramref name=\"to\"/>.\n</summary>\n<param name=\"to\">Where.</param>", "Writes a Int64 to to.", ""},
		{"f", "Usage: f DIRECTORY [file ...]", "", reasonBoilerplate},
		{"f", "Gets it.", "", reasonShortDoc},
		{"f", "TODO: make this fast at last", "", reasonBoilerplate},
		{"f", "{@inheritDoc} and nothing else to say", "", reasonBoilerplate},
		{"f", "读取整个文件 并返回 它的内容", "", reasonLanguage},
		{"f", "x = y + 1; // += 2 == 3", "", reasonLanguage},
		{"f", strings.Repeat("many words here ", 40), strings.TrimSpace(strings.Repeat("many words here ", 16)), ""},
	} {
		query, reason := cleanQuery(test.documentation, test.name)
		if query != test.query || reason != test.reason {
			t.Errorf("query of %q: %q (%s), want %q (%s)", test.documentation, query, reason, test.query, test.reason)
		}
	}
}

func FuzzCleanQuery(f *testing.F) {
	f.Add("Reads `a` {@link file}.\n\n@param x", "read")
	f.Fuzz(func(t *testing.T, documentation, name string) {
		query, reason := cleanQuery(documentation, name)
		if (query == "") != (reason != "") {
			t.Fatalf("query %q with reason %q", query, reason)
		}
		if words := len(strings.Fields(query)); words > maxQueryWords {
			t.Fatalf("query of %d words", words)
		}
	})
}

const longFunction = `def copy_lines(source, target, limit):
    count = 0
    for line in source:
        if count == limit:
            break
        target.write(line.strip() + "\n")
        count += 1
        if line.startswith("#"):
            continue
        notify_listeners(count, line, target)
    target.flush()
    return count
`

func TestFingerprint(t *testing.T) {
	set := duplicateSet{}
	set.add(fingerprintOf(longFunction, "copy_lines"))
	for _, test := range []struct {
		change   string
		text     string
		name     string
		expected bool
	}{
		{"none", longFunction, "copy_lines", true},
		{"layout", strings.ReplaceAll(longFunction, "    ", "\t"), "copy_lines", true},
		{"name", strings.ReplaceAll(longFunction, "copy_lines", "transfer"), "transfer", true},
		{"one line", strings.Replace(longFunction, "    target.flush()\n", "", 1), "copy_lines", true},
		{"everything", "def other(a, b):\n    return [x for x in a if x not in b and x is not None and len(x) > 3]\n", "other", false},
	} {
		if got := set.seen(fingerprintOf(test.text, test.name)); got != test.expected {
			t.Errorf("change of %s: seen %v, want %v", test.change, got, test.expected)
		}
	}
	short := fingerprintOf("x", "")
	if set.seen(short) || fingerprintOf("y", "") == short {
		t.Error("texts shorter than a shingle are all alike")
	}
}

func TestSpread(t *testing.T) {
	for n := range 20 {
		for keep := range n + 1 {
			kept := 0
			for i := 1; i <= n; i++ {
				if spread(i, n, keep) {
					kept++
				}
			}
			if n > 0 && kept != keep {
				t.Errorf("%d of %d: kept %d", keep, n, kept)
			}
		}
	}
}

// sampleRepository makes a git repository whose functions hit every filter, and returns its directory.
func sampleRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("LICENSE", "free")
	write("io.go", "package io\n\n// CopyLines copies lines from a reader to a writer.\nfunc CopyLines(r, w string, limit int) (count int, err error) {\n"+
		"\tfor scanner.Scan() {\n\t\tif count == limit {\n\t\t\tbreak\n\t\t}\n\t\tfmt.Fprintln(w, scanner.Text())\n\t\tcount++\n\t}\n\treturn count, scanner.Err()\n}\n\n"+
		"func undocumented(values []string, separator string) (joined string) {\n\tfor _, value := range values {\n\t\tjoined += value + separator\n\t}\n\treturn joined\n}\n\n"+
		"// Short is much too short to learn from.\nfunc Short() {}\n")
	write("zcopy.go", "package io\n\n// DuplicateLines does the very same once more.\nfunc DuplicateLines(r, w string, limit int) (count int, err error) {\n"+
		"\tfor scanner.Scan() {\n\t\tif count == limit {\n\t\t\tbreak\n\t\t}\n\t\tfmt.Fprintln(w, scanner.Text())\n\t\tcount++\n\t}\n\treturn count, scanner.Err()\n}\n")
	write("io_test.go", "package io\n\n// TestCopy tests the copying of lines.\nfunc TestCopy(t *testing.T) {\n\tif n, err := CopyLines(a, b, 3); n != 3 || err != nil {\n\t\tt.Fatal(n, err)\n\t}\n}\n")
	write("vendor/x/x.go", "package x\n")
	write("big.go", "package io\n"+strings.Repeat("// filler\n", 1000))
	write("latin1.go", "package io // \xe9\n")
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first"},
	} {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	return dir
}

func TestMine(t *testing.T) {
	repository := sampleRepository(t)
	plain := t.TempDir() // the same files without git
	if err := os.CopyFS(plain, os.DirFS(repository)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(plain, ".git")); err != nil {
		t.Fatal(err)
	}
	var contents [][]byte
	for _, root := range []string{repository, filepath.Join(repository, ".git"), plain} {
		out := filepath.Join(t.TempDir(), "records")
		opts := MineOptions{Dir: out, MaxFile: 4000}
		reports, err := Mine(context.Background(), []Repository{{"missing/one", filepath.Join(out, "no")}, {"some/one", root}}, opts)
		if err != nil {
			t.Fatal(err)
		}
		if reports[0].Err == nil {
			t.Error("a missing repository: no error in its report")
		}
		r := reports[1]
		if r.Err != nil || r.Pairs != 1 || r.Undocumented != 1 || r.License != "LICENSE" || r.Languages["go"] != 1 {
			t.Errorf("report %+v, want one pair and one undocumented function", r)
		}
		for _, reason := range []string{reasonShortBody, reasonTest, reasonDuplicate, reasonFileSize, reasonFileText, reasonVendored} {
			if r.Dropped[reason] != 1 {
				t.Errorf("dropped for %q: %d, want 1", reason, r.Dropped[reason])
			}
		}
		var text bytes.Buffer
		err = readRecords(recordFile(out, "some/one"), func(rec *Record) error {
			rec.Revision = ""
			fmt.Fprintf(&text, "%+v\n", *rec)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, text.Bytes())
		again, err := Mine(context.Background(), []Repository{{"some/one", root}}, opts)
		if err != nil || !again[0].Resumed || again[0].Pairs != 1 || again[0].Undocumented != 1 {
			t.Errorf("second run: %+v, %v, want the first one's records", again, err)
		}
	}
	if !bytes.Equal(contents[0], contents[1]) || !bytes.Equal(contents[0], contents[2]) {
		t.Errorf("checkout, git directory and folder give different records:\n%s\n%s\n%s", contents[0], contents[1], contents[2])
	}
	if !strings.Contains(string(contents[0]), "copies lines from a reader to a writer.") {
		t.Errorf("records %s lack the query", contents[0])
	}
}

func TestMineKeepsEvaluationOut(t *testing.T) {
	repository := sampleRepository(t)
	functions := filepath.Join(t.TempDir(), "functions.jsonl")
	line := `{"id": 1, "text": "func Renamed(r, w string, limit int) (count int, err error) {\n\tfor scanner.Scan() {\n\t\tif count == limit {\n\t\t\tbreak\n\t\t}\n\t\tfmt.Fprintln(w, scanner.Text())\n\t\tcount++\n\t}\n\treturn count, scanner.Err()\n}"}` + "\n"
	if err := os.WriteFile(functions, []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
	opts := MineOptions{Dir: t.TempDir(), Functions: functions, Language: "a.go"}
	reports, err := Mine(context.Background(), []Repository{{"some/one", repository}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if r := reports[0]; r.Pairs != 0 || r.Dropped[reasonEvaluation] != 2 {
		t.Errorf("report %+v, want no pair and two copies of evaluation data", r)
	}
	if err := os.WriteFile(functions, []byte("{\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Mine(context.Background(), nil, opts); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("broken list of functions: error %v, want its line", err)
	}
}

func TestMineCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	opts := MineOptions{Dir: t.TempDir()}
	if _, err := Mine(ctx, []Repository{{"some/one", sampleRepository(t)}}, opts); err == nil {
		t.Error("no error after the context ended")
	}
	if files, _ := filepath.Glob(filepath.Join(opts.Dir, "*")); len(files) != 0 {
		t.Errorf("files %v are left", files)
	}
}

func TestRecords(t *testing.T) {
	path := recordFile(t.TempDir(), "a/b")
	want := []Record{{Query: "q", Name: "n", Body: "b <&>", Split: SplitTrain}, {Name: "m", Start: 3, End: 4}}
	if err := writeRecords(path, want); err != nil {
		t.Fatal(err)
	}
	var got []Record
	if err := readRecords(path, func(r *Record) error { got = append(got, *r); return nil }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("records %+v, want %+v", got, want)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-12], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := readRecords(path, func(*Record) error { return nil }); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("truncated file: error %v, want its path", err)
	}
	if err := writeRecords(filepath.Join(path, "x"), nil); err == nil {
		t.Error("write below a file: no error")
	}
}

func TestSplitsByRepository(t *testing.T) {
	counts := map[string]int{}
	for i := range 2000 {
		name := fmt.Sprintf("owner/name%d", i)
		split := splitOf(name)
		if split != splitOf(strings.ToUpper(name)) {
			t.Fatalf("split of %s depends on its case", name)
		}
		counts[split]++
	}
	if counts[SplitTrain] < 1700 || counts[SplitValidation] < 50 || counts[SplitTest] < 50 {
		t.Errorf("splits %v, want 90, 5 and 5 %%", counts)
	}
}
