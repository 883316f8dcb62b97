"""The shell line that agents run as a hook: it leaves its standard input in the spool and costs next to nothing."""

import shlex
from pathlib import Path

# One sh, cat and mv. A name is free as long as it lies there: process ids come back while the daemon is away. The agent must
# never wait or fail because of us, so its standard input is read in any case and the exit code is 0. The name ends with the
# process that called: what an agent starts may have inherited its hooks, and is not the agent.
_SCRIPT = (
    "umask 077; d={folder}; f=$d/$$; n=0; "
    'if [ -d "$d" ]; then while [ -e "$f.$n.$PPID.json" ]; do n=$((n+1)); done; '
    '{{ cat >"$f.$n.tmp" && mv -f "$f.$n.tmp" "$f.$n.$PPID.json" || rm -f "$f.$n.tmp"; }} 2>/dev/null; '
    "else cat >/dev/null; fi; exit 0"
)


def command(spool_dir: Path) -> str:
    """The POSIX sh line that leaves its standard input in that directory as a file of its own."""
    return _SCRIPT.format(folder=shlex.quote(str(spool_dir)))


REPORT = "report.sh"


def script(spool_dir: Path) -> str:
    """The same line as a file, for agents that would read its `$` as their own."""
    return command(spool_dir).removesuffix("; exit 0") + "\n"


def calls(report: Path) -> str:
    """The line that runs that file; once the file is gone it only reads its input. It never fails: exit 2 would block the agent."""
    path = shlex.quote(str(report))
    return f"if [ -r {path} ]; then . {path}; else cat >/dev/null; fi; exit 0"


_ADOPTED = (
    'umask 077; d={folder}; f=$d/$PPID.$$; if [ -d "$d" ] && [ -z "$OUTRIDER_GENERATION" ]; '
    'then {{ cat >"$f.tmp" && mv -f "$f.tmp" "$f.json" || rm -f "$f.tmp"; }} 2>/dev/null; '
    "else cat >/dev/null; fi; exit 0"
)


def adopted(spool_dir: Path) -> str:
    """The line for agents that Outrider did not start: the file bears the id of the process that ran it.

    A spawned agent has a line of its own and is passed over here, so that nothing is told twice.
    """
    return _ADOPTED.format(folder=shlex.quote(str(spool_dir)))
