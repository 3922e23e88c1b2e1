package server

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"
)

// semantic are the requests of our own. A command whose argument is a text takes it as the member named here.
var semantic = []struct {
	method  string
	order   order
	handler handler
	text    string
}{
	{MethodSearch, ordered, custom(searchCode), "query"},
	{MethodSimilar, ordered, custom(similar), "text"},
	{MethodExplain, ordered, custom(explain), "query"},
	{MethodDuplicates, ordered, custom(duplicates), ""},
	{MethodComplete, ordered, custom(complete), "text"},
	{MethodSummarize, ordered, custom(summarize), ""},
	{MethodMap, ordered, custom(functionMap), ""},
	{MethodOpenPage, prompt, custom(openPage), ""},
	{MethodStatus, prompt, custom(status), ""},
	{MethodReindex, ordered, custom(reindex), "folder"},
	{MethodPause, ordered, custom(pause), "folder"},
	{MethodResume, ordered, custom(resume), "folder"},
}

// requests says how every request is served.
var requests = func() map[string]route {
	all := map[string]route{
		protocol.MethodInitialize:              {inline, standard(initialize)},
		protocol.MethodShutdown:                {inline, standard(shutdown)},
		protocol.MethodWorkspaceSymbol:         {ordered, standard(workspaceSymbol)},
		protocol.MethodWorkspaceExecuteCommand: {ordered, executeCommand},
		protocol.MethodTextDocumentCodeAction:  {prompt, standard(codeAction)},
		protocol.MethodTextDocumentHover:       {ordered, standard(hover)},
	}
	for _, s := range semantic {
		all[s.method] = route{s.order, s.handler}
	}
	return all
}()

// notifications says how every notification is served, in the order of the messages.
var notifications = map[string]handler{
	protocol.MethodInitialized:                        notification(initialized),
	protocol.MethodExit:                               notification(exit),
	protocol.MethodCancelRequest:                      cancelRequest,
	protocol.MethodSetTrace:                           notification(setTrace),
	protocol.MethodWindowWorkDoneProgressCancel:       notification(workDoneProgressCancel),
	protocol.MethodTextDocumentDidOpen:                notification(didOpen),
	protocol.MethodTextDocumentDidChange:              notification(didChange),
	protocol.MethodTextDocumentDidSave:                notification(didSave),
	protocol.MethodTextDocumentDidClose:               notification(didClose),
	protocol.MethodWorkspaceDidChangeWatchedFiles:     notification(didChangeWatchedFiles),
	protocol.MethodWorkspaceDidCreateFiles:            notification(didCreateFiles),
	protocol.MethodWorkspaceDidRenameFiles:            notification(didRenameFiles),
	protocol.MethodWorkspaceDidDeleteFiles:            notification(didDeleteFiles),
	protocol.MethodWorkspaceDidChangeWorkspaceFolders: notification(didChangeWorkspaceFolders),
	protocol.MethodWorkspaceDidChangeConfiguration:    notification(didChangeConfiguration),
}

// commandName is the command of a method: semantic/search is semantic.search.
func commandName(method string) string { return strings.ReplaceAll(method, "/", ".") }

// commandNames are the commands to announce: all but those that the client runs itself, which it would register twice.
func commandNames(ofClient []string) []string {
	var names []string
	for _, s := range semantic {
		if name := commandName(s.method); !slices.Contains(ofClient, name) {
			names = append(names, name)
		}
	}
	return names
}

// capability is what a client learns about our own protocol.
func capability() Capability {
	c := Capability{Version: ProtocolVersion, Notifications: []string{MethodStatusChanged}}
	for _, s := range semantic {
		c.Requests = append(c.Requests, s.method)
	}
	return c
}
