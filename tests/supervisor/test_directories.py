"""Directories by the beginning of their path."""

from pathlib import Path

import pytest

from outrider.supervisor.directories import MOST, directories


async def test_what_was_typed_is_completed(tmp_path: Path) -> None:
    for name in ("alpha", "alpine", "beta", ".hidden"):
        tmp_path.joinpath(name).mkdir()
    tmp_path.joinpath("alps.txt").touch()
    tmp_path.joinpath("alias").symlink_to(tmp_path / "beta")
    assert await directories(f"{tmp_path}/al", tmp_path) == tuple(
        f"{tmp_path}/{n}" for n in ("alias", "alpha", "alpine")
    )
    assert await directories("~/b", tmp_path) == (f"{tmp_path}/beta",)
    assert await directories("~/.", tmp_path) == (f"{tmp_path}/.hidden",)


@pytest.mark.parametrize("typed", ["", "relative/p", "/nowhere/at/all/x", "/\0", "~nobody"])
async def test_what_cannot_be_completed_gives_nothing(typed: str, tmp_path: Path) -> None:
    assert await directories(typed, tmp_path) == ()


async def test_of_very_many_there_are_some(tmp_path: Path) -> None:
    for number in range(MOST + 5):
        tmp_path.joinpath(f"d{number:03}").mkdir()
    assert len(await directories(f"{tmp_path}/", tmp_path)) == MOST
