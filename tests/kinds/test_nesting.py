"""Files that are nested without end are as bad as others that cannot be read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outrider.errors import BadSetting
from outrider.kinds.channels import gemini_chat, opencode_client
from outrider.kinds.table import Source
from outrider.logic import asciicast
from outrider.worktrees.place import Place, note_of

NESTED = "[" * 100_000


def note(path: Path) -> object:
    """The note of a worktree, which stands in git's directory of it."""
    path.rename(path.with_name("outrider.json"))
    return note_of(Place(path.parent, path.parent, path.parent))


@pytest.mark.parametrize(
    "read",
    [
        note,
        opencode_client.read,
        lambda path: gemini_chat._is_of(path, "project", 1) or None,
        lambda path: asciicast.moment(path.read_text()),
    ],
)
def test_what_stands_in_it_is_nothing(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(NESTED)
    assert read(path) is None


def test_a_file_of_settings_is_refused_with_its_name() -> None:
    with pytest.raises(BadSetting, match=r"mine\.toml: not valid TOML"):
        Source("mine.toml", f"a = {NESTED}")
