"""What each agent was mostly doing, stretch by stretch: the strip under its name."""

from collections.abc import Mapping, Sequence

from outrider.logic.book import STATE, rolled
from outrider.model.history import Stretch


def strips(
    stretches: Sequence[Stretch], step_ms: int, since_ms: int, until_ms: int
) -> Mapping[str, Sequence[str | None]]:
    """By session: the state of most of each step, oldest first; None where the agent was not there. `since_ms` is a multiple
    of `step_ms`. Of two that took as long the one stands that needs a person more, else the later of the alphabet."""
    steps = max(1, -(-(until_ms - since_ms) // step_ms))
    found: dict[str, list[str | None]] = {}
    for each in rolled(stretches, step_ms):
        place = (each.at_ms - since_ms) // step_ms
        if each.session and 0 <= place < steps:
            found.setdefault(each.session, [None] * steps)[place] = _most(each.amounts)
    return found


_URGENT = ("error", "stuck", "waiting")


def _most(amounts: Mapping[str, float]) -> str | None:
    states = {
        name.removeprefix(STATE): spent for name, spent in amounts.items() if name.startswith(STATE) and spent > 0
    }
    if not states:
        return None
    return max(states, key=lambda state: (states[state], _URGENT.index(state) if state in _URGENT else -1, state))
