"""Whether the rules still fit the agents: how much of its time a kind is read with low confidence, by version.

In come, at every tick, an agent's kind and version and how sure its verdict is; out comes an alarm, once for each version, when
far more of that version's time is doubtful than of the version before. A release that draws something new shows like this
first. What is known is kept in memory: after a restart a version is measured against the one that the kind's rules were
recorded on, which is taken to be without doubt.
"""

from dataclasses import dataclass

from outrider.model.state import Confidence, State, Verdict

# How much larger than before the doubtful share must be; below that it is chance.
JUMP = 0.2
# Versions remembered of a kind; the oldest is forgotten first.
VERSIONS = 8


@dataclass(frozen=True, slots=True)
class Alarm:
    """The doubtful share (0 to 1) of a kind's new version, and that of the version before; `known` names that one."""

    kind: str
    version: str
    share: float
    before: float
    known: str


@dataclass(slots=True)
class _Tally:
    seconds: float = 0.0
    doubtful: float = 0.0
    told: bool = False

    @property
    def share(self) -> float:
        return self.doubtful / self.seconds if self.seconds else 0.0


class Vigilance:
    """Keeps the shares of all kinds and versions. So much of agents' time under a version is needed before its share means anything."""

    def __init__(self, enough_s: float) -> None:
        self._enough_s = enough_s
        self._kinds: dict[str, dict[str, _Tally]] = {}

    def note(self, kind: str, version: str | None, recorded: str, verdict: Verdict, seconds: float) -> Alarm | None:
        """So many seconds with this verdict; the alarm, where it has just become one.

        `recorded` is the version that the kind's rules were recorded on. An agent whose version is not known, that starts or
        that has ended, tells nothing.
        """
        if version is None or not verdict.alive or verdict.state is State.INITIALIZING:
            return None
        versions = self._kinds.setdefault(kind, {})
        tally = versions.setdefault(version, _Tally())
        if len(versions) > VERSIONS:
            del versions[next(iter(versions))]
        tally.seconds += seconds
        if verdict.confidence is Confidence.LOW:
            tally.doubtful += seconds
        if tally.told or tally.seconds < self._enough_s:
            return None
        known, before = self._before(versions, version, recorded)
        if known is None or tally.share - before < JUMP:
            return None
        tally.told = True
        return Alarm(kind, version, round(tally.share, 3), round(before, 3), known)

    def _before(self, versions: dict[str, _Tally], version: str, recorded: str) -> tuple[str | None, float]:
        """The version seen before this one that is known well enough, else the recorded one; None where nothing changed."""
        earlier = []
        for name, tally in versions.items():
            if name == version:
                break
            if tally.seconds >= self._enough_s:
                earlier.append((name, tally.share))
        if earlier:
            return earlier[-1]
        return (recorded, 0.0) if recorded and recorded != version else (None, 0.0)
