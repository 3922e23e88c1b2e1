package mcp

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/server/engine"
)

// toolStatus answers even when nothing is open.
const toolStatus = "status"

// status is the engine's, with where its folders come from.
type status struct {
	engine.Status
	Source   string   `json:"source"`             // who named the folders
	Folders  []string `json:"folders"`            // what is searched; a root may be larger
	Problems []string `json:"problems,omitempty"` // folders that could not be opened
}

func (s *server) status(ctx context.Context, _ *sdk.CallToolRequest, _ struct{}) (output, error) {
	folders, err := s.roots.view(ctx)
	if err != nil {
		return output{}, err
	}
	st := status{Status: s.engine.Status(), Source: folders.source, Folders: folders.paths()}
	for i := range st.Roots {
		if st.Roots[i].Skipped == nil { // of a root that is switched off
			st.Roots[i].Skipped = map[string]int{}
		}
	}
	for _, p := range folders.problems {
		st.Problems = append(st.Problems, p.Error())
	}
	return output{text: []string{st.text()}, value: st}, nil
}

func (st *status) text() string {
	var b strings.Builder
	for _, r := range st.Roots {
		fmt.Fprintf(&b, "%s: %s", r.Path, r.State)
		if r.State == engine.Indexing && r.Total > 0 {
			fmt.Fprintf(&b, " %d of %d files", r.Done, r.Total)
		}
		fmt.Fprintf(&b, ", %d files, %d functions", r.Files, r.Functions)
		if r.Reason != "" {
			fmt.Fprintf(&b, "; %s", oneLine(r.Reason))
		}
		if next := remedy(r); next != "" {
			fmt.Fprintf(&b, "\nnext: %s", next)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "searched, as told by the %s: %s\n", st.Source, listOr(st.Folders, "nothing"))
	for _, p := range st.Problems {
		fmt.Fprintf(&b, "problem: %s\n", oneLine(p))
	}
	if len(st.Folders) == 0 {
		b.WriteString("next: " + openFolder + "\n")
	}
	if st.Degraded != "" {
		fmt.Fprintf(&b, "problem: %s\n", oneLine(st.Degraded))
	}
	fmt.Fprintf(&b, "model: %s", st.Model)
	return b.String()
}

// remedy says what helps a root that will not become complete by waiting.
func remedy(r engine.RootStatus) string {
	switch r.State {
	case engine.Indexing, engine.Ready:
		return ""
	case engine.Paused:
		return "ask the user to resume indexing in the editor"
	case engine.Disabled:
		return fmt.Sprintf("ask the user to allow indexing, by running lsp index --yes --root %q and restarting this server", r.Path)
	}
	return fmt.Sprintf("answers may lack something; ask the user to run: lsp doctor --root %q", r.Path)
}
