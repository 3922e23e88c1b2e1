package mcp

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadme holds the README to what there is.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(text, -1)
	for _, block := range blocks {
		if !json.Valid([]byte(block[1])) {
			t.Errorf("not JSON: %s", block[1])
		}
	}
	if len(blocks) == 0 {
		t.Error("no example is found")
	}
	a := connect(t, Options{Roots: []string{t.TempDir()}}, withRequests, nil)
	listed, err := a.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wants := []string{
		fmt.Sprintf("at most %d lines and %d kB at once", maxLines, maxBytes>>10), fmt.Sprintf("at most %.0f seconds", DefaultWait.Seconds()),
		fmt.Sprintf("cut to %d characters", max(maxSignature, maxDocumentation)), fmt.Sprintf("at most %d results", maxResults),
	}
	for _, tool := range listed.Tools {
		wants = append(wants, "| `"+tool.Name+"` |")
	}
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("the README lacks %q", want)
		}
	}
}
