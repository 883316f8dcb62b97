"""Furnishing a new worktree: files that git does not carry are copied into it, and set-up lines of the user's settings run in it."""

import asyncio
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import OutriderError, TimedOut
from outrider.worktrees.create import Worktree, surroundings, withdraw
from outrider.worktrees.process import finish, printed

_TOLD = 2000


@dataclass(frozen=True, slots=True)
class Furnishing:
    """`copy` are patterns below the checkout's root, `setup` lines for `sh`, each of which has `limit_s` seconds."""

    copy: Sequence[str] = ()
    setup: Sequence[str] = ()
    limit_s: float = 300.0


async def furnish(workdir: Path, tree: Worktree, furnishing: Furnishing, env: Mapping[str, str]) -> None:
    """Copies from the checkout that `workdir` is in, then runs the lines, one after the other, at the worktree's root.

    What is in the worktree already stays as it is. OutriderError or TimedOut, with the end of what a line said, where one fails.
    """
    root, _ = await surroundings(workdir, env)
    if root is not None and furnishing.copy:
        await asyncio.to_thread(_copied, root, tree.path, furnishing.copy)
    for line in furnishing.setup:
        await _run(line, tree.path, env, furnishing.limit_s)


def _copied(root: Path, target: Path, patterns: Sequence[str]) -> None:
    for source in _matching(root, patterns):
        place = target / source.relative_to(root)
        if os.path.lexists(place):
            continue
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir() and not source.is_symlink():
                shutil.copytree(source, place, symlinks=True)
            else:
                shutil.copy2(source, place, follow_symlinks=False)
        except (OSError, shutil.Error) as error:
            raise OutriderError(f"{source} cannot be copied into the worktree: {error.strerror or error}") from error


def _matching(root: Path, patterns: Sequence[str]) -> Iterator[Path]:
    for pattern in patterns:
        try:
            found = sorted(path for path in root.glob(pattern) if ".git" not in path.relative_to(root).parts)
        except OSError as error:
            raise OutriderError(f"{pattern!r} cannot be looked for in {root}: {error.strerror}") from error
        yield from found


async def furnished(workdir: Path, tree: Worktree, furnishing: Furnishing, env: Mapping[str, str]) -> Worktree:
    """The worktree, furnished; where that fails nothing is left of it."""
    try:
        await furnish(workdir, tree, furnishing, env)
    except BaseException:  # also where the asker is gone
        await asyncio.shield(withdraw(tree, workdir, env=env))
        raise
    return tree


async def _run(line: str, folder: Path, env: Mapping[str, str], limit_s: float) -> None:
    with printed() as out:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", line, cwd=folder, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        try:
            await finish(process, limit_s)
        except TimeoutError as late:
            raise TimedOut(f"the set-up line {line!r} took longer than {limit_s:g} s in the new worktree") from late
        if process.returncode:
            out.seek(max(0, out.seek(0, os.SEEK_END) - _TOLD))
            said = out.read().decode("utf-8", "replace").strip()
            last = said.rsplit("\n", 1)[-1][:300] or "it said nothing"
            raise OutriderError(
                f"the set-up line {line!r} ended with status {process.returncode} in the new worktree: {last}",
                detail={"output": said},
            )
