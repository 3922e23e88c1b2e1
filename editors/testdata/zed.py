"""Runs the tasks as Zed does: with the selection, and in a shell that is asked for the sentence."""

import json
import os
import re
import subprocess

with open(os.environ["SNIPPET"]) as file:
    selection, sentence = json.load(file)
question = os.environ["QUESTION"]


def place(command, typed=""):
    printed = subprocess.run(command, input=typed, stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.search(r"([^ :]+):(\d+):\d+: .", printed)


selected = place([selection["command"]] + [arg.replace("$ZED_SELECTED_TEXT", question) for arg in selection["args"]])
asked = place(["sh", "-c", sentence["command"]], question + "\n")
assert selected.group() == asked.group(), (selected, asked)
with open(os.environ["OUT"], "w") as out:
    out.write("at %s:%s\n" % asked.groups())
