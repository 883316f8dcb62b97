"""Where worktrees of agents are, and the note that each carries: which commit and branch it began from.

A repository's folder of worktrees has a marker that names the repository, so that worktrees are found whose directories are gone.
The note lies in git's own directory of the worktree and goes with it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from outrider.worktrees.git import Git

MARKER, _NOTE = ".repository", "outrider.json"
_LOST, _STRAY = "its repository is gone or not known", "git does not know it as a worktree"


@dataclass(frozen=True, slots=True)
class Note:
    """`base` is the commit it began at, `into` the branch it began from, `made` whether its branch was made with it."""

    base: str
    into: str | None
    made: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One worktree. `common` is the repository's own directory, `gitdir` git's directory of this worktree, None where it has none.

    `branch` is what is checked out, None for a detached head; `locked` the reason of git's lock, empty where none was given.
    `problem` says why nothing can be done with it.
    """

    path: Path
    common: Path
    gitdir: Path | None
    branch: str | None = None
    locked: str | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        """Its directory's name: the session it was made for."""
        return self.path.name

    @property
    def there(self) -> bool:
        """Whether its directory is there."""
        return (self.path / ".git").is_file()


def write_note(common: Path, path: Path, note: Note) -> None:
    """Keeps the note of a worktree that git has just made. OSError where it cannot."""
    gitdir = _gitdirs(common).get(path.resolve())
    if gitdir is not None:
        (gitdir / _NOTE).write_text(json.dumps(asdict(note)), encoding="utf-8")


def note_of(place: Place) -> Note | None:
    """Its note; None where there is none that can be read."""
    if place.gitdir is None:
        return None
    try:
        kept = json.loads((place.gitdir / _NOTE).read_text(encoding="utf-8"))
        return Note(str(kept["base"]), kept["into"] and str(kept["into"]), bool(kept["made"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


async def found(base_dir: Path, env: Mapping[str, str]) -> list[Place]:
    """All worktrees below `base_dir`, those whose directories are gone included, in order of repository and name."""
    places: list[Place] = []
    for folder in _folders(base_dir):
        common = _repository(folder)
        if common is None:
            places += [Place(path, Path(), None, problem=_LOST) for path in _folders(folder)]
        else:
            listed = await Git(common, env).must("worktree", "list", "--porcelain", "-z")
            places += _of(folder, common, listed)
    return places


def _folders(parent: Path) -> list[Path]:
    return sorted(entry for entry in parent.iterdir() if entry.is_dir()) if parent.is_dir() else []


def _of(folder: Path, common: Path, listed: str) -> list[Place]:
    """The worktrees in a repository's folder, from git's own list of them; and directories there that git does not know."""
    gitdirs, home = _gitdirs(common), folder.resolve()
    known: dict[str, Place] = {}
    for block in listed.split("\0\0"):
        words = dict(_pair(line) for line in block.split("\0") if line)
        path = Path(words.get("worktree", "/"))
        if path.parent.resolve() == home:
            branch = words.get("branch", "").removeprefix("refs/heads/") or None
            gitdir = gitdirs.get(path.resolve())
            known[path.name] = Place(folder / path.name, common, gitdir, branch, words.get("locked"))
    strays = (path for path in _folders(folder) if path.name not in known)
    every = [*known.values(), *(Place(path, common, None, problem=_STRAY) for path in strays)]
    return sorted(every, key=lambda place: place.name)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(" ")
    return name, value


def _repository(folder: Path) -> Path | None:
    """The repository that a folder of worktrees belongs to: by its marker, else by any worktree in it."""
    try:
        common = Path(os.fsdecode((folder / MARKER).read_bytes()))
        return common if common.is_dir() else None
    except OSError:
        pass
    for link in sorted(folder.glob("*/.git")):
        try:
            gitdir = Path(os.fsdecode(link.read_bytes()).removeprefix("gitdir: ").strip())
        except OSError:
            continue
        if gitdir.is_dir() and gitdir.parent.name == "worktrees":
            return gitdir.parent.parent
    return None


def _gitdirs(common: Path) -> dict[Path, Path]:
    """Git's directories of a repository's worktrees, by the worktree's path."""
    paths: dict[Path, Path] = {}
    for link in sorted((common / "worktrees").glob("*/gitdir")):
        try:
            paths[Path(os.fsdecode(link.read_bytes()).strip()).parent.resolve()] = link.parent
        except OSError:
            continue
    return paths
