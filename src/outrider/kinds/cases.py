"""Labelled recordings in a folder: `index.jsonl`, one case a line, and the frames it names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from outrider.errors import InvalidInput
from outrider.kinds.channels import claude_session
from outrider.kinds.channels.announcements import Announcements, its_own, word
from outrider.logic.score import EXITED, Case
from outrider.model.kind import Announces
from outrider.model.pane import Pane, PaneRef, Screen
from outrider.model.state import Reading, State

INDEX = "index.jsonl"
OSC = 7501
NOWHERE = PaneRef("", 0, "%0")
LABELS = frozenset({*(state.value for state in State), EXITED})

Record = Mapping[str, object]


def load(folder: Path) -> tuple[Case, ...]:
    """All cases of a folder, in the order of its index; InvalidInput with file and line where one cannot be used."""
    index = folder / INDEX
    try:
        lines = index.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{index} cannot be read: {error}. A folder of cases has an {INDEX}, one case a line."
        ) from error
    return tuple(_case(folder, f"{index}:{n}", line) for n, line in enumerate(lines, 1) if line.strip())


def _case(folder: Path, place: str, line: str) -> Case:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{place}: not JSON: {error}.") from error
    if not isinstance(record, dict):
        raise InvalidInput(f"{place}: must be an object, one case a line.")
    frames = record.get("frames")
    if not isinstance(frames, list) or not frames or not all(isinstance(each, dict) for each in frames):
        raise InvalidInput(f"{place}: frames: must be a list with at least one frame.")
    state = _text(record, "state", place)
    accept = record.get("accept", [state])
    if not isinstance(accept, list) or not accept or not LABELS.issuperset({state, *map(str, accept)}):
        raise InvalidInput(f"{place}: state and accept: labels are {', '.join(sorted(LABELS))}.")
    screens = sorted((_screen(folder, place, record, each) for each in frames), key=lambda each: each.taken_ms)
    return Case(
        id=_text(record, "id", place),
        kind=_text(record, "agent", place),
        state=state,
        accept=tuple(map(str, accept)),
        frames=tuple(screens),
        heard=_heard(record, screens[0].taken_ms),
    )


def _screen(folder: Path, place: str, record: Record, frame: Record) -> Screen:
    width, height = _size(_text(record, "size", place), place)
    rows = _rows(folder, _text(frame, "txt", place), place, height)
    styled = (
        _rows(folder, str(frame["ansi"]), place, height) if (folder / str(frame.get("ansi", " "))).is_file() else ()
    )
    cursor = [int(each) for each in str(frame.get("cursor", "0,0,0")).split(",") if each.isdigit()]
    x, y = (*cursor, 0, 0)[:2]
    pane = Pane(
        ref=NOWHERE,
        session=str(record.get("id", "")),
        pid=0,
        command=str(frame.get("cmd", record.get("pane_current_command", ""))),
        title=str(frame.get("title", record.get("pane_title", ""))),
        path="",
        width=width,
        height=height,
        cursor_x=x,
        cursor_y=y,
        alternate=str(frame.get("alternate_on", record.get("alternate_on", "0"))) == "1",
    )
    taken = frame.get("t")
    if isinstance(taken, bool) or not isinstance(taken, int | float):
        raise InvalidInput(f"{place}: frames: t must be the time of the frame in seconds.")
    return Screen(pane, rows, round(taken * 1000), styled)


def _rows(folder: Path, name: str, place: str, height: int) -> tuple[str, ...]:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(f"{place}: {name} lies outside of the folder.")
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise InvalidInput(f"{place}: {path} cannot be read: {error.strerror}.") from error
    rows = [row.rstrip(" ") for row in text.split("\n")]
    if rows and not rows[-1]:
        rows.pop()
    return tuple([*rows, *[""] * (height - len(rows))][:height])


def _heard(record: Record, at_ms: int) -> tuple[Reading, ...]:
    """What Claude's session file and a program's output (`osc7501`) said at the time of the first frame; other channels are not in
    recordings yet."""
    channels = record.get("channels")
    if not isinstance(channels, dict):
        return ()
    if isinstance(body := channels.get("osc7501"), str):
        return _announced(str(record.get("agent")), body, at_ms)
    said = channels.get("claude_session")
    if not isinstance(said, dict):
        return ()
    note = claude_session.parse(json.dumps({"pid": 1, **said}), at_ms)
    reading = claude_session.reading(note) if note is not None else None
    # It was read together with the frames, however late its own clock is.
    return (replace(reading, at_ms=min(reading.at_ms, at_ms)),) if reading is not None else ()


def _announced(app: str, body: str, at_ms: int) -> tuple[Reading, ...]:
    announces = Announces(OSC, app)
    reports = Announcements(OSC).feed(f"\x1b]{OSC};{body}\x07".encode())
    said = (word(announces, report, at_ms) for report in reports if its_own(announces, report))
    return tuple(reading for reading in said if reading is not None)


def _size(text: str, place: str) -> tuple[int, int]:
    parts: Sequence[str] = text.split("x")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise InvalidInput(f'{place}: size: must be columns and rows, such as "120x40".')
    return int(parts[0]), int(parts[1])


def _text(record: Record, key: str, place: str) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        raise InvalidInput(f"{place}: {key}: must be a string.")
    return value
