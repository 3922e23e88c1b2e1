package server

import (
	"encoding/json"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lsp/server/settings"
	"lsp/workspace"
)

// fileURI is the URI of a path that a client gave as a path.
func fileURI(path string) uri.URI { return uri.URI(workspace.PathToURI(path)) }

// capabilities are what the client can do, as far as we care.
type capabilities struct {
	name          string                          // it introduced itself with, "" for none
	encodings     []protocol.PositionEncodingKind // it understands, the best first
	configuration bool                            // it answers workspace/configuration
	settings      bool                            // it can be asked to report changes of its configuration
	watchedFiles  bool                            // it can be asked to report changes of files
	progress      bool                            // it shows progress we start
	showDocument  bool                            // it opens documents for us
	codeActions   bool                            // it understands code actions that are more than commands
	commands      []string                        // of ours that it runs itself (experimental.commands.commands)
}

func clientCapabilities(p *protocol.InitializeParams) capabilities {
	c := capabilities{name: p.ClientInfo.Name}
	if general := p.Capabilities.General; general != nil {
		c.encodings = general.PositionEncodings
	}
	if w := p.Capabilities.Workspace; w != nil {
		c.configuration = isTrue(w.Configuration)
		c.settings = w.DidChangeConfiguration != nil && isTrue(w.DidChangeConfiguration.DynamicRegistration)
		c.watchedFiles = w.DidChangeWatchedFiles != nil && isTrue(w.DidChangeWatchedFiles.DynamicRegistration)
	}
	if w := p.Capabilities.Window; w != nil {
		c.progress = isTrue(w.WorkDoneProgress)
		c.showDocument = w.ShowDocument != nil && w.ShowDocument.Support
	}
	if t := p.Capabilities.TextDocument; t != nil && t.CodeAction != nil {
		c.codeActions = len(t.CodeAction.CodeActionLiteralSupport.CodeActionKind.ValueSet) > 0
	}
	var experimental struct {
		Commands struct {
			Commands []string `json:"commands"`
		} `json:"commands"`
	}
	if json.Unmarshal(p.Capabilities.Experimental, &experimental) == nil {
		c.commands = experimental.Commands.Commands
	}
	return c
}

// capabilities are what we can do.
func (s *session) capabilities(encoding protocol.PositionEncodingKind, resolved settings.Settings) protocol.ServerCapabilities {
	everything := protocol.FileOperationRegistrationOptions{Filters: []protocol.FileOperationFilter{{
		Scheme:  pointer("file"),
		Pattern: protocol.FileOperationPattern{Glob: "**"},
	}}}
	c := protocol.ServerCapabilities{
		PositionEncoding: encoding,
		TextDocumentSync: &protocol.TextDocumentSyncOptions{
			OpenClose: pointer(true),
			Change:    pointer(protocol.TextDocumentSyncKindIncremental),
			Save:      &protocol.SaveOptions{IncludeText: pointer(false)},
		},
		WorkspaceSymbolProvider: protocol.Boolean(resolved.Symbols != settings.SymbolsOff),
		ExecuteCommandProvider:  protocol.ExecuteCommandOptions{Commands: commandNames(s.client.commands)},
		Workspace: &protocol.WorkspaceOptions{
			WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
				Supported:           pointer(true),
				ChangeNotifications: protocol.Boolean(true),
			},
			FileOperations: &protocol.FileOperationOptions{DidCreate: everything, DidRename: everything, DidDelete: everything},
		},
	}
	if resolved.Client.CodeActions {
		c.CodeActionProvider = protocol.Boolean(true)
		if s.client.codeActions {
			c.CodeActionProvider = &protocol.CodeActionOptions{CodeActionKinds: []protocol.CodeActionKind{codeActionKind}}
		}
	}
	if resolved.Client.Summaries {
		c.HoverProvider = protocol.Boolean(true)
	}
	experimental, err := json.Marshal(map[string]Capability{"semanticSearch": capability()})
	if err == nil {
		c.Experimental = experimental
	}
	return c
}

func isTrue(b *bool) bool { return b != nil && *b }

func pointer[T any](v T) *T { return &v }
