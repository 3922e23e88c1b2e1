package chunk

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// goBackend reads Go with the standard library's parser, without comments and objects: documentation is taken from
// the text above a declaration, and names need no resolution.
type goBackend struct{}

// A Go function literal bound to a name is a unit when it has more lines than this.
const minClosureLines = 5

const goMode = parser.SkipObjectResolution | parser.AllErrors

// goCutter cuts one piece of Go; pos-shift is an offset in the text.
type goCutter struct {
	*cutter
	shift int
}

func (goBackend) cut(ctx context.Context, c *cutter) string {
	g := goCutter{cutter: c, shift: 1}
	file, err := parser.ParseFile(token.NewFileSet(), "", c.src, goMode)
	if err == nil {
		c.file.Documentation = g.clean(c.docAbove(g.offset(file.Package)))
		g.decls(file)
		return ""
	}
	c.file.Damaged = true
	if file != nil && file.Package.IsValid() {
		c.file.Documentation = g.clean(c.docAbove(g.offset(file.Package)))
	}
	return g.segments(ctx)
}

// segments recovers what it can from text with errors. One missing brace makes the parser take the rest of a file for
// a function's body, so each stretch that begins with a declaration's keyword at the start of a line is parsed alone.
func (g goCutter) segments(ctx context.Context) string {
	const prefix = "package p;"
	starts := g.declarationLines()
	buf := make([]byte, 0, len(prefix)+len(g.src))
	for i, start := range starts {
		if ctx.Err() != nil {
			return "cancelled"
		}
		end := len(g.src)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		buf = append(append(buf[:0], prefix...), g.src[start:end]...)
		file, _ := parser.ParseFile(token.NewFileSet(), "", buf, goMode)
		if file == nil {
			continue
		}
		before := len(g.units)
		segment := goCutter{cutter: g.cutter, shift: 1 + len(prefix) - start}
		segment.decls(file)
		last := start + len(bytes.TrimRight(g.src[start:end], " \t\r\n"))
		for j := before; j < len(g.units); j++ {
			u := &g.units[j]
			u.Body = clamp(u.Body, 0, last)
			u.Range.End = min(u.Range.End, last)
		}
	}
	return ""
}

// declarationLines returns the offsets of the lines that begin with a keyword of a declaration.
func (c *cutter) declarationLines() []int {
	var starts []int
	for _, at := range c.lines {
		line := c.src[at:]
		for _, keyword := range []string{"func ", "type ", "var ", "const ", "import "} {
			if len(line) >= len(keyword) && string(line[:len(keyword)]) == keyword {
				starts = append(starts, int(at))
				break
			}
		}
	}
	return starts
}

func (g goCutter) offset(pos token.Pos) int { return min(max(int(pos)-g.shift, 0), len(g.src)) }

func (g goCutter) span(start, end token.Pos) Range {
	r := Range{g.offset(start), g.offset(end)}
	r.End = max(r.End, r.Start)
	return r
}

func (g goCutter) decls(file *ast.File) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			g.function(d)
		case *ast.GenDecl:
			g.general(d)
		}
	}
}

func (g goCutter) function(d *ast.FuncDecl) {
	body := g.span(d.Pos(), d.End())
	u := Unit{Kind: Function, Name: d.Name.Name, NameRange: g.span(d.Name.Pos(), d.Name.End()), Body: body}
	scope := u.Name
	if d.Recv != nil && len(d.Recv.List) > 0 {
		u.Kind = Method
		u.Owner = receiver(d.Recv.List[0].Type)
		scope = u.Owner + "." + u.Name
	}
	head := Range{body.Start, body.End}
	if d.Body != nil && d.Body.Lbrace.IsValid() {
		head.End = max(g.offset(d.Body.Lbrace), head.Start)
	}
	if d.Recv == nil && strings.HasPrefix(u.Name, "Example") {
		u.Flags |= Example
	}
	g.declare(u, head)
	if d.Body != nil && g.lineCount(body) > minClosureLines {
		g.statements(d.Body.List, scope)
	}
}

// declare adds the unit with the documentation above its body and the signature made of head.
func (g goCutter) declare(u Unit, head Range) {
	if u.Name != view(g.src, u.NameRange) { // the parser made it up
		u.Name = ""
	}
	doc := g.docAbove(u.Body.Start)
	u.Range = Range{min(doc.Start, u.Body.Start), u.Body.End}
	u.Documentation = g.clean(doc)
	u.Signature = fold(g.src, head)
	if ast.IsExported(u.Name) && u.Kind != Closure {
		u.Flags |= Exported
	}
	g.add(u)
}

// clean is cleanComment without the lines that speak to tools, such as //go:embed and //nolint:all.
func (g goCutter) clean(doc Range) string {
	if doc.Len() == 0 {
		return ""
	}
	text := g.src[doc.Start:doc.End]
	first := -1
	for at := 0; at < len(text); {
		line, _, _ := bytes.Cut(text[at:], []byte{'\n'})
		if isDirective(bytes.TrimSpace(line)) {
			first = at
			break
		}
		at += len(line) + 1
	}
	if first < 0 {
		return g.cleanComment(doc)
	}
	var kept [][]byte
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); !isDirective(line) {
			kept = append(kept, slashComment.strip(line))
		}
	}
	return joinDedented(kept)
}

