"""Hooks in a user's own settings file, put there and taken out on request, so that adopted agents report too.

Pure: texts in, texts out. What is in the file stays; ours is told from the rest by its `MARK`. A file that is not plain JSON
(comments too) is refused, because it could not be written back as it was.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from outrider.errors import InvalidInput
from outrider.kinds.channels import claude_hooks, codex_hooks, gemini_hooks, qwen_hooks
from outrider.kinds.channels.hook_line import adopted

MARK = "outrider adopted hook"
"""Stands in the command of each of our hooks."""


@dataclass(frozen=True, slots=True)
class Place:
    """A kind's settings file: the variable that names its directory, where that is below HOME, its name, and the hooks it takes.

    `homely` says that the variable stands for HOME itself. `trusts` is what a person has to do afterwards.
    """

    variable: str
    folder: str
    name: str
    events: tuple[str, ...]
    timeout: int
    trusts: str = ""
    homely: bool = False

    def path(self, environ: Mapping[str, str]) -> Path:
        """The file for a user with that environment; InvalidInput where it tells no home."""
        if named := environ.get(self.variable):
            return Path(named) / (self.folder if self.homely else "") / self.name
        if home := environ.get("HOME"):
            return Path(home) / self.folder / self.name
        raise InvalidInput(f"Neither {self.variable} nor HOME is set, so it is not known which settings are meant.")


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "claude": Place("CLAUDE_CONFIG_DIR", ".claude", "settings.json", claude_hooks.EVENTS, claude_hooks.TIMEOUT_S),
        "codex": Place(
            "CODEX_HOME",
            ".codex",
            "hooks.json",
            codex_hooks.EVENTS,
            codex_hooks.TIMEOUT_S,
            trusts='Codex runs new hooks only once you trust them: at its next start choose "Trust all and continue".',
        ),
        "gemini": Place("GEMINI_CLI_HOME", ".gemini", "settings.json", gemini_hooks.EVENTS, 5000, homely=True),
        "qwen": Place("QWEN_HOME", ".qwen", "settings.json", qwen_hooks.EVENTS, 5000),
    }
)


def generation_of(kind: str) -> str:
    """The spool directory's name for adopted agents of that kind: always the same one."""
    return sha256(f"outrider: adopted {kind}".encode()).hexdigest()[:32]


ADOPTED: Mapping[str, str] = MappingProxyType({generation_of(kind): kind for kind in PLACES})
"""The kind by that name."""


def place_of(kind: str) -> Place:
    """Where that kind's settings are; InvalidInput names the kinds that have hooks."""
    if (place := PLACES.get(kind)) is None:
        raise InvalidInput(f"There are no hooks for agents of kind {kind!r}; kinds with hooks: {', '.join(PLACES)}.")
    return place


def parsed(text: str, path: Path) -> dict[str, object]:
    """The settings in a file, empty ones where there is no text. InvalidInput where it is not a JSON object."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{path} is not plain JSON ({error}); it is left as it is. Mend it, then try again."
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("hooks", {}), dict):
        raise InvalidInput(f"{path} does not hold settings as they should be (an object); it is left as it is.")
    return found


def installed(text: str, path: Path, place: Place, spool: Path) -> str:
    """The file with our hooks in it, once, whatever was there of ours before."""
    settings = without_ours(parsed(text, path))
    hook = {"type": "command", "command": f"{adopted(spool)} # {MARK}", "timeout": place.timeout}
    found = settings.get("hooks")
    hooks: dict[str, object] = dict(found) if isinstance(found, dict) else {}
    for event in place.events:
        groups = hooks.get(event, [])
        if not isinstance(groups, list):
            raise InvalidInput(f"{path}: hooks.{event} is not a list; it is left as it is.")
        hooks[event] = [*groups, {"hooks": [hook]}]
    return json.dumps({**settings, "hooks": hooks}, indent=_indent(text), ensure_ascii=False) + "\n"


def uninstalled(text: str, path: Path) -> str:
    """The file without our hooks, for one that was changed since they were put in; the layout may differ."""
    return json.dumps(without_ours(parsed(text, path)), indent=_indent(text), ensure_ascii=False) + "\n"


def without_ours(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings without our hooks, and without the lists that held nothing else."""
    found = settings.get("hooks")
    if not isinstance(found, dict):
        return dict(settings)
    hooks = {}
    for event, groups in found.items():
        kept = [group for group in groups if not _is_ours(group)] if isinstance(groups, list) else groups
        if kept or kept == groups:
            hooks[event] = kept
    rest = {key: value for key, value in settings.items() if key != "hooks"}
    return {**rest, "hooks": hooks} if hooks or not found else rest


def has_ours(settings: Mapping[str, object]) -> bool:
    """Whether any of our hooks is in there."""
    found = settings.get("hooks")
    lists: Collection[object] = found.values() if isinstance(found, dict) else ()
    return any(_is_ours(group) for groups in lists if isinstance(groups, list) for group in groups)


def _is_ours(group: object) -> bool:
    hooks = group.get("hooks") if isinstance(group, dict) else None
    return isinstance(hooks, list) and any(
        isinstance(hook, dict) and str(hook.get("command", "")).endswith(f"# {MARK}") for hook in hooks
    )


def _indent(text: str) -> int | str:
    """The file's own indentation, two blanks where it has none."""
    for line in text.splitlines():
        if (white := line[: len(line) - len(line.lstrip())]) and line.strip():
            return white
    return 2
