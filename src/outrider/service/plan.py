"""What is to be installed, and the seal by which a file of ours is known that nobody changed."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import BadSetting, Conflict
from outrider.settings import Settings

SEAL = "Written by outrider service install; to change it, change [service] and install again. "


KEPT = ("PATH", "SHELL", "LANG", "LC_ALL", "TMUX_TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""What of the environment of who installs it is the service's too, besides OUTRIDER_*: where programs, places and sockets are."""
NOT_KEPT = frozenset({"OUTRIDER_URL", "OUTRIDER_TOKEN"})


@dataclass(frozen=True, slots=True)
class Plan:
    """A service: its name, the settings it is made from, the words that start it, and in which surroundings."""

    name: str
    settings: Settings
    argv: Sequence[str]
    home: Path
    environ: Mapping[str, str]


def planned(name: str, settings: Settings, words: Sequence[str], environ: Mapping[str, str]) -> Plan:
    """`words` are the verb that is to be run, and its flags. BadSetting where a service cannot have these settings."""
    if settings.port == 0:
        raise BadSetting("The setting port is 0, any free one: a service needs one that stays.")
    kept = {
        variable: value
        for variable, value in environ.items()
        if value and (variable in KEPT or variable.startswith("OUTRIDER_")) and variable not in NOT_KEPT
    }
    argv = (sys.executable, "-m", "outrider", *words)
    for word in (*argv, *kept.values()):
        if not word.isprintable():
            raise BadSetting(f"{word!r} cannot stand in a service's file: it has a line end or a control character.")
    return Plan(name, settings, argv, Path(environ.get("HOME") or "/"), dict(sorted(kept.items())))


def name_of(data: Path, usual: Path) -> str:
    """The name of a data directory's service."""
    return "outrider" if data == usual else f"outrider-{hashlib.sha256(str(data).encode()).hexdigest()[:8]}"


def sealed(text: str) -> str:
    """The text with a line that has its digest: the first, or where XML wants the first for itself, the second."""
    lines = text.split("\n")
    lines.insert(_place(text), _seal(text))
    return "\n".join(lines)


def changed(path: Path) -> bool:
    """Whether a file is there that is not as we wrote it."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError):
        return True
    place = _place(lines[0])
    seal = lines.pop(place) if place < len(lines) else ""
    return seal != _seal("\n".join(lines))


def refuse_changed(paths: Sequence[Path]) -> None:
    """Conflict that names the first file which somebody changed by hand."""
    for path in paths:
        if changed(path):
            raise Conflict(
                f"{path} was changed by hand, or is not ours{_instead(path)}. --force puts ours in its place, and keeps yours as .before.",
                detail={"file": str(path)},
            )


def _instead(path: Path) -> str:
    """Where changes belong: launchd has no place for them."""
    if path.suffix == ".plist":
        return ""
    return f": what you want of it goes into a file in {path.name}.d beside it (systemctl --user edit)"


def _place(text: str) -> int:
    return 1 if text.startswith("<?xml") else 0


def _seal(text: str) -> str:
    said = f"{SEAL}{hashlib.sha256(text.encode()).hexdigest()}"
    return f"<!-- {said} -->" if _place(text) else f"# {said}"
