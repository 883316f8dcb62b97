"""The real agents, installed once from the pinned lock into the project's `.cache`; never into the system."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
CACHE = PROJECT / ".cache" / "real"
FILES = ("package.json", "package-lock.json", ".npmrc")
TIMEOUT_S = 300


class NotInstalled(Exception):
    """Why the real agents cannot be had here, in a sentence."""


def modules(source: Path = HERE) -> Path:
    """The `node_modules` with everything that the package-lock.json there pins; NotInstalled where it cannot be made."""
    digest = hashlib.sha256(b"".join(source.joinpath(name).read_bytes() for name in FILES)).hexdigest()[:16]
    place = CACHE / digest
    CACHE.mkdir(parents=True, exist_ok=True)
    with CACHE.joinpath("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.joinpath("done").exists():
            _install(source, place)
            place.joinpath("done").touch()
    return place / "node_modules"


def _install(source: Path, place: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("npm is not installed")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in FILES:
        shutil.copy(source / name, place / name)
    argv = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(CACHE / "npm")]
    try:
        done = subprocess.run(argv, cwd=place, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"npm did not finish within {TIMEOUT_S} s") from error
    if done.returncode != 0:
        shutil.rmtree(place, ignore_errors=True)
        last = (done.stderr.strip().split("\n") or ["no reason given"])[0]
        raise NotInstalled(f"npm ci failed: {last}")


def claude() -> Path:
    """The program of Claude Code for this machine."""
    for program in sorted(modules().glob("@anthropic-ai/claude-code-*/claude")):
        return program
    raise NotInstalled("npm installed no Claude Code program for this machine")


def codex() -> Path:
    """The program of Codex; it is big, and only the live bench has it installed."""
    return modules(HERE / "others") / ".bin" / "codex"
