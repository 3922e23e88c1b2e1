package train

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCorpus checks the list of what the embedded model was trained on: nothing that results are measured on, no
// repository twice, each in the split its name gives it.
func TestCorpus(t *testing.T) {
	data, err := os.ReadFile("corpus.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	seen := map[string]bool{}
	pairs := 0
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != 7 {
			t.Fatalf("line %d: %d fields, want 7", i+2, len(fields))
		}
		name, revision, split := fields[0], fields[1], fields[2]
		if KeptOut(name) {
			t.Errorf("%s is kept out of training", name)
		}
		if seen[strings.ToLower(name)] {
			t.Errorf("%s is listed twice", name)
		}
		seen[strings.ToLower(name)] = true
		if source, _, released := strings.Cut(revision, " "); len(revision) != 40 &&
			!(released && slices.Contains([]string{"pypi", "debian", "maven"}, source)) {
			t.Errorf("%s: revision %q, want a commit or a released package", name, revision)
		}
		if license := fields[3]; license == "" || license == "-" {
			t.Errorf("%s: no licence file", name)
		}
		if want := splitOf(name); split != want {
			t.Errorf("%s: split %s, want %s", name, split, want)
		}
		n, err := strconv.Atoi(fields[4])
		if err != nil || n < 0 {
			t.Errorf("%s: %q pairs", name, fields[4])
		}
		pairs += n
	}
	if len(seen) < 250 || pairs < 600000 {
		t.Errorf("%d repositories with %d pairs, want at least 250 and 600,000", len(seen), pairs)
	}
}

func TestKeptOut(t *testing.T) {
	for name, want := range map[string]bool{
		"golang/go": true, "Golang/Go": true, "someone/requests": true, "psf/requests": true,
		"networkx/networkx": false, "pallets/werkzeug": false, "": false,
	} {
		if got := KeptOut(name); got != want {
			t.Errorf("%q kept out: %v, want %v", name, got, want)
		}
	}
}
