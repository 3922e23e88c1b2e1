package train

import (
	_ "embed"
	"path"
	"strings"
)

//go:embed kept_out.txt
var keptOutText string

//go:embed set_aside.txt
var setAsideText string

// keptOut lists repositories by their name in small letters, with and without its owner, so that forks are found.
var keptOut = func() map[string]bool {
	names := readNames(keptOutText)
	for name := range readNames(keptOutText) {
		names[path.Base(name)] = true
	}
	return names
}()

// setAside lists the repositories of SplitRanking by their name in small letters.
var setAside = readNames(setAsideText)

// readNames reads a list of repositories, one a line, with comments that start with a number sign.
func readNames(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if line = strings.ToLower(strings.TrimSpace(line)); line != "" && line[0] != '#' {
			names[line] = true
		}
	}
	return names
}

// KeptOut reports whether a repository, named owner/name, must not be trained on because results are measured on
// it: it is on the list of kept_out.txt or has the name of one that is.
func KeptOut(repository string) bool {
	name := strings.ToLower(repository)
	return keptOut[name] || keptOut[path.Base(name)]
}
