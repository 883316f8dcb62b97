"""What a program is called in rules and tables, whatever way it is written."""

import re

from outrider.logic.policy.places import absolute, inside, within
from outrider.logic.policy.rules import Context
from outrider.logic.policy.runs import Run

SYSTEM = re.compile(r"/(usr/|usr/local/|opt/homebrew/)?s?bin/([^/]+)")
OWN_BIN = re.compile(r"(^|.*/)(\.?venv[^/]*|env|node_modules/\.bin|vendor/bin|vendor)(/bin)?/([^/]+)")
VERSIONED = re.compile(r"(python|pip|node|ruby|perl|php|lua|pypy)[\d.]+")
ALIASES = {"python3": "python", "pip3": "pip", "nodejs": "node", "gmake": "make", "pypy": "python", "rspec": "rspec"}


def name_of(run: Run, context: Context) -> str:
    """`git` for git, /usr/bin/git; `pytest` for .venv/bin/pytest; `./x` for a program in the work tree; empty where it is not known."""
    program = run.argv[0] if run.argv else None
    if program is None or not program.known or program.pattern or program.pipe or not program.text.isascii():
        return ""
    text = program.text
    if "=" in text:
        # An assignment behind a wrapper that takes none: what was meant is not what would run.
        return ""
    if re.match(r"[\w.+-]+:", text):
        # An address: some runners fetch it.
        return ""
    if "/" not in text:
        return plain(text)
    system = SYSTEM.fullmatch(text)
    if system is not None:
        return plain(system[2])
    if run.where is None:
        return ""
    paths = {absolute(program, where, context) for where in run.where}
    path = paths.pop() if len(paths) == 1 else None
    # A program of a virtual environment may be a link to the system's: what counts is where the link lies.
    shown = text.removeprefix(context.workdir.rstrip("/") + "/").removeprefix("./")
    own = OWN_BIN.fullmatch(shown)
    if own is not None and ".." not in shown.split("/") and not shown.startswith(("/", "~")):
        return plain(own[4])
    if path is None or not inside(path, context):
        return ""
    return f"./{within(path, context)}"


def plain(name: str) -> str:
    """The program's name without its version, and one name for several of the same."""
    versioned = VERSIONED.fullmatch(name)
    name = versioned[1] if versioned is not None else name
    return ALIASES.get(name, name)
