"""The file of keys."""

from pathlib import Path

import pytest

from outrider.errors import BadSetting
from outrider.fleet.keys import KeyFile
from outrider.logic.seal import Seal


def test_it_is_made_once_with_a_good_key_for_its_owner_alone(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "fleet.key")
    assert file.make()
    keys = file.read()
    Seal(keys)
    assert not file.make()
    assert (file.read(), file.path.stat().st_mode & 0o777) == (keys, 0o600)


def test_a_change_is_noticed(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "fleet.key")
    file.make()
    file.read()
    assert not file.changed()
    file.path.write_text("another key of the fleet\n", encoding="utf-8")
    assert file.changed()
    assert file.read() == ["another key of the fleet"]


def test_what_others_can_read_or_nobody_has_written_is_refused(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "fleet.key")
    with pytest.raises(BadSetting, match="node invite"):
        file.read()
    file.path.write_text("# nothing\n", encoding="utf-8")
    file.path.chmod(0o600)
    with pytest.raises(BadSetting, match="holds no key"):
        file.read()
    file.path.chmod(0o644)
    with pytest.raises(BadSetting, match="chmod 600"):
        file.read()
    assert not file.changed()  # it was told, and need not be every second
    file.path.chmod(0o600)
    assert file.changed()
