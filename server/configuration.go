package server

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"

	"go.lsp.dev/protocol"

	"lsp/server/settings"
	"lsp/workspace"
)

// configuration are the layers of settings of a session. Only initialize and the tasks of the session touch it, except
// for current. The engine gets the layers and resolves them for every root with the file of its repository; what
// concerns the session itself is resolved here, with the file of the first folder.
type configuration struct {
	flags    []settings.Layer
	options  settings.Layer  // initializationOptions
	pulled   settings.Layer  // the latest answer to workspace/configuration
	pushed   settings.Layer  // the latest workspace/didChangeConfiguration
	reported map[string]bool // problems that were shown already
	current  atomic.Pointer[settings.Settings]
	started  settings.Settings // with which the engine was opened
}

// layers are the layers that are stronger than those of repositories.
func (c *configuration) layers() []settings.Layer {
	return append([]settings.Layer{c.options, c.pulled, c.pushed}, c.flags...)
}

// parseLayer reads what the editor sent, tells the person what is wrong with it, and returns the rest.
func (s *session) parseLayer(name string, raw protocol.LSPAny) settings.Layer {
	layer, err := settings.ParseJSON(settings.FromEditor, name, raw)
	layer, problems := layer.Check()
	if err != nil {
		problems = append(problems, settings.Problem{Source: name, Message: err.Error()})
	}
	for _, p := range problems {
		if p.Warning {
			s.logOnce("setting ignored: " + p.Error())
		} else {
			s.showOnce(protocol.MessageTypeWarning, "setting ignored: "+p.Error())
		}
	}
	return layer
}

// logOnce logs a message about settings that was not logged before, and reports whether it did.
func (s *session) logOnce(text string) bool {
	if s.config.reported[text] {
		return false
	}
	s.config.reported[text] = true
	s.log.Warn(text)
	return true
}

// showOnce logs and shows a message about settings that was not shown before.
func (s *session) showOnce(kind protocol.MessageType, text string) {
	if s.logOnce(text) {
		s.show(kind, "%s", text)
	}
}

// refreshSettings resolves the settings of the session.
func (s *session) refreshSettings() settings.Settings {
	root := ""
	if first := s.folders.all(); len(first) > 0 {
		root = first[0].dir
		if r, err := workspace.FindRoot(root); err == nil {
			root = r.Path
		}
	}
	resolved, _ := settings.ResolveRoot(root, s.config.layers()...) // the engine reports what is wrong with the file
	s.level.Set(levels[resolved.Log.Level])
	s.config.current.Store(&resolved)
	return resolved
}

// configure has the layers changed and then applied.
func (s *session) configure(change func()) {
	before := s.config.layers()
	change()
	if s.ctx.Err() != nil {
		return
	}
	resolved := s.refreshSettings()
	for _, key := range settings.NeedRestart(s.config.started, resolved) {
		s.showOnce(protocol.MessageTypeInfo, key+" takes effect when the server is restarted; give it in the initialization options to have it from the start")
	}
	if reflect.DeepEqual(before, s.config.layers()) {
		return
	}
	if err := s.engine.Configure(s.config.layers()...); err != nil {
		s.log.Error("settings could not be applied", "error", err)
		s.show(protocol.MessageTypeError, "settings could not be applied: %v", err)
	}
}

// pull asks the client for its configuration. A client that does not answer in time leaves it as it is.
func (s *session) pull() {
	if !s.client.configuration || s.ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.options.timing.answer)
	defer cancel()
	section := settings.Section
	var answers []protocol.LSPAny
	err := s.call(ctx, protocol.MethodWorkspaceConfiguration, &protocol.ConfigurationParams{
		Items: []protocol.ConfigurationItem{{Section: &section}},
	}, &answers)
	if err == nil && len(answers) != 1 {
		err = fmt.Errorf("%d answers to one question", len(answers))
	}
	switch {
	case err == nil:
		s.config.pulled = s.parseLayer(protocol.MethodWorkspaceConfiguration, answers[0])
	case !errors.Is(err, context.Canceled):
		s.log.Warn("the editor's configuration is unknown", "error", err)
	}
}

// settingsID names our registration of changed settings at the client.
const settingsID = "semantic-settings"

// registerSettings asks the client to say when its configuration has changed. No section is named: the client then sends
// no values, and is asked for them. The options are empty and not absent, because VS Code's client takes them for given.
func (s *session) registerSettings() {
	s.register(protocol.Registration{
		ID: settingsID, Method: protocol.MethodWorkspaceDidChangeConfiguration, RegisterOptions: protocol.LSPAny("{}"),
	})
}

// didChangeConfiguration takes the configuration the client sent, or asks for it when it sent none.
func didChangeConfiguration(_ context.Context, s *session, p *protocol.DidChangeConfigurationParams) error {
	pushed := p.Settings
	s.queue(func() {
		s.configure(func() {
			if layer := s.parseLayer(protocol.MethodWorkspaceDidChangeConfiguration, pushed); layer.Values != nil {
				s.config.pushed = layer
			}
			s.pull()
		})
	})
	return nil
}
