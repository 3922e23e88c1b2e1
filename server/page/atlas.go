package page

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"lsp/server/engine"
)

// atlas is the map in columns, which takes a third of the room of objects: the page may get 100,000 functions.
type atlas struct {
	Of       int      `json:"of"` // functions there are, of which these may be a sample
	Complete bool     `json:"complete"`
	Roots    []string `json:"roots"`
	Groups   []group  `json:"groups"` // folders with a colour of their own; the last may be all others
	Files    []file   `json:"files"`

	// One value for each function.
	File  []int    `json:"file"`
	Name  []string `json:"name"`
	Owner []string `json:"owner"`
	Line  []int    `json:"line"`
	End   []int    `json:"end"`
	X     []int    `json:"x"` // from 0 to 65535
	Y     []int    `json:"y"`
}

// file is a file of the map.
type file struct {
	Root  int    `json:"root"`
	Path  string `json:"path"`
	Group int    `json:"group"`
}

// group is a folder, or several, with a colour.
type group struct {
	Label string `json:"label"`
	Count int    `json:"count"`           // functions
	Other bool   `json:"other,omitempty"` // what has no folder of its own to be told apart
}

// errMapping tells the page to ask again.
var errMapping = &problem{http.StatusAccepted, "the map is being made"}

// atlas answers with the map, or that it takes longer: the page learns how far it is from the events. A page that
// waits for the next answer keeps it from being given up. Waiting takes no slot: the map is made once for all.
func (s *Server) atlas(ctx context.Context, v url.Values) (any, error) {
	m, err := s.engine.Map(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errMapping
	}
	if err != nil {
		return nil, err
	}
	return s.working(func(context.Context, url.Values) (any, error) { return encodeMap(m), nil })(ctx, v)
}

func encodeMap(m *engine.Map) *atlas {
	a := &atlas{
		Of: m.Of, Complete: m.Complete, Roots: []string{}, Files: []file{}, Groups: []group{},
		File: []int{}, Name: []string{}, Owner: []string{}, Line: []int{}, End: []int{}, X: []int{}, Y: []int{},
	}
	for i := range m.Functions {
		f := &m.Functions[i]
		if n := len(a.Roots); n == 0 || a.Roots[n-1] != f.Root {
			a.Roots = append(a.Roots, f.Root)
		}
		root := len(a.Roots) - 1
		if n := len(a.Files); n == 0 || a.Files[n-1].Path != f.Path || a.Files[n-1].Root != root {
			a.Files = append(a.Files, file{Root: root, Path: f.Path})
		}
		a.File = append(a.File, len(a.Files)-1)
		a.Name, a.Owner = append(a.Name, f.Name), append(a.Owner, f.Owner)
		a.Line, a.End = append(a.Line, f.StartLine), append(a.End, f.EndLine)
		a.X, a.Y = append(a.X, quantize(f.X)), append(a.Y, quantize(f.Y))
	}
	a.colour()
	return a
}

// quantize brings a coordinate from -1 to 1 into 16 bits.
func quantize(x float32) int { return int(min(max((x+1)/2, 0), 1)*65535 + 0.5) }

// Bounds of the colours.
const (
	maxGroups = 9     // with a colour of their own
	maxShare  = 0.12  // of all functions: a larger folder is divided, if it can be
	minShare  = 0.015 // of all functions: smaller folders stay together when what they are in is divided
)

// part is a folder that may become a group: some of its files, by number.
type part struct {
	folder string // the label: folders of the path, after the name of the root if there are several
	depth  int    // folders of the path that the label has
	root   int
	files  []int
	count  int
	other  bool // small folders of a root, and files right in it
}

// colour finds the folders that are to be told apart: large ones are divided into the folders in them, and what is
// then largest gets a colour.
func (a *atlas) colour() {
	counts := make([]int, len(a.Files))
	for _, f := range a.File {
		counts[f]++
	}
	var parts []part
	for r, root := range a.Roots {
		p := part{root: r, folder: filepath.Base(root)}
		for i, f := range a.Files {
			if f.Root == r {
				p.add(i, counts)
			}
		}
		parts = append(parts, p)
	}
	parts = a.divide(parts, counts)
	other := part{folder: "elsewhere", other: true}
	sortParts(parts)
	for i := 0; i < len(parts); i++ {
		if p := parts[i]; p.other || i >= maxGroups {
			for _, f := range p.files {
				other.add(f, counts)
			}
			parts = slices.Delete(parts, i, i+1)
			i--
		}
	}
	if len(other.files) > 0 {
		parts = append(parts, other)
	}
	for g, p := range parts {
		a.Groups = append(a.Groups, group{p.folder, p.count, p.other})
		for _, f := range p.files {
			a.Files[f].Group = g
		}
	}
}

// divide replaces parts by the folders in them until none is too large or cannot be divided.
func (a *atlas) divide(parts []part, counts []int) []part {
	limit := int(maxShare * float64(len(a.File)))
	var done []part
	for len(parts) > 0 {
		p := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		if inner := a.folders(p, counts); p.count > limit && len(inner) > 0 {
			parts = append(parts, inner...)
			continue
		}
		done = append(done, p)
	}
	return done
}

// folders divides a part by the next folder of its paths. Files right in it and small folders stay together under its
// own name and are not divided again. It returns nil when nothing can be parted.
func (a *atlas) folders(p part, counts []int) []part {
	rest := part{folder: p.folder, depth: math.MaxInt, root: p.root, other: p.depth == 0}
	byName := map[string]*part{}
	for _, f := range p.files {
		steps := strings.Split(a.Files[f].Path, "/")
		if p.depth >= len(steps)-1 {
			rest.add(f, counts)
			continue
		}
		name := p.folder + "/" + steps[p.depth]
		if p.depth == 0 && len(a.Roots) == 1 {
			name = steps[0] // the one root needs no mention
		}
		if byName[name] == nil {
			byName[name] = &part{folder: name, depth: p.depth + 1, root: p.root}
		}
		byName[name].add(f, counts)
	}
	least := int(minShare * float64(len(a.File)))
	var out []part
	for _, inner := range byName {
		if len(byName) > 1 && inner.count < least {
			for _, f := range inner.files {
				rest.add(f, counts)
			}
			continue
		}
		out = append(out, *inner)
	}
	if len(out) > 0 && len(rest.files) > 0 {
		out = append(out, rest)
	}
	return out
}

func (p *part) add(file int, counts []int) {
	p.files = append(p.files, file)
	p.count += counts[file]
}

// sortParts puts the largest first.
func sortParts(parts []part) {
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.folder, b.folder), cmp.Compare(a.root, b.root), cmp.Compare(a.depth, b.depth))
	})
}
