package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionInfo says which build this is; its JSON is stable.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // commit, with "+" when the tree was changed
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Cgo      bool   `json:"cgo"`
	Model    string `json:"model"`
}

func newVersion(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which build this is and which model is inside",
		Example: "  lsp version\n  lsp version --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			info, err := g.version()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(g.con.out, info)
			}
			_, err = fmt.Fprintf(g.con.out, "lsp %s (%s, %s, model %s)\n", info.Version, info.Go, info.Platform, info.Model)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// version says which build this is and which model it uses.
func (g *globals) version() (versionInfo, error) {
	enc, err := g.encoder()
	if err != nil {
		return versionInfo{}, err
	}
	info := buildInfo()
	id := enc.Identity()
	info.Model = id.Model + "@" + id.Revision
	return info, nil
}

// buildInfo is what the build recorded about itself.
func buildInfo() versionInfo {
	info := versionInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	if v := build.Main.Version; v != "" && v != "(devel)" {
		info.Version = v
	}
	changed := ""
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+"
			}
		case "CGO_ENABLED":
			info.Cgo = s.Value == "1"
		}
	}
	if info.Revision != "" {
		info.Revision += changed
	}
	return info
}
