package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// codeRequestFailed says that a well-formed request could not be served (LSPErrorCodes.RequestFailed).
const codeRequestFailed jsonrpc2.Code = -32803

// ErrNoShutdown is returned by Serve when the client left without a shutdown request. A program that serves one
// client then exits with status 1.
var ErrNoShutdown = errors.New("client left without a shutdown request")

// Causes of a cancelled request.
var (
	errCancelled    = errors.New("cancelled by the client")
	errShuttingDown = errors.New("server is shutting down")
)

// invalidParams is an error about the parameters of a request.
func invalidParams(format string, args ...any) *jsonrpc2.Error {
	return jsonrpc2.Errorf(jsonrpc2.InvalidParams, format, args...)
}

// wireError gives every error a code. A request that its client cancelled answers with that, whatever went wrong
// meanwhile.
func wireError(ctx context.Context, err error) *jsonrpc2.Error {
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), errCancelled) {
		return jsonrpc2.NewError(protocol.CodeRequestCancelled, errCancelled.Error())
	}
	var wire *jsonrpc2.Error
	if errors.As(err, &wire) {
		return jsonrpc2.NewError(wire.Code, err.Error())
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = context.Cause(ctx)
	}
	return jsonrpc2.NewError(codeRequestFailed, err.Error())
}

// decodeError explains parameters that do not fit, with the name of the member when it is known.
func decodeError(params []byte, err error) *jsonrpc2.Error {
	if !json.Valid(params) {
		return jsonrpc2.Errorf(jsonrpc2.ParseError, "params are not valid JSON")
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) && mismatch.Field != "" {
		return invalidParams("params.%s: %s is not a %s", mismatch.Field, mismatch.Value, mismatch.Type)
	}
	return invalidParams("params: %v", err)
}

// panicError is what a request answers whose handler panicked.
func panicError(method string, cause any) *jsonrpc2.Error {
	return jsonrpc2.NewError(jsonrpc2.InternalError, fmt.Sprintf("%s: panic: %v", method, cause))
}
