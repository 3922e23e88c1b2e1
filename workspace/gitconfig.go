package workspace

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
)

// maxConfigIncludes bounds chains of include.path, as git does.
const maxConfigIncludes = 10

// gitSettings is what the rules need from git's configuration.
type gitSettings struct {
	excludesFile string // core.excludesFile, "" when unset
	ignoreCase   bool   // core.ignoreCase
}

// readGitSettings reads git's system, user, repository and work-tree
// configuration in that order, so that later values win. include.path is
// followed; conditional includes are not.
func readGitSettings(root Root) gitSettings {
	var s gitSettings
	worktreeConfig := false
	set := func(key, value string) {
		switch key {
		case "core.excludesfile":
			s.excludesFile = expandHome(value, root.Path)
		case "core.ignorecase":
			s.ignoreCase = configBool(value)
		case "extensions.worktreeconfig":
			worktreeConfig = configBool(value)
		}
	}
	for _, file := range userConfigFiles() {
		readConfig(file, maxConfigIncludes, set)
	}
	if root.CommonDir != "" {
		readConfig(filepath.Join(root.CommonDir, "config"), maxConfigIncludes, set)
	}
	if worktreeConfig {
		readConfig(filepath.Join(root.GitDir, "config.worktree"), maxConfigIncludes, set)
	}
	if s.excludesFile == "" {
		if dir := xdgConfigHome(); dir != "" {
			s.excludesFile = filepath.Join(dir, "git", "ignore")
		}
	}
	return s
}

// userConfigFiles lists the configuration files outside repositories, lowest
// precedence first.
func userConfigFiles() []string {
	var files []string
	if !configBool(os.Getenv("GIT_CONFIG_NOSYSTEM")) {
		if file := os.Getenv("GIT_CONFIG_SYSTEM"); file != "" {
			files = append(files, file)
		} else if runtime.GOOS != "windows" {
			files = append(files, "/etc/gitconfig")
		}
	}
	if file, ok := os.LookupEnv("GIT_CONFIG_GLOBAL"); ok {
		return append(files, file)
	}
	if dir := xdgConfigHome(); dir != "" {
		files = append(files, filepath.Join(dir, "git", "config"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".gitconfig"))
	}
	return files
}

func xdgConfigHome() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".config")
	}
	return ""
}

// expandHome resolves "~/" and "~user/" as git does for paths in its
// configuration; other relative paths are taken from base. It returns "" for
// an unknown user.
func expandHome(path, base string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	rest, tilde := strings.CutPrefix(path, "~")
	if !tilde {
		return filepath.Join(base, path)
	}
	name, rest, _ := strings.Cut(filepath.ToSlash(rest), "/")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		return filepath.Join(home, rest)
	}
	account, err := user.Lookup(name)
	if err != nil {
		return ""
	}
	return filepath.Join(account.HomeDir, rest)
}

func configBool(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// readConfig reports the settings of one configuration file. A file that
// cannot be read counts as empty.
func readConfig(file string, includes int, set func(key, value string)) {
	text, err := readSmallFile(file)
	if err != nil {
		return
	}
	parseConfig(text, func(key, value string) {
		set(key, value)
		if key == "include.path" && includes > 0 && value != "" {
			readConfig(expandHome(value, filepath.Dir(file)), includes-1, set)
		}
	})
}

// parseConfig reports each setting of a git configuration text in order, as
// "section.key" or "section.subsection.key" with section and key in lower
// case. A key without value is reported as "true". Malformed lines are skipped.
func parseConfig(text string, set func(key, value string)) {
	section := ""
	for len(text) > 0 {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimLeft(line, " \t\r\ufeff")
		if strings.HasPrefix(line, "[") {
			name, rest, ok := parseSection(line[1:])
			if !ok {
				section = ""
				continue
			}
			section = name
			line = strings.TrimLeft(rest, " \t\r")
		}
		if line == "" || line[0] == '#' || line[0] == ';' || section == "" {
			continue
		}
		end := 0
		for end < len(line) && (isLetter(line[end]) || isDigit(line[end]) || line[end] == '-') {
			end++
		}
		key := strings.ToLower(line[:end])
		rest := strings.TrimLeft(line[end:], " \t\r")
		value, isSet := strings.CutPrefix(rest, "=")
		switch {
		case key == "":
		case isSet:
			var parsed string
			parsed, text = parseConfigValue(value, text)
			set(section+"."+key, parsed)
		case rest == "" || rest[0] == '#' || rest[0] == ';':
			set(section+"."+key, "true")
		}
	}
}

// parseSection parses what follows "[" of a section header: a name, then
// possibly a quoted subsection, then "]".
func parseSection(s string) (name, rest string, ok bool) {
	end := strings.IndexAny(s, "]\" \t")
	if end < 0 {
		return "", "", false
	}
	name = strings.ToLower(s[:end])
	s = strings.TrimLeft(s[end:], " \t")
	if rest, ok := strings.CutPrefix(s, "]"); ok {
		return name, rest, true
	}
	s, ok = strings.CutPrefix(s, `"`)
	if !ok {
		return "", "", false
	}
	var sub strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			rest, ok := strings.CutPrefix(s[i+1:], "]")
			return name + "." + sub.String(), rest, ok
		case c == '\\' && i+1 < len(s):
			i++
			sub.WriteByte(s[i])
		default:
			sub.WriteByte(c)
		}
	}
	return "", "", false
}

// parseConfigValue parses the value that starts in line; text is what follows
// the line and is consumed by continuation lines. White space outside quotes
// is trimmed at both ends.
func parseConfigValue(line, text string) (value, rest string) {
	var out strings.Builder
	quoted := false
	spaces := 0 // unquoted white space seen since the last other character
	line = strings.TrimLeft(line, " \t")
	for i := 0; ; i++ {
		if i >= len(line) {
			return out.String(), text
		}
		c := line[i]
		switch {
		case !quoted && (c == '#' || c == ';'):
			return out.String(), text
		case !quoted && (c == ' ' || c == '\t' || c == '\r'):
			spaces++
			continue
		}
		if spaces > 0 && out.Len() > 0 {
			out.WriteString(strings.Repeat(" ", spaces))
		}
		spaces = 0
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\\' && (i+1 == len(line) || line[i+1:] == "\r"):
			line, text, _ = strings.Cut(text, "\n")
			i = -1
		case c == '\\':
			i++
			out.WriteByte(configEscape(line[i]))
		default:
			out.WriteByte(c)
		}
	}
}

func configEscape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	}
	return c
}
