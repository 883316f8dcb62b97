"""The verb play: a recording on this terminal, as it went or faster."""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json
from outrider.errors import InvalidInput, NoSuchThing
from outrider.logic import asciicast
from outrider.logic.asciicast import CUT, RESET, Header, Moment

# In place of a whole reset, which would take this terminal's own history along.
_SOFT = "\x1b[?1049l\x1b[!p\x1b[r\x1b[0m\x1b[H\x1b[2J"
# Whatever was switched on in the recording: mouse, bracketed paste, focus, the other screen, colours, a hidden cursor.
_AFTER = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[?1049l\x1b[<u\x1b[!p\x1b[r\x1b[0m\x1b[?25h\n"


async def play(
    what: Annotated[str, Parameter(help="An asciicast file, an agent (its newest recording), or a recording's id.")],
    *,
    speed: Annotated[float, Parameter(help="So many times as fast.")] = 1.0,
    idle: Annotated[float, Parameter(help="Seconds that a rest takes at most; 0: as long as it took.")] = 2.0,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Plays a recording; into a pipe or a file at once, without waiting. Ctrl-C ends it."""
    if not speed > 0 or not idle >= 0:
        raise Usage("--speed should be above 0, and --idle 0 or more.")
    text = await _found(what, connection, environ)
    first, _, rest = text.partition("\n")
    try:
        header, happened = asciicast.header(first), list(asciicast.moments(rest.split("\n")))
    except InvalidInput as error:
        raise Usage(f"{what} cannot be played. {error.message}") from error
    if connection.json:
        print(as_json(_told(header, happened)))
    elif sys.stdout.isatty():
        await _shown(header, happened, speed, idle)
    else:
        sys.stdout.write("".join(each.data for each in happened if each.code == "o"))
    if why := _cut(happened):
        print(f"outrider: it was cut: {why}", file=sys.stderr)


async def _found(what: str, connection: Connection, environ: Environ) -> str:
    if (text := _read(what)) is not None:
        return text
    client = connection.recordings(environ)
    found = await client.recordings()
    chosen = next((each["id"] for each in found if what in (each["id"], each["session"])), None)
    if chosen is None:
        raise NoSuchThing(
            f"There is no file, no recorded agent and no recording {what!r}. "
            "See what there is: outrider recording list; begin one: outrider recording start SESSION"
        )
    return (await client.cast(chosen)).decode("utf-8", "replace")


def _read(what: str) -> str | None:
    """The file of that name; None where what is named is no file's name."""
    path = Path(what).expanduser()
    if path.is_file():
        try:
            return path.read_bytes().decode("utf-8", "replace")
        except OSError as error:
            raise Usage(f"{what} cannot be read: {error.strerror}.") from error
    if "/" in what or what.endswith(".cast"):
        raise Usage(f"{what} is no recording but a folder." if path.is_dir() else f"There is no file {what}.")
    return None


async def _shown(header: Header, happened: Sequence[Moment], speed: float, idle_s: float) -> None:
    here = shutil.get_terminal_size()
    try:
        for wait_s, each in asciicast.played(happened, speed=speed, idle_s=idle_s):
            if wait_s > 0:
                sys.stdout.flush()
                await asyncio.sleep(wait_s)
            if each.code == "o":
                sys.stdout.write(each.data.replace(RESET, _SOFT))
    finally:
        sys.stdout.write(_AFTER)
        sys.stdout.flush()
    if here.columns < header.width or here.lines < header.height:
        wanted, given = f"{header.width}x{header.height}", f"{here.columns}x{here.lines}"
        print(f"outrider: it was recorded at {wanted}; this terminal has {given}.", file=sys.stderr)


def _cut(happened: Sequence[Moment]) -> str:
    last = happened[-1] if happened else None
    return last.data.removeprefix(CUT) if last is not None and last.code == "m" and last.data.startswith(CUT) else ""


def _told(header: Header, happened: Sequence[Moment]) -> dict[str, object]:
    return {
        "session": header.title,
        "begun": header.timestamp_s * 1000,
        "width": header.width,
        "height": header.height,
        "duration_s": happened[-1].at_s if happened else 0.0,
        "cut": _cut(happened) or None,
    }
