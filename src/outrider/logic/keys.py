"""Names of keys, as `send-keys` knows them.

tmux types a name that it does not know as text, letter by letter: so names are checked here first. One kind of such text is a key
all the same: what a terminal with the kitty keyboard protocol sends for it, ESC [ code u, whole in itself where a lone ESC
is the beginning of whatever comes next.
"""

import re

_NAMED = (
    "Up Down Left Right Home End PageUp PgUp PPage PageDown PgDn NPage Insert IC Delete DC "
    "Enter Escape Space Tab BTab BSpace "
    "KP/ KP* KP- KP7 KP8 KP9 KP+ KP4 KP5 KP6 KP1 KP2 KP3 KPEnter KP0 KP."
)
_NAMES = frozenset(name.lower() for name in _NAMED.split()) | {f"f{number}" for number in range(1, 13)}
_KITTY = re.compile(r"\x1b\[\d{1,7}(?:;\d{1,3})?u")
_MODIFIERS = re.compile(r"(?:[CMScms]-|\^(?=.))*")


def known(key: str) -> bool:
    """Whether tmux has a key of this name: a single character or a name, with `C-`, `M-`, `S-` or `^` in front; or it is a sequence
    of the kitty keyboard protocol."""
    if _KITTY.fullmatch(key):
        return True
    modifiers = _MODIFIERS.match(key)
    base = key[modifiers.end() :] if modifiers else key
    return (len(base) == 1 and base.isprintable()) or base.lower() in _NAMES
