package server

import (
	"context"
	"encoding/json"

	"go.lsp.dev/jsonrpc2"
)

// cancelRequest stops the request with an id, which is a number or a string. The request itself answers.
func cancelRequest(_ context.Context, s *session, params []byte) (jsonrpc2.RawMessage, error) {
	var p struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, decodeError(params, err)
	}
	id, err := requestID(p.ID)
	if err != nil {
		return nil, err
	}
	s.flights.stop(id, errCancelled)
	return nil, nil
}

// requestID reads the id of a request. The protocol library would take numbers of 32 bits only.
func requestID(raw []byte) (jsonrpc2.ID, error) {
	var number int64
	if string(raw) == "null" {
		raw = nil
	}
	if err := json.Unmarshal(raw, &number); err == nil {
		return jsonrpc2.NewNumberID(number), nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		return jsonrpc2.NewStringID(text), nil
	}
	return jsonrpc2.ID{}, invalidParams("params.id: a whole number or a string is needed, got %s", raw)
}
