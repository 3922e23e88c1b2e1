package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lsp/indexer/search"
)

// renderer prints results in one of the formats.
type renderer struct {
	con     *console
	format  string
	root    string // results without a root of their own lie below it
	current string // paths below it are printed relative to it
}

// response prints the results of a search and says whether there were any.
func (r renderer) response(answer *search.Response) error {
	if r.format == formatJSON {
		if err := writeJSON(r.con.out, answer); err != nil {
			return err
		}
		return foundAny(len(answer.Results))
	}
	w := bufio.NewWriter(r.con.out)
	for i := range answer.Results {
		if r.format == formatText && i > 0 {
			w.WriteByte('\n') // a bufio.Writer keeps its first error for Flush
		}
		r.result(w, &answer.Results[i])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return foundAny(len(answer.Results))
}

// duplicates prints groups of alike units and says whether there were any.
func (r renderer) duplicates(answer *search.DuplicatesResponse) error {
	if r.format == formatJSON {
		if err := writeJSON(r.con.out, answer); err != nil {
			return err
		}
		return foundAny(len(answer.Groups))
	}
	w := bufio.NewWriter(r.con.out)
	for i, group := range answer.Groups {
		if i > 0 {
			w.WriteByte('\n')
		}
		if r.format == formatText {
			fmt.Fprintln(w, r.con.paint(styleStrong, fmt.Sprintf("%d alike, similarity %.2f or more", len(group.Units), group.Least)))
		}
		for k := range group.Units {
			r.result(w, &group.Units[k])
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return foundAny(len(answer.Groups))
}

// foundAny is the outcome of a search with n results.
func foundAny(n int) error {
	if n == 0 {
		return errNothing
	}
	return nil
}

// result prints one result: a line for programs, or a few for people.
func (r renderer) result(w io.Writer, found *search.Result) {
	column := found.NameRange.Start.UTF8 + 1
	line := found.NameRange.Start.Line + 1
	text := r.summary(found)
	if r.format == formatGrep {
		fmt.Fprintf(w, "%s:%d:%d: %s\n", r.path(found), line, column, text)
		r.contributions(w, found)
		return
	}
	fmt.Fprintf(w, "%s:%s  %s\n", r.con.paint(stylePath, r.path(found)), r.con.paint(styleLine, fmt.Sprintf("%d:%d", line, column)),
		r.con.paint(styleFaint, kindOf(found)))
	const indent = "    "
	width := r.con.width
	if width > 0 {
		width = max(width-len(indent), minTextWidth)
	}
	fmt.Fprintf(w, "%s%s\n", indent, r.emphasise(cut(text, width), found.Name))
	if doc := sentence(found.Documentation); doc != "" {
		fmt.Fprintf(w, "%s%s\n", indent, r.con.paint(styleFaint, cut(doc, width)))
	}
	r.contributions(w, found)
}

// kindOf tells what was found and how sure that is.
func kindOf(found *search.Result) string {
	if found.Confidence == "" {
		return found.Kind
	}
	return found.Kind + ", " + found.Confidence
}

// minTextWidth is what is left to text on a very narrow terminal.
const minTextWidth = 20

// contributions prints what the score is made of, when that was asked for.
func (r renderer) contributions(w io.Writer, found *search.Result) {
	if len(found.Explanation) == 0 {
		return
	}
	parts := make([]string, len(found.Explanation))
	for i, c := range found.Explanation {
		parts[i] = fmt.Sprintf("%s %+.3f", c.Name, c.Value)
	}
	fmt.Fprintf(w, "    %s\n", r.con.paint(styleFaint, fmt.Sprintf("score %.3f = %s", found.Score, strings.Join(parts, ", "))))
}

// summary is the line that tells what was found: the signature, with the owner when the signature does not say it, or
// the line of something nameless that answers best.
func (r renderer) summary(found *search.Result) string {
	text := clean(found.Signature)
	if text == "" {
		text = clean(found.Name)
	}
	if text == "" {
		text = sentence(found.Documentation)
	}
	if text == "" {
		text = fmt.Sprintf("lines %d to %d", found.StartLine, found.EndLine)
		if found.BestLines != nil && found.BestLines.Text != "" {
			text += ": " + clean(found.BestLines.Text)
		}
	}
	if owner := clean(found.Owner); owner != "" && !strings.Contains(text, owner) {
		text = owner + ": " + text
	}
	return text
}

// emphasise sets the first occurrence of the name off.
func (r renderer) emphasise(text, name string) string {
	before, after, ok := strings.Cut(text, name)
	if !ok || name == "" {
		return text
	}
	return before + r.con.paint(styleStrong, name) + after
}

// path is how a person or an editor in the current folder opens the file.
func (r renderer) path(found *search.Result) string {
	root := r.root
	if found.Root != "" {
		root = found.Root
	}
	return shortPath(r.current, filepath.Join(root, filepath.FromSlash(found.Path)))
}

// shortPath gives path relative to the folder when it lies below it, else as it is.
func shortPath(folder, path string) string {
	rel, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(rel) {
		return clean(path)
	}
	return clean(rel)
}

// sentence is the first sentence of a documentation comment on one line.
func sentence(documentation string) string {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(documentation), "\n\n")
	text := clean(paragraph)
	for i := 0; i+1 < len(text); i++ {
		// "e.g. this" goes on after its full stop: a sentence ends where a new one starts.
		if text[i] == '.' && text[i+1] == ' ' && i+2 < len(text) && (text[i+2] >= 'A' && text[i+2] <= 'Z') {
			return text[:i+1]
		}
	}
	return text
}

// writeJSON prints a value as one line of JSON.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// currentFolder is the canonical current folder, "" when there is none.
func currentFolder() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}
