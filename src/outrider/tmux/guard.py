"""When nothing is to be typed into a pane: conditions that tmux looks at in the same step as it types, formats whose text is the reason."""

import re
from collections.abc import Mapping

from outrider.errors import OtherProgram, TerminalError, Touched
from outrider.model.pane import Terms

# tmux 3.3a crashes, with every agent in it, when something is pasted into a pane whose program has ended.
DEAD_OR_MODE = "#{?pane_dead,dead,#{?pane_in_mode,mode,}}"
DEAD_OR_PIPED = "#{?pane_dead,dead,#{?pane_pipe,piped,}}"
_REFUSED = {
    "dead": "the program of pane {pane} has ended; nothing was typed",
    "left": "another program than the agent is in front of pane {pane}; nothing was typed",
    "mode": "somebody reads pane {pane} in copy mode; nothing was typed",
    "touched": "somebody has just pressed a key in pane {pane}; nothing was typed",
}
_ERRORS: Mapping[str, type[TerminalError]] = {"left": OtherProgram, "touched": Touched}
_PLAIN = re.compile(r"[\w.+-]+", re.ASCII)


def refusal(reason: str, pane: str) -> TerminalError | None:
    """The error that says why nothing was typed; None where the text is no reason of ours."""
    told = _REFUSED.get(reason)
    return None if told is None else _ERRORS.get(reason, TerminalError)(told.format(pane=pane))


def in_front(terms: Terms) -> str:
    """Refuses a dead pane, copy mode, another program and a touched pane; a name that a format cannot hold is not compared."""
    plain, untouched = _PLAIN.fullmatch(terms.program), _untouched(terms.touched_s)
    other = f"#{{?#{{==:#{{pane_current_command}},{terms.program}}},{untouched},left}}" if plain else untouched
    return f"#{{?pane_dead,dead,#{{?pane_in_mode,mode,{other}}}}}"


def alive(terms: Terms) -> str:
    """Refuses a dead pane, a touched one, and copy mode where the keys are for the program."""
    untouched = _untouched(terms.touched_s)
    return f"#{{?pane_dead,dead,{f'#{{?pane_in_mode,mode,{untouched}}}' if terms.modeless else untouched}}}"


def _untouched(touched_s: int | None) -> str:
    """Refuses a pane at whose session a person pressed a key in a later second. tmux compares texts, of ten digits."""
    return "" if touched_s is None else f"#{{?#{{>:#{{session_activity}},{touched_s:010}}},touched,}}"
