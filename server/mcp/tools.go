package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/indexer/search"
)

// instructions tell an agent when the tools are worth a call. Clients put them before every conversation.
const instructions = `Finds functions, types and other code by what they do. Use search when you know what code does but not what it is called or where it is; use grep for exact text. Results are places (path, lines, signature): read only the lines you need. complete:false means that the index is still being built and more may turn up.`

// output is the answer of a tool: text for the model, and the same as a value for programs.
type output struct {
	text  []string
	links []*sdk.ResourceLink
	value any // nil for none
}

// addTools registers the tools.
func (s *server) addTools(p *sdk.Server) {
	addTool(s, p, &sdk.Tool{
		Name: "search", Title: "Search code by meaning",
		Description: `Find functions, types and other code by what they do, by name, or by words, best first.
Describe the behaviour in a sentence ("retry a request with backoff"), or give an identifier or an error message. Operators in the query filter: lang:go path:server/** file:*_linux.go kind:method in:Server name:Read* repo:server is:test is:changed changed-since:main content:docs content:comments "exact text" /regexp/; a minus excludes, (lang:go or lang:c) is either. A query of operators alone lists what matches.`,
		OutputSchema: schemaOf[answer](),
	}, s.search)
	addTool(s, p, &sdk.Tool{
		Name: "similar", Title: "Find similar code",
		Description:  `Find code that does the same as the function at path and line, or as text (code, or a comment that says what code should do). Good for finding existing helpers, copies, and other places that need the same fix.`,
		OutputSchema: schemaOf[answer](),
	}, s.similar)
	addTool(s, p, &sdk.Tool{
		Name: "explain", Title: "Explain a result",
		Description:  `Say why the code at path and line is found by a query, at which rank, or why not: what its score is made of and which filters it fails. For when search misses something you know is there.`,
		OutputSchema: schemaOf[explanation](),
	}, s.explain)
	addTool(s, p, &sdk.Tool{
		Name: "read", Title: "Read lines of a file",
		Description: fmt.Sprintf(`Read lines of a file in the searched folders: startLine to endLine of a result, or the whole of a short file. At most %d lines and %d kB at once.`, maxLines, maxBytes>>10),
	}, s.read)
	addTool(s, p, &sdk.Tool{
		Name: "status", Title: "Status of the index",
		Description:  `List the searched folders and how far their indexes are. For when answers say complete:false or a folder seems to be missing.`,
		OutputSchema: schemaOf[status](),
	}, s.status)
}

// addTool registers a tool that takes an In. The library can do that too, but its errors tell agents only half of
// what they need.
func addTool[In any](s *server, p *sdk.Server, t *sdk.Tool, run func(context.Context, *sdk.CallToolRequest, In) (output, error)) {
	schema := schemaOf[In]()
	describe(schema)
	resolved, err := schema.Resolve(nil)
	if err != nil {
		panic(fmt.Sprintf("schema of the arguments of %s: %v", t.Name, err)) // of a type of this package
	}
	t.InputSchema = schema
	takes := argumentsOf(t.Name, schema)
	closed := false
	t.Annotations = &sdk.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: &closed}
	p.AddTool(t, func(ctx context.Context, req *sdk.CallToolRequest) (result *sdk.CallToolResult, _ error) {
		defer func() {
			if cause := recover(); cause != nil {
				s.log.Error("a tool panicked", "tool", t.Name, "cause", cause, "stack", string(debug.Stack()))
				result = failed(problemf("try another question; please report this with the log of the server", "%s failed: %v", t.Name, cause))
			}
		}()
		var in In
		if err := decode(resolved, req.Params.Arguments, &in); err != nil {
			return failed(problemf(takes, "arguments of %s: %w", t.Name, err)), nil
		}
		question, err := s.syncRoots(ctx, req)
		if question != nil {
			return question, nil
		}
		if err != nil && t.Name != toolStatus {
			return failed(explained(err)), nil
		}
		out, err := run(ctx, req, in)
		if err != nil {
			return failed(explained(err)), nil
		}
		if !takesLinks(req.Session) {
			out.links = nil
		}
		return out.result(), nil
	})
}

// argumentsOf lists what a tool takes, for those who gave something else.
func argumentsOf(tool string, schema *jsonschema.Schema) string {
	if len(schema.PropertyOrder) == 0 {
		return tool + " takes no arguments"
	}
	list := make([]string, len(schema.PropertyOrder))
	for i, name := range schema.PropertyOrder {
		list[i] = name + " (" + schema.Properties[name].Type
		if slices.Contains(schema.Required, name) {
			list[i] += ", required"
		}
		list[i] += ")"
	}
	return tool + " takes " + strings.Join(list, ", ")
}

// schemaOf derives the schema of a type of this package.
func schemaOf[T any]() *jsonschema.Schema {
	schema, err := jsonschema.For[T](nil)
	if err != nil {
		panic(fmt.Sprintf("derive a schema: %v", err))
	}
	return schema
}

// descriptions are those of arguments whose types belong to other packages.
var descriptions = map[string]string{
	"languages":    "any of these languages, such as go or python",
	"paths":        "only paths that hold one of these texts or match one of these globs, such as server/**",
	"excludePaths": "no such paths",
	"kinds":        "any of these kinds: " + valuesOf("kind"),
	"is":           "all of these facts: " + valuesOf("is"),
}

func valuesOf(operator string) string {
	for _, op := range search.Operators {
		if op.Name == operator {
			return strings.Join(op.Values, ", ")
		}
	}
	panic("no operator " + operator)
}

// describe adds the descriptions, and makes lists plain: a list that may also be null confuses agents.
func describe(schema *jsonschema.Schema) {
	for name, property := range schema.Properties {
		if text, ok := descriptions[name]; ok {
			property.Description = text
		}
		if len(property.Types) > 0 {
			property.Type, property.Types = "array", nil
		}
	}
	if limit := schema.Properties["limit"]; limit != nil {
		limit.Minimum, limit.Maximum = jsonschema.Ptr(1.0), jsonschema.Ptr(float64(maxPage))
	}
	for _, name := range []string{"line", "startLine", "endLine"} {
		if line := schema.Properties[name]; line != nil {
			line.Minimum = jsonschema.Ptr(1.0)
		}
	}
}

// decode checks arguments against the schema and reads them. None at all are the empty ones.
func decode(schema *jsonschema.Resolved, arguments json.RawMessage, into any) error {
	if len(arguments) == 0 || bytes.Equal(arguments, []byte("null")) {
		arguments = json.RawMessage("{}")
	}
	var instance any
	if err := json.Unmarshal(arguments, &instance); err != nil {
		return err
	}
	if err := schema.Validate(instance); err != nil {
		return err
	}
	return json.Unmarshal(arguments, into)
}

// result turns an output into what goes to the client.
func (o output) result() *sdk.CallToolResult {
	r := &sdk.CallToolResult{StructuredContent: o.value}
	for _, text := range o.text {
		r.Content = append(r.Content, &sdk.TextContent{Text: text})
	}
	for _, link := range o.links {
		r.Content = append(r.Content, link)
	}
	return r
}

// linkRevision is the revision of the protocol that brought links among the contents of an answer. A client that knows
// none of them refuses the whole answer.
const linkRevision = "2025-06-18"

func takesLinks(session *sdk.ServerSession) bool {
	p := session.InitializeParams()
	return p == nil || p.ProtocolVersion >= linkRevision
}

// failed is the result of a call that went wrong: the agent reads it and can do better.
func failed(err error) *sdk.CallToolResult {
	return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: err.Error()}}}
}
