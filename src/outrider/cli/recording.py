"""The verbs recording list, start, stop, get and remove."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json, clock, table

if TYPE_CHECKING:
    from outrider.model.recording import RecordingJSON

app = App(name="recording", help="What agents showed, recorded.", help_format="plaintext", help_epilogue="")
HEADS = ("ID", "AGENT", "BEGUN", "LENGTH", "SIZE", "NOTE")

Session = Annotated[str, Parameter(help="The agent's session name.")]
Id = Annotated[str, Parameter(help="The recording's id, as outrider recording list shows it.")]


@app.command(name="list")
async def list_(session: str | None = None, *, connection: Connection = HERE, environ: Environ) -> None:
    """Lists recordings, of one agent or of all, newest first."""
    found = await connection.recordings(environ).recordings(session)
    if connection.json:
        print(as_json({"recordings": found, "count": len(found)}))
    elif not found:
        print("There are none; outrider recording start SESSION begins one.")
    else:
        print(table(HEADS, [_row(each) for each in found]))


@app.command
async def start(session: Session, *, connection: Connection = HERE, environ: Environ) -> None:
    """Records what an agent's pane shows from now on."""
    agent = await connection.recordings(environ).switch(session, on=True)
    print(as_json(agent) if connection.json else f"{session} is recorded. Play it: outrider play {session}")


@app.command
async def stop(session: Session, *, connection: Connection = HERE, environ: Environ) -> None:
    """Records it no longer; what there is stays."""
    agent = await connection.recordings(environ).switch(session, on=False)
    print(as_json(agent) if connection.json else f"{session} is not recorded any more.")


@app.command
async def get(
    recording: Id,
    file: Annotated[str, Parameter(help="A new file for it; - for standard output.")],
    *,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Saves a recording as an asciicast, for asciinema and its like."""
    content = await connection.recordings(environ).cast(recording)
    if file == "-":
        sys.stdout.buffer.write(content)
        return
    _save(file, content)
    size = len(content)
    print(as_json({"file": file, "size": size}) if connection.json else f"{file}: {size / 1_000_000:.1f} MB.")


@app.command
async def remove(recording: Id, *, connection: Connection = HERE, environ: Environ) -> None:
    """Takes a recording away for good."""
    removed = await connection.recordings(environ).remove(recording)
    print(as_json(removed) if connection.json else f"{recording} of {removed['session']} was removed.")


def _save(file: str, content: bytes) -> None:
    try:
        with Path(file).expanduser().open("xb") as target:
            target.write(content)
    except FileExistsError:
        raise Usage(f"{file} is there already: choose another name, or move it away.") from None
    except OSError as error:
        raise Usage(f"{file} cannot be written: {error.strerror}.") from error


def _row(each: "RecordingJSON") -> list[str]:
    minutes, seconds = divmod(round(each["duration_s"]), 60)
    note = "goes on" if each["live"] else f"cut: {each['cut']}" if each["cut"] else ""
    size = f"{each['size'] / 1_000_000:.1f} MB"
    return [each["id"], each["session"], clock(each["begun"]), f"{minutes}:{seconds:02}", size, note]
