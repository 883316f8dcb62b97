"""Spool directories for adopted agents: there while the daemon runs and the hooks are installed."""

import asyncio
import shutil
from pathlib import Path

from outrider.kinds.channels.adopted_spools import AdoptedSpools
from outrider.kinds.channels.spool import Spool
from outrider.kinds.channels.user_hooks import generation_of


async def until(there: bool, folder: Path) -> None:
    async with asyncio.timeout(40):
        while folder.is_dir() is not there:
            await asyncio.sleep(0.01)


async def test_a_spool_is_open_while_hooks_are_installed_and_somebody_listens(tmp_path: Path) -> None:
    kept, root = tmp_path / "kept", tmp_path / "hooks"
    running = asyncio.get_running_loop().create_task(AdoptedSpools(Spool(root), kept).run())
    await until(True, kept)
    assert not (root / generation_of("qwen")).exists()
    (kept / "qwen.json").write_text("{}")
    await until(True, root / generation_of("qwen"))
    assert not (root / generation_of("codex")).exists()
    running.cancel()
    await until(False, root / generation_of("qwen"))


async def test_a_directory_that_goes_away_is_made_again(tmp_path: Path) -> None:
    kept, root = tmp_path / "kept", tmp_path / "hooks"
    running = asyncio.get_running_loop().create_task(AdoptedSpools(Spool(root), kept).run())
    await until(True, kept)
    shutil.rmtree(kept)
    await until(True, kept)
    running.cancel()
