"""The real agents, installed once from the pinned locks into the project's `.cache`; never into the system."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
CACHE = PROJECT / ".cache" / "real"
FILES = ("package.json", "package-lock.json", ".npmrc")
TIMEOUT_S = 300
OTHERS = HERE / "others"
PROGRAMS = {
    "claude": (HERE, "@anthropic-ai/claude-code-*/claude"),
    "codex": (OTHERS, ".bin/codex"),
    "gemini": (OTHERS, ".bin/gemini"),
    "opencode": (OTHERS, "opencode-*/bin/opencode"),
    "qwen": (OTHERS, ".bin/qwen"),
    "pi": (OTHERS, ".bin/pi"),
}
"""Where each kind's program is: whose package-lock.json pins it, and its place under `node_modules`."""


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
    # Not `ci`: it refuses a lock that lacks the optional packages of other systems, which a mirror may not have.
    argv = [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(CACHE / "npm")]
    try:
        _run(argv, cwd=place)
    except NotInstalled:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _run(argv: Sequence[str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"{Path(argv[0]).name} did not finish within {TIMEOUT_S} s") from error
    if done.returncode != 0:
        why = (done.stderr.strip().split("\n") or ["no reason given"])[0]
        raise NotInstalled(f"{Path(argv[0]).name} failed: {why}")


def program(kind: str) -> Path:
    """The program of that kind of agent for this machine; NotInstalled where there is none."""
    if kind == "aider":
        return _aider()
    folder, pattern = PROGRAMS[kind]
    for found in sorted(modules(folder).glob(pattern)):
        return found
    raise NotInstalled(f"npm installed no program of {kind} for this machine")


def _aider() -> Path:
    """Aider in an environment of its own, as requirements-aider.txt pins it."""
    pinned = OTHERS / "requirements-aider.txt"
    place = CACHE / f"aider-{hashlib.sha256(pinned.read_bytes()).hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with CACHE.joinpath("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.joinpath("done").exists():
            shutil.rmtree(place, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(place)])
            pip = [str(place / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
            _run([*pip, "install", "--require-hashes", "-r", str(pinned)])
            place.joinpath("done").touch()
    return place / "bin" / "aider"
