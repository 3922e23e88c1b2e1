package server

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// executeCommand runs a request of our own for clients that can send commands but not custom methods. The one
// argument is the parameters of the request, or a text that stands for the member that matters most.
func executeCommand(ctx context.Context, s *session, params []byte) (jsonrpc2.RawMessage, error) {
	var p protocol.ExecuteCommandParams
	if err := protocol.Unmarshal(params, &p); err != nil {
		return nil, decodeError(params, err)
	}
	for _, known := range semantic {
		if commandName(known.method) != p.Command {
			continue
		}
		argument, err := commandArgument(p.Arguments, known.text)
		if err != nil {
			return nil, err
		}
		return known.handler(ctx, s, argument)
	}
	return nil, invalidParams("command %q is not known", p.Command)
}

// commandArgument makes the parameters of a request from the arguments of its command.
func commandArgument(arguments []protocol.LSPAny, text string) ([]byte, error) {
	if len(arguments) == 0 || bytes.Equal(bytes.TrimSpace(arguments[0]), []byte("null")) {
		return nil, nil
	}
	var words []string
	for _, argument := range arguments {
		var word string
		if text == "" || json.Unmarshal(argument, &word) != nil {
			words = nil
			break
		}
		words = append(words, word)
	}
	if words != nil {
		return json.Marshal(map[string]string{text: strings.Join(words, " ")})
	}
	if len(arguments) > 1 {
		return nil, invalidParams("arguments: one object is needed, got %d values", len(arguments))
	}
	return arguments[0], nil
}
