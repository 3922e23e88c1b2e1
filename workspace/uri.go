package workspace

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNotFileURI is wrapped by URIToPath for a URI whose scheme is not "file".
var ErrNotFileURI = errors.New("not a file uri")

// pathStyle selects the rules of paths, so that those of Windows can be tested anywhere.
type pathStyle uint8

const (
	unixPaths pathStyle = iota
	windowsPaths
)

func hostStyle() pathStyle {
	if runtime.GOOS == "windows" {
		return windowsPaths
	}
	return unixPaths
}

// PathToURI returns the file URI of an absolute path. Every byte outside the
// unreserved set of RFC 3986 is percent-encoded, drive letters are upper-case
// and followed by a plain colon, and a UNC share becomes the URI's authority.
func PathToURI(path string) string { return pathToURI(hostStyle(), path) }

// URIToPath returns the path a file URI names, cleaned and in the form of
// this operating system. It accepts what editors send: an empty host or
// localhost, an encoded drive colon (file:///c%3A/), a missing authority
// (file:/a) and UNC shares as host or as doubled slashes (Windows only).
//
// It fails for other schemes (wrapping ErrNotFileURI), malformed percent
// escapes, queries and fragments, NUL bytes, a foreign host on a system
// without UNC, and on Windows for a path without a drive or share.
func URIToPath(uri string) (string, error) { return uriToPath(hostStyle(), uri) }

func pathToURI(style pathStyle, p string) string {
	if style == unixPaths {
		return "file://" + escapePath(p, false)
	}
	p = strings.ReplaceAll(p, `\`, "/")
	if rest, ok := cutPrefixFold(p, "//?/UNC/"); ok {
		p = "//" + rest
	} else if rest, ok := strings.CutPrefix(p, "//?/"); ok {
		p = rest
	}
	if rest, ok := strings.CutPrefix(p, "//"); ok {
		return "file://" + escapePath(rest, false)
	}
	if hasDrive(p) {
		return "file:///" + escapePath(upperDrive(p), true)
	}
	return "file://" + escapePath(p, false)
}

func uriToPath(style pathStyle, uri string) (string, error) {
	rest, ok := cutPrefixFold(uri, "file:")
	if !ok {
		return "", fmt.Errorf("read uri %q: %w", uri, ErrNotFileURI)
	}
	if strings.ContainsAny(rest, "?#") {
		return "", fmt.Errorf("read uri %q: a file uri has no query or fragment", uri)
	}
	host := ""
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		host, rest, _ = strings.Cut(after, "/")
		rest = "/" + rest
	}
	host, err := unescapePath(host)
	if err != nil {
		return "", fmt.Errorf("read uri %q: %w", uri, err)
	}
	p, err := unescapePath(rest)
	if err != nil {
		return "", fmt.Errorf("read uri %q: %w", uri, err)
	}
	if strings.EqualFold(host, "localhost") {
		host = ""
	}
	if style == windowsPaths {
		p, err = windowsPath(host, p)
	} else {
		p, err = unixPath(host, p)
	}
	if err != nil {
		return "", fmt.Errorf("read uri %q: %w", uri, err)
	}
	return p, nil
}

func unixPath(host, p string) (string, error) {
	if host != "" {
		return "", fmt.Errorf("host %q is not this machine", host)
	}
	if !strings.HasPrefix(p, "/") {
		return "", errors.New("path is not absolute")
	}
	return path.Clean(p), nil
}

func windowsPath(host, p string) (string, error) {
	p = strings.ReplaceAll(p, `\`, "/")
	if host != "" && hasDrive(host) && len(host) == 2 {
		// file://c:/x, a common slip: the drive stands where the host belongs.
		host, p = "", host+p
	}
	if host == "" {
		if share, ok := strings.CutPrefix(p, "//"); ok {
			host, p, _ = strings.Cut(share, "/")
			p = "/" + p
			if host == "" {
				return "", errors.New("share has no host")
			}
		}
	}
	if host != "" {
		if strings.ContainsAny(host, `/\:`) {
			return "", fmt.Errorf("host %q is malformed", host)
		}
		return `\\` + host + strings.ReplaceAll(path.Clean("/"+p), "/", `\`), nil
	}
	p = strings.TrimPrefix(p, "/")
	if !hasDrive(p) || (len(p) > 2 && p[2] != '/') {
		return "", errors.New("path has no drive letter")
	}
	clean := path.Clean("/" + p[2:])
	return upperDrive(p[:2]) + strings.ReplaceAll(clean, "/", `\`), nil
}

// Canonical returns the one spelling of path that the rest of the program
// uses as a key: absolute, clean, symbolic links resolved, drive letter in
// upper case. A path whose last elements do not exist (a new, unsaved file)
// is resolved as far as it exists. It fails when the working directory is
// unknown or when a link cannot be resolved for another reason than absence.
func Canonical(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("make path %q absolute: %w", path, err)
	}
	existing, missing := abs, ""
	for {
		resolved, err := filepath.EvalSymlinks(existing)
		if err == nil {
			return canonicalDrive(hostStyle(), filepath.Join(resolved, missing)), nil
		}
		if !isAbsent(err) {
			return "", fmt.Errorf("resolve path %q: %w", path, err)
		}
		parent := filepath.Dir(existing)
		if parent == existing {
			return canonicalDrive(hostStyle(), abs), nil
		}
		missing = filepath.Join(filepath.Base(existing), missing)
		existing = parent
	}
}

func canonicalDrive(style pathStyle, p string) string {
	if style == windowsPaths && hasDrive(p) {
		return upperDrive(p)
	}
	return p
}

func hasDrive(p string) bool {
	return len(p) >= 2 && p[1] == ':' && isLetter(p[0])
}

func upperDrive(p string) string {
	return strings.ToUpper(p[:1]) + p[1:]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// cutPrefixFold is strings.CutPrefix without regard to the case of ASCII letters.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

const upperHex = "0123456789ABCDEF"

// escapePath percent-encodes p, leaving slashes and, when drive is set, the
// colon of the leading drive letter.
func escapePath(p string, drive bool) string {
	var b strings.Builder
	b.Grow(len(p) + 8)
	for i := 0; i < len(p); i++ {
		c := p[i]
		if isUnreserved(c) || c == '/' || (drive && i == 1) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func unescapePath(s string) (string, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return "", errors.New("path holds a NUL byte")
	}
	if !strings.Contains(s, "%") {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("escape %q is cut short", s[i:])
		}
		hi, lo := hexValue(s[i+1]), hexValue(s[i+2])
		if hi < 0 || lo < 0 {
			return "", fmt.Errorf("escape %q is malformed", s[i:i+3])
		}
		c := byte(hi<<4 | lo)
		if c == 0 {
			return "", errors.New("path holds a NUL byte")
		}
		out = append(out, c)
		i += 2
	}
	return string(out), nil
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
