"""How sure a verdict is: by who says so, and who agrees."""

from collections.abc import Mapping

from outrider.logic.fuse import Decision
from outrider.model.kind import Kind
from outrider.model.state import Confidence, Reading, Source

# Nobody looked for so long: what was known is no longer supported.
UNSEEN_MS = 30_000


def of(reading: Reading, decision: Decision, rules: Mapping[str, Confidence], *, unseen_ms: int) -> Confidence:
    """The confidence of the reading that decided; `unseen_ms` is how long nobody has looked at the screen."""
    if unseen_ms > UNSEEN_MS:
        return Confidence.LOW
    if any(each.source is not reading.source for each in decision.agreeing) or reading.source is Source.HOOK:
        return Confidence.HIGH
    if reading.source in (Source.TITLE, Source.SESSION_FILE, Source.TRANSCRIPT, Source.ANNOUNCEMENT):
        return Confidence.MEDIUM
    if reading.source is Source.MOTION:
        return Confidence.MEDIUM if reading.rule == "typed" else Confidence.LOW
    return rules.get(reading.rule, Confidence.HIGH)


def of_rules(kind: Kind) -> Mapping[str, Confidence]:
    """The confidence of each of a kind's rules, by its id."""
    return {rule.id: rule.confidence for rule in (*kind.rules, *kind.titles)}
