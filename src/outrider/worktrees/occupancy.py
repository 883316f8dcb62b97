"""Who works in a tree of files: whoever has a folder in it, however it came there."""

from collections.abc import Iterable, Mapping
from pathlib import Path

Folders = Mapping[str, tuple[Path, ...]]
"""Sessions, each with the folders that it works in, links in them followed."""


def occupant(tree: Path, at_work: Folders, apart: Iterable[Path] = ()) -> str | None:
    """A session that works in the tree, one at its root before all others; None where nobody does.

    Trees `apart` that lie within it are none of its: their files are not changed with it. All paths have their links followed.
    """
    inner = [other for other in apart if other != tree and other.is_relative_to(tree)]

    def counts(folder: Path) -> bool:
        return folder.is_relative_to(tree) and not any(folder.is_relative_to(other) for other in inner)

    within = [session for session, folders in at_work.items() if any(counts(folder) for folder in folders)]
    return next((session for session in within if tree in at_work[session]), next(iter(within), None))
