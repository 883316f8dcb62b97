"""Those who tell something in the fleet's place without its key: another fleet, a key that was changed, or somebody who makes it up."""

import structlog

log = structlog.get_logger()


class Strangers:
    """Whose cards are not believed. One counts while it changes: what lies there for ever is nobody's sign of life."""

    def __init__(self, away_s: float) -> None:
        self._away_s = away_s
        self._cards: dict[str, str] = {}
        self._changed_s: dict[str, float] = {}

    def note(self, name: str, card: str, now_s: float) -> None:
        """This is its card now."""
        if name not in self._cards:
            log.warning("a node's card is not believed: it does not bear this fleet's key", node=name[:63])
        elif self._cards[name] != card:
            self._changed_s[name] = now_s
        self._cards[name] = card

    def know(self, name: str) -> None:
        """It is none: its card bears the key."""
        self._cards.pop(name, None)
        self._changed_s.pop(name, None)

    def why(self, now_s: float) -> str:
        """That there are some, as a sentence; '' where there are none."""
        there = sorted(name[:63] for name, at in self._changed_s.items() if now_s - at < self._away_s)
        if not there:
            return ""
        return (
            f"This node has not the key of {', '.join(there[:5])}{' and others' if len(there) > 5 else ''}, which use the same Redis: "
            "they do not believe it, nor it them. `outrider node invite` on one of them prints the key of today."
        )
