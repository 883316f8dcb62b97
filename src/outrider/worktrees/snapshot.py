"""All that a worktree holds, as git trees, taken without a touch of its index or its files.

A copy of the index elsewhere takes the files in; new objects go to a folder that is thrown away, unless they are to be kept.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict, OutriderError, Unavailable
from outrider.worktrees.git import Git
from outrider.worktrees.place import Place

_LIMIT_S = 120.0
# Nothing of the user's is run: no monitor, no hooks.
_PLAIN = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`head` is the commit that is checked out, `staged` the tree of its index (None in the middle of a conflict), `files` the
    tree of all its files but the ignored ones; the index's where the directory is gone. `git` can read all three.
    """

    git: Git
    head: str
    head_tree: str
    staged: str | None
    files: str

    @property
    def dirty(self) -> bool:
        """Whether something is not committed."""
        return self.files != self.head_tree or self.staged != self.head_tree


@asynccontextmanager
async def snapshot(place: Place, env: Mapping[str, str], *, keep: bool = False) -> AsyncIterator[Snapshot]:
    """A snapshot, readable within; `keep` puts its objects into the repository. OutriderError where it cannot be taken whole."""
    gitdir = must_have_gitdir(place)
    try:
        passing = tempfile.TemporaryDirectory(prefix="outrider-")
    except OSError as error:
        raise _no_room(place, error) from error
    with passing as folder:
        index = Path(folder, "index")
        own = {"GIT_DIR": os.fspath(gitdir), "GIT_INDEX_FILE": os.fspath(index)}
        if place.there:
            own["GIT_WORK_TREE"] = os.fspath(place.path)
        if not keep:
            objects = Path(folder, "objects")
            os.mkdir(objects)  # noqa: PTH102  # at once, in a fresh folder
            own["GIT_OBJECT_DIRECTORY"] = os.fspath(objects)
            own["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.fspath(place.common / "objects")
        git = Git(place.path if place.there else place.common, env, own)
        head = await git.commit("HEAD")
        if head is None:
            raise OutriderError(f"{place.path}: its HEAD names no commit; look at it with git before anything is done")
        try:
            shutil.copyfile(gitdir / "index", index)
            indexed = True
        except FileNotFoundError:
            indexed = False
        except OSError as error:
            raise _no_room(place, error) from error
        staged = await git.ask("write-tree") if indexed else None
        files = staged.out if staged is not None and staged.code == 0 else None
        if place.there:
            # Also what was told to be taken for unchanged.
            await git.ask(*_PLAIN, "update-index", "-q", "--really-refresh", limit_s=_LIMIT_S)
            await git.must(*_PLAIN, "add", "--all", "--", ".", limit_s=_LIMIT_S)
            files = await git.must("write-tree")
        head_tree = await git.must("rev-parse", "HEAD^{tree}")
        there = staged.out if staged is not None and staged.code == 0 else None
        if not place.there:
            there = there or head_tree
        yield Snapshot(git, head, head_tree, there, files or head_tree)


def _no_room(place: Place, error: OSError) -> Unavailable:
    return Unavailable(
        f"{place.path} cannot be looked at: its index cannot be copied: {error.strerror}. "
        "Make room for temporary files, or have the daemon's TMPDIR name a folder on another disk."
    )


def must_have_gitdir(place: Place) -> Path:
    """Git's directory of it; Conflict where there is none, and nothing can be done with it."""
    if place.problem is not None or place.gitdir is None:
        why = place.problem or "git does not know it as a worktree"
        raise Conflict(
            f"{place.path}: {why}; nothing was touched, look at it by hand", detail={"path": str(place.path)}
        )
    return place.gitdir


async def repositories_within(place: Place, env: Mapping[str, str]) -> list[str]:
    """Submodules that are checked out in it, and other repositories below it: git keeps their work elsewhere, or nowhere."""
    if not place.there:
        modules = place.gitdir / "modules" if place.gitdir else None
        return [entry.name for entry in modules.iterdir()] if modules is not None and modules.is_dir() else []
    git = Git(place.path, env)
    listed = await git.must("ls-files", "--stage", "-z")
    modules_ = [line.partition("\t")[2] for line in listed.split("\0") if line.startswith("160000 ")]
    checked_out = [name for name in modules_ if (place.path / name / ".git").exists()]
    others = await git.must("ls-files", "--others", "--directory", "-z")
    strays = [name for name in others.split("\0") if name.endswith("/") and _holds_repository(place.path / name)]
    return sorted({*checked_out, *(name.rstrip("/") for name in strays)})


def _holds_repository(folder: Path) -> bool:
    return any(".git" in (*folders, *files) for _, folders, files in os.walk(folder))
