"""A new worktree gets what git does not carry, and is set up; nothing of it is left where that fails."""

from pathlib import Path

import pytest

from outrider.errors import OutriderError, TimedOut
from outrider.worktrees import Furnishing, furnish
from worktrees.world import World


async def test_files_are_copied_as_they_are_and_lines_run_in_order(world: World) -> None:
    world.write(world.repo / ".gitignore", ".env*\ncerts/\n", commit="ignore")
    for name in (".env", ".env.test", "certs/key.pem", "src/.env"):
        world.write(world.repo / name, f"{name} of the checkout\n")
    (world.repo / ".env").chmod(0o600)
    (world.repo / ".env.link").symlink_to(".env")
    made = await world.create()
    world.write(made.path / ".env.test", "its own\n")
    lines = ("cat .env > seen", 'echo "$AGENT_PORT" >> seen')
    furnishing = Furnishing((".env*", "certs", "**/.env", "missing"), lines)
    await furnish(world.repo / "src", made, furnishing, {**world.env, "AGENT_PORT": "42010"})
    assert (made.path / ".env").read_text() == ".env of the checkout\n"
    assert (made.path / ".env").stat().st_mode & 0o777 == 0o600
    assert (made.path / ".env.link").is_symlink()
    assert (made.path / ".env.test").read_text() == "its own\n"
    assert (made.path / "certs/key.pem").exists()
    assert (made.path / "src/.env").exists()
    assert (made.path / "seen").read_text() == ".env of the checkout\n42010\n"


async def test_a_line_that_fails_says_how(world: World) -> None:
    made = await world.create()
    with pytest.raises(OutriderError, match=r"'echo no room; exit 3' ended with status 3 .*: no room") as caught:
        await furnish(world.repo, made, Furnishing(setup=("echo no room; exit 3", "touch never")), world.env)
    assert caught.value.detail["output"] == "no room"
    assert not (made.path / "never").exists()


async def test_a_line_that_does_not_end_is_ended_with_all_it_started(world: World, tmp_path: Path) -> None:
    made = await world.create()
    line = f"(sleep 60; touch {tmp_path}/late) & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(TimedOut, match="took longer than"):
        await furnish(world.repo, made, Furnishing(setup=(line,), limit_s=0.5), world.env)
    pid = int((tmp_path / "pid").read_text())
    stat = Path(f"/proc/{pid}/stat")
    assert not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
