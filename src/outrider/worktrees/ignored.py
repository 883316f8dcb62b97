"""Files of a worktree that git ignores: those that are only there, moved out before it goes, and back where it stays after all."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from outrider.errors import OutriderError
from outrider.worktrees.git import Git
from outrider.worktrees.place import Place

MOVED = "outrider-trash"
_ALIKE_BYTES = 16 * 2**20


async def ignored(place: Place, env: Mapping[str, str]) -> list[str]:
    """Ignored files and folders that are in the worktree and not, byte for byte, in the repository's own checkout."""
    if not place.there:
        return []
    words = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    found = (await Git(place.path, env).must(*words)).split("\0")
    own = place.common.parent if place.common.name == ".git" else None
    return [name for name in found if name and not (own and _alike(place.path / name, own / name))]


def _alike(one: Path, other: Path) -> bool:
    try:
        if not one.is_file() or not other.is_file() or one.stat().st_size != other.stat().st_size:
            return False
        return one.stat().st_size <= _ALIKE_BYTES and one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def move_out(place: Place, names: list[str], folder: Path) -> None:
    """Moves them into the folder. OutriderError where one cannot be moved: those before it are there already."""
    try:
        for name in names:
            _carry(place.path / name, folder / name)
    except (OSError, shutil.Error) as error:
        raise OutriderError(
            f"{place.name} stays: what is ignored in it cannot be moved to {folder}: {error}"
        ) from error


def move_back(place: Place, names: list[str], folder: Path) -> str:
    """Moves back what was moved out of a worktree that stays; a clause that says what could not be, empty where all is back."""
    left = [name for name in names if os.path.lexists(folder / name)]
    if place.there:
        for name in list(left):
            try:
                if not os.path.lexists(place.path / name):
                    _carry(folder / name, place.path / name)
                    left.remove(name)
            except (OSError, shutil.Error):
                continue
    if left:
        return f"; {', '.join(left[:5])}{' and more' * (len(left) > 5)} of it, ignored by git, went to {folder}"
    _clear(folder)
    return ""


def _carry(source: Path, target: Path) -> None:
    """Moves it, to another disk too: where it cannot be copied whole, the source is untouched and nothing is left of the copy."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        source.rename(target)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    try:
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target, follow_symlinks=False)
    except BaseException:
        _delete(target)
        raise
    _delete(source)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Takes the folders away that only held what was moved back."""
    for path, _, _ in os.walk(folder, topdown=False):
        _empty_away(Path(path))
    _empty_away(folder.parent)


def _empty_away(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # something is in it, or it was never made
        return
