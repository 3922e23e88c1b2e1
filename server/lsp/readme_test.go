package main

import (
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeOptions holds the README to the options and commands that exist.
func TestReadmeOptions(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot(&console{out: io.Discard, err: io.Discard})
	known := map[string]bool{}
	for _, cmd := range root.Commands() {
		known[cmd.Name()] = true
	}
	root.InitDefaultCompletionCmd("completion")
	known["completion"] = true
	for _, found := range regexp.MustCompile("(?m)(?:^|`)lsp ([a-z]+)").FindAllSubmatch(text, -1) {
		if !known[string(found[1])] {
			t.Errorf("the README names the command lsp %s, which does not exist", found[1])
		}
	}
	var help strings.Builder
	for _, cmd := range append(root.Commands(), root) {
		help.WriteString(cmd.UsageString())
	}
	for _, found := range regexp.MustCompile("lsp[^`\n]*? (--[a-z-]+)|`(--[a-z-]+)").FindAllSubmatch(text, -1) {
		option := string(found[1]) + string(found[2])
		if !strings.Contains(help.String(), option) && option != "--help" {
			t.Errorf("the README names the option %s, which no command has", option)
		}
	}
}

// TestHelp looks at what every command says about itself.
func TestHelp(t *testing.T) {
	root := newRoot(&console{out: io.Discard, err: io.Discard})
	for _, cmd := range root.Commands() {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("lsp %s: the summary is %q", cmd.Name(), cmd.Short)
		}
		if cmd.Example == "" && !cmd.HasSubCommands() {
			t.Errorf("lsp %s has no example", cmd.Name())
		}
		for _, sub := range cmd.Commands() {
			if sub.Example == "" {
				t.Errorf("lsp %s %s has no example", cmd.Name(), sub.Name())
			}
		}
		var out strings.Builder
		con := &console{in: strings.NewReader(""), out: &out, err: io.Discard}
		if status := run(context.Background(), []string{cmd.Name(), "--help"}, con); status != exitFound {
			t.Errorf("lsp %s --help ends with status %d", cmd.Name(), status)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if len([]rune(line)) > 130 {
				t.Errorf("lsp %s --help has a line that is too long: %s", cmd.Name(), line)
			}
		}
	}
}
