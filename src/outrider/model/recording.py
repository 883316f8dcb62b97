"""Recordings: what an agent's pane showed over time, kept as files."""

from dataclasses import dataclass

from typing_extensions import TypedDict


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording. `id` names it for ever; `size` is in bytes, `width` and `height` are the cells that it began with.

    `live` while it goes on; `cut` says why it ended before its agent did, a sentence, empty where it did not.
    """

    id: str
    session: str
    begun_ms: int
    duration_s: float
    size: int
    width: int
    height: int
    live: bool = False
    cut: str = ""


class RecordingJSON(TypedDict):
    """A recording of an agent's pane. `cut` says why it ended before the agent did, or null."""

    id: str
    session: str
    begun: int
    duration_s: float
    size: int
    width: int
    height: int
    live: bool
    cut: str | None


def recording_json(recording: Recording) -> RecordingJSON:
    """The recording as it is shown."""
    return {
        "id": recording.id,
        "session": recording.session,
        "begun": recording.begun_ms,
        "duration_s": recording.duration_s,
        "size": recording.size,
        "width": recording.width,
        "height": recording.height,
        "live": recording.live,
        "cut": recording.cut or None,
    }
