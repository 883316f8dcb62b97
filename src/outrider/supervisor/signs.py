"""Which process in a pane is the agent, and of which kind: read off the pane's process tree, never the foreground name alone."""

from pathlib import Path

from outrider import processes
from outrider.kinds.load import Kinds
from outrider.model.kind import Kind
from outrider.model.pane import Pane


def recognise(pane: Pane, kinds: Kinds) -> Kind | None:
    """The kind of agent that runs in the pane, None where it is none that we know."""
    if pane.dead:
        return None
    tree = processes.tree(pane.pid)
    programs = [pane.command, *(Path(process.argv[0]).name for process in tree if process.argv)]
    return kinds.recognise(programs, [" ".join(process.argv) for process in tree], pane.title, ())


def agent_process(pane: Pane, kind: Kind) -> processes.Process | None:
    """The agent's own process in the pane's tree, the outermost that has the kind's signs; None where it is not told apart."""
    for process in processes.tree(pane.pid):
        named = bool(process.argv) and Path(process.argv[0]).name in kind.signs.programs
        line = " ".join(process.argv)
        if named or any(sign.search(line) for sign in kind.signs.argv):
            return process
    return None
