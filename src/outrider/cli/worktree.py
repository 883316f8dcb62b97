"""The verbs worktree list, diff, merge and remove."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import as_json, plain, table

if TYPE_CHECKING:
    from outrider.model.worktree import WorktreeJSON

app = App(name="worktree", help="Worktrees that were made for agents.", help_format="plaintext", help_epilogue="")
HEADS = ("NAME", "AGENT", "BRANCH", "AHEAD", "BEHIND", "FILES", "LINES", "STATE")


@app.command(name="list")
async def list_(*, connection: Connection = HERE, environ: Environ) -> None:
    """Lists them: branch, commits against where it began, what is changed."""
    found = await connection.client(environ).worktrees()
    if connection.json:
        print(as_json({"worktrees": found, "count": len(found)}))
    elif not found:
        print("There are none; outrider spawn --worktree makes one.")
    else:
        print(table(HEADS, [_row(tree) for tree in found]))


@app.command
async def diff(name: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Prints what was changed in it as a patch, untracked files included; nothing in it is touched."""
    found = await connection.client(environ).worktree_diff(name)
    if connection.json:
        print(as_json(found))
        return
    sys.stdout.buffer.write(found["patch"].encode(errors="surrogateescape"))
    if found["cut"]:
        print("outrider: this is only the beginning of it; see the rest with git diff", file=sys.stderr)


@app.command
async def merge(
    name: str,
    *,
    into: Annotated[str | None, Parameter(help="Branch to merge into; else the one that it began from.")] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Merges its branch; where that contradicts, both trees stay as they are."""
    done = await connection.client(environ).merge_worktree(name, into)
    text = f"{done['branch']} is merged: {done['into']} is at {done['commit'][:12]}."
    print(as_json(done) if connection.json else text)


@app.command
async def remove(
    name: str,
    *,
    force: Annotated[bool, Parameter(negative=(), help="Move work that is nowhere else to the trash first.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Takes it away; refused where an agent works in it, or where work would be lost."""
    done = await connection.client(environ).remove_worktree(name, force=force)
    if connection.json:
        print(as_json(done))
        return
    branch = f", and its branch {done['branch']}" if done["branch_removed"] else ""
    print(f"{done['path']} is gone{branch}.")
    if used := done.get("branch_used"):  # another node's Outrider may be older
        print(f"Its branch {done['branch']} stays: it is checked out in {used}.")
    if done["kept"]:
        print(f"What was nowhere else is kept as {done['kept']}. Get it back: {done['back']}")
    if done["moved"]:
        print(f"Ignored files that were only there are in {done['moved']}.")


def _row(tree: "WorktreeJSON") -> tuple[str, ...]:
    state = tree["problem"] or ("uncommitted" if tree["dirty"] else "clean")
    if tree["locked"] is not None:
        state += f", locked {tree['locked']}".rstrip()
    lines = f"+{tree['insertions']} -{tree['deletions']}"
    figures = (str(tree["ahead"]), str(tree["behind"]), str(tree["files"]), lines)
    return (plain(tree["name"]), tree["session"] or "", plain(tree["branch"] or "(detached)"), *figures, plain(state))
