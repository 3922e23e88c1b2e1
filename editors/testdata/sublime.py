"""Loads the plugin with a stand-in for what it calls of Sublime Text's API, asks, and takes the first row of the list.

The stand-in keeps to https://www.sublimetext.com/docs/api_reference.html. It cannot tell how the list looks.
"""

import importlib.util
import os
import sys
import types


class Window:
    def __init__(self, folders, file):
        self.file = file
        self.opened = []
        self.folders = lambda: folders
        self.active_view = lambda: "view of " + file

    def extract_variables(self):
        return {"file": self.file}

    def show_input_panel(self, caption, initial_text, on_done, on_change, on_cancel):
        on_done(os.environ["QUESTION"])

    def show_quick_panel(self, items, on_select, on_highlight):
        assert "<" not in "".join(item.details for item in items), "details are HTML"
        on_highlight(1)
        on_highlight(0)
        on_select(0)
        on_select(-1)

    def open_file(self, fname, flags):
        assert flags & sublime.ENCODED_POSITION
        self.opened.append((fname, flags))

    def focus_view(self, view):
        self.opened.append((view, 0))

    def status_message(self, message):
        self.opened.append((message, 0))


sublime = types.ModuleType("sublime")
sublime.ENCODED_POSITION, sublime.TRANSIENT = 1, 4
sublime.QuickPanelItem = lambda trigger, details, annotation: types.SimpleNamespace(details=details)
sublime.set_timeout_async = lambda callback: callback()
messages = []
sublime.error_message = messages.append
plugin_api = types.ModuleType("sublime_plugin")
plugin_api.WindowCommand = type("WindowCommand", (), {"__init__": lambda self, window: setattr(self, "window", window)})
sys.modules.update(sublime=sublime, sublime_plugin=plugin_api)

spec = importlib.util.spec_from_file_location("semantic", os.environ["SNIPPET"])
plugin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plugin)


def ask(*folders, file=os.environ["NOTES"]):
    window = Window(folders, file)
    plugin.SemanticSearchCommand(window).run()
    return window.opened


root = os.environ["ROOT"]
second, first, chosen, left = ask(os.environ["HOME"], root)  # the folder of the file is asked, not the first one
assert first[0] == chosen[0] != second[0] and first[1] & sublime.TRANSIENT and chosen[1] == sublime.ENCODED_POSITION
assert left == ("view of " + os.environ["NOTES"], 0)

assert ask() == ask(root), "without a folder, that of the file is asked"
assert ask(file="") == [("No folder to search", 0)]
os.environ["QUESTION"] = "call again lang:rust"
((nothing, _),) = ask(root)
assert nothing == "the filters leave none of 10 units", nothing
os.environ["QUESTION"] = '"not closed'
assert ask(root) == [] and "does not end" in messages.pop(), messages
os.environ["PATH"] = ""
assert ask(root) == [] and "lsp" in messages.pop(), messages

with open(os.environ["OUT"], "w") as out:
    out.write("at %s\n" % os.path.relpath(chosen[0], root))
