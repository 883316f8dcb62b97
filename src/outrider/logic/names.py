"""Names that people and agents send: which ones can be used, and what would be right instead."""

import re

from outrider.errors import InvalidInput

SESSION_LENGTH = 64
RESERVED = "_outrider"
"""The monitor's own tmux session."""

_SESSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_GENERATION = re.compile(r"[0-9a-f]{16,64}")
_SHOWN = 40


def check_session(name: str, *, where: str = "session") -> None:
    """InvalidInput where the name cannot be a session's; `where` is the field or flag it came from.

    A session is named with 1 to 64 letters, digits, `-` and `_` of ASCII: tmux gives dots, colons and blanks a meaning of
    their own in targets, and a leading `-` reads as a flag. `detail` has `field` and, where one can be made, `suggestion`.
    """
    if (why := _fault(name)) is None:
        return
    suggestion = suggest_session(name)
    advice = f"; {suggestion!r} would do" if suggestion else ""
    detail = {"field": where, **({"suggestion": suggestion} if suggestion else {})}
    raise InvalidInput(f"{where}: {_shown(name)} {why}{advice}", detail=detail)


def suggest_session(name: str) -> str | None:
    """The nearest name that can be used; None where nothing usable is left of it."""
    made = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:SESSION_LENGTH].rstrip("-")
    if made == RESERVED:
        made = RESERVED.strip("_")
    return made or None


def is_generation(token: str) -> bool:
    """Whether this can be the token of a spawn: 16 to 64 lower-case hexadecimal digits, safe as a directory's name."""
    return _GENERATION.fullmatch(token) is not None


def check_generation(token: str, *, where: str = "generation") -> None:
    """InvalidInput where the token cannot be one of ours; the token itself is not repeated, it may be secret."""
    if not is_generation(token):
        raise InvalidInput(
            f"{where}: not a token of a spawn, which is 16 to 64 digits of 0-9 and a-f", detail={"field": where}
        )


def _fault(name: str) -> str | None:
    if not name:
        return "is empty; use 1 to 64 letters, digits, - and _"
    if name == RESERVED:
        return "is the name of Outrider's own session"
    if name.startswith("-"):
        return "begins with -, which programs take for a flag; begin with a letter, a digit or _"
    if wrong := re.search(r"[^A-Za-z0-9_-]", name):
        return f"has {_character(wrong[0])} at place {wrong.start() + 1}; use only letters, digits, - and _"
    if len(name) > SESSION_LENGTH:
        return f"has {len(name)} characters; at most {SESSION_LENGTH} can be used"
    assert _SESSION.fullmatch(name)
    return None


def _character(wrong: str) -> str:
    known = {
        ".": "a dot",
        ":": "a colon",
        "/": "a slash",
        "\\": "a backslash",
        " ": "a blank",
        "\t": "a tab",
        "\n": "a line break",
    }
    return known.get(wrong, repr(wrong))


def _shown(name: str) -> str:
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}…"