// isDirective reports whether a comment line is of the form //word:word, with no space before the first word.
func isDirective(line []byte) bool {
	if len(line) < 4 || line[0] != '/' || line[1] != '/' || line[2] == ' ' {
		return false
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 3 || colon+1 == len(line) {
		return bytes.HasPrefix(line, []byte("//nolint"))
	}
	for _, b := range line[2:colon] {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return false
		}
	}
	return line[colon+1] != ' ' && line[colon+1] != '/'
}

// receiver returns the name of a receiver's type without pointer and type parameters.
func receiver(e ast.Expr) string {
	for {
		switch t := e.(type) {
		case *ast.Ident:
			return t.Name
		case *ast.StarExpr:
			e = t.X
		case *ast.ParenExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.IndexListExpr:
			e = t.X
		default:
			return ""
		}
	}
}

func (g goCutter) general(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		whole := g.span(spec.Pos(), spec.End())
		if !d.Lparen.IsValid() {
			whole = g.span(d.Pos(), d.End())
		}
		switch s := spec.(type) {
		case *ast.TypeSpec:
			g.typeSpec(s, whole)
		case *ast.ValueSpec:
			if len(s.Names) == 1 && len(s.Values) == 1 {
				g.closure(s.Names[0], s.Values[0], whole, "")
			}
		}
	}
}

func (g goCutter) typeSpec(s *ast.TypeSpec, whole Range) {
	if s.Name == nil {
		return
	}
	u := Unit{Kind: Type, Name: s.Name.Name, NameRange: g.span(s.Name.Pos(), s.Name.End()), Body: whole}
	head := whole
	switch t := s.Type.(type) {
	case *ast.StructType:
		u.Kind = Struct
		if t.Fields != nil && t.Fields.Opening.IsValid() {
			head.End = g.offset(t.Fields.Opening)
		}
	case *ast.InterfaceType:
		u.Kind = Interface
		if t.Methods != nil && t.Methods.Opening.IsValid() {
			head.End = g.offset(t.Methods.Opening)
		}
	}
	head.End = max(head.Start, head.End)
	g.declare(u, head)
}

// closure adds a function literal bound to a name, when it is long enough, and looks for others inside.
func (g goCutter) closure(name *ast.Ident, value ast.Expr, whole Range, owner string) {
	lit, ok := value.(*ast.FuncLit)
	if !ok || lit.Body == nil {
		return
	}
	if name.Name != "_" && g.lineCount(whole) > minClosureLines {
		head := Range{whole.Start, max(whole.Start, g.offset(lit.Body.Lbrace))}
		u := Unit{Kind: Closure, Owner: owner, Name: name.Name, NameRange: g.span(name.Pos(), name.End()), Body: whole}
		if owner == "" && ast.IsExported(name.Name) {
			u.Flags |= Exported
		}
		g.declare(u, head)
	}
	scope := name.Name
	if owner != "" {
		scope = owner + "." + scope
	}
	g.statements(lit.Body.List, scope)
}

// statements looks for closures among statements and the blocks below them. It does not look into expressions,
// except into a function literal that is the value of an assignment or the operand of go, defer and return.
func (g goCutter) statements(list []ast.Stmt, scope string) {
	for _, stmt := range list {
		g.statement(stmt, scope)
	}
}

func (g goCutter) statement(stmt ast.Stmt, scope string) {
	switch s := stmt.(type) {
	case *ast.AssignStmt:
		if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
			if name, ok := s.Lhs[0].(*ast.Ident); ok {
				g.closure(name, s.Rhs[0], g.span(s.Pos(), s.End()), scope)
			}
		}
	case *ast.DeclStmt:
		if d, ok := s.Decl.(*ast.GenDecl); ok {
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && len(v.Names) == 1 && len(v.Values) == 1 {
					g.closure(v.Names[0], v.Values[0], g.span(s.Pos(), s.End()), scope)
				}
			}
		}
	case *ast.BlockStmt:
		g.statements(s.List, scope)
	case *ast.IfStmt:
		g.block(s.Body, scope)
		if s.Else != nil {
			g.statement(s.Else, scope)
		}
	case *ast.ForStmt:
		g.block(s.Body, scope)
	case *ast.RangeStmt:
		g.block(s.Body, scope)
	case *ast.SwitchStmt:
		g.block(s.Body, scope)
	case *ast.TypeSwitchStmt:
		g.block(s.Body, scope)
	case *ast.SelectStmt:
		g.block(s.Body, scope)
	case *ast.CaseClause:
		g.statements(s.Body, scope)
	case *ast.CommClause:
		g.statements(s.Body, scope)
	case *ast.LabeledStmt:
		g.statement(s.Stmt, scope)
	case *ast.GoStmt:
		g.literal(s.Call.Fun, scope)
	case *ast.DeferStmt:
		g.literal(s.Call.Fun, scope)
	case *ast.ReturnStmt:
		for _, e := range s.Results {
			g.literal(e, scope)
		}
	}
}

func (g goCutter) block(b *ast.BlockStmt, scope string) {
	if b != nil {
		g.statements(b.List, scope)
	}
}

// literal looks inside a function literal that has no name of its own.
func (g goCutter) literal(e ast.Expr, scope string) {
	if lit, ok := e.(*ast.FuncLit); ok {
		g.block(lit.Body, scope)
	}
}
