package nvim

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lsp/indexer/search"
	"lsp/server/settings"
)

var update = flag.Bool("update", false, "write the generated sections of doc/semantic.txt")

// The sections of the help that are generated, from their heading to the rule after them or the mode line.
const (
	operatorsHeading = "11. Operators of queries                              *semantic-operators*\n"
	settingsHeading  = "12. Settings of the server                             *semantic-settings*\n"
	rule             = "==============================================================================\n"
	modeLine         = " vim:tw=78:"
)

// TestHelp holds the sections of the help about operators and settings to the tables in the program.
func TestHelp(t *testing.T) {
	const file = "doc/semantic.txt"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	want := replaceSection(t, text, operatorsHeading, helpOperators())
	want = replaceSection(t, want, settingsHeading, helpSettings(t))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != want {
		t.Errorf("%s is stale: run go test ./editors/nvim -run TestHelp -update", file)
	}
}

// replaceSection replaces what follows a heading up to the next rule or the mode line.
func replaceSection(t *testing.T, text, heading, content string) string {
	t.Helper()
	start := strings.Index(text, heading)
	if start < 0 {
		t.Fatalf("the help has lost its heading %q", heading)
	}
	start += len(heading)
	end := len(text)
	for _, mark := range []string{rule, modeLine} {
		if i := strings.Index(text[start:], mark); i >= 0 {
			end = min(end, start+i)
		}
	}
	return text[:start] + content + text[end:]
}

func helpOperators() string {
	var b strings.Builder
	b.WriteString("\n" + wrap(0, "An operator narrows a query. Several values are parted by commas, a value with blanks is put in quotes, and a "+
		"\"-\" before the operator excludes what it describes.") + "\n")
	for _, o := range search.Operators {
		entry(&b, "semantic-operator-"+o.Name, o.Name+":", o.Help+".")
		if len(o.Values) > 0 && len(o.Values) <= 20 {
			b.WriteString(wrap(indent, "Values: "+strings.Join(o.Values, ", ")+"."))
		}
	}
	return b.String() + "\n"
}

func helpSettings(t *testing.T) string {
	t.Helper()
	data, err := settings.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Description string
			Default     any
			Enum        []string
			Scope       string
		}
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range schema.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("\n" + wrap(0, "These are the members of |semantic-options-settings|. Those that do not concern the machine can also be set by a "+
		"repository, in the file "+settings.RepositoryFile+" at its root.") + "\n")
	for _, name := range names {
		s := schema.Properties[name]
		value, err := json.Marshal(s.Default)
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimPrefix(name, settings.Section+".")
		entry(&b, "semantic-settings-"+name, name, s.Description)
		about := fmt.Sprintf("(default: %s)", value)
		if strings.HasPrefix(s.Scope, "machine") {
			about = fmt.Sprintf("Of the machine. (default: %s)", value)
		}
		if len(s.Enum) > 0 {
			about = "Values: " + strings.Join(s.Enum, ", ") + ". " + about
		}
		b.WriteString(wrap(indent, about))
	}
	return b.String() + "\n"
}

// indent is the column of explanations.
const indent = 24

// entry writes a tag, what it names, and an explanation.
func entry(b *strings.Builder, tag, name, explanation string) {
	fmt.Fprintf(b, "%78s\n", "*"+tag+"*")
	lines := wrap(indent, explanation)
	if len(name) < indent {
		lines = name + lines[len(name):]
	} else {
		lines = name + "\n" + lines
	}
	b.WriteString(lines)
}

// wrap breaks a paragraph into indented lines of at most 78 columns.
func wrap(indent int, paragraph string) string {
	var b strings.Builder
	lead := strings.Repeat(" ", indent)
	line := ""
	for _, word := range strings.Fields(paragraph) {
		if line != "" && indent+utf8.RuneCountInString(line+" "+word) > 78 {
			b.WriteString(lead + line + "\n")
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return b.String() + lead + line + "\n"
}
