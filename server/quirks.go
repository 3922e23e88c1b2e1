package server

import (
	"strings"

	"lsp/server/settings"
)

// quirk is a peculiarity of an editor that changes what we send to it. Every one is a setting under "client", which
// decides unless it is "auto".
type quirk uint8

const (
	// filtersSymbols: the editor filters the answer to workspace/symbol by name and sorts it itself.
	filtersSymbols quirk = 1 << iota
	// refusesNotifications: the editor reports notifications that it does not know as errors.
	refusesNotifications
)

// quirksOf are the editors known for some, by the beginning of the name that they introduce themselves with, in lower
// case. PROTOCOL.md has the same table for people.
var quirksOf = []struct {
	client string
	quirks quirk
}{
	{"visual studio code", filtersSymbols},
	{"code - oss", filtersSymbols},
	{"code-server", filtersSymbols},
	{"vscodium", filtersSymbols},
	{"cursor", filtersSymbols},
	{"windsurf", filtersSymbols},
	{"zed", filtersSymbols},
	{"sublime text", filtersSymbols}, // its command palette does, whatever the package LSP gives it
	{"helix", refusesNotifications},
	{"emacs", refusesNotifications}, // lsp-mode; Eglot introduces itself as Eglot or not at all
}

// has reports whether the client of the session has a quirk: what the settings say, else what is known of the client
// that they name, else of the one that introduced itself.
func (s *session) has(q quirk) bool {
	client := s.config.current.Load().Client
	answer := settings.SwitchAuto
	switch q {
	case filtersSymbols:
		answer = client.FiltersSymbols
	case refusesNotifications:
		answer = client.RefusesNotifications
	}
	if answer != settings.SwitchAuto {
		return answer == settings.SwitchOn
	}
	name := client.Name
	if name == "" {
		name = s.client.name
	}
	name = strings.ToLower(name)
	for _, known := range quirksOf {
		if strings.HasPrefix(name, known.client) {
			return known.quirks&q != 0
		}
	}
	return false
}
