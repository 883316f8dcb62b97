"""The verbs audit list, export, verify: who had what done, and whether the record of it is whole."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ, Json
from outrider.cli.words import as_json, clock, table
from outrider.errors import Conflict, InvalidInput, NoSuchThing

if TYPE_CHECKING:
    from outrider.client import Client
    from outrider.logic.chain import Head
    from outrider.model.audit import AuditEntry, AuditJSON

app = App(name="audit", help="Who had what done; is the record whole.", help_format="plaintext", help_epilogue="")
PAGE = 1000


@app.command(name="list")
@app.default
async def list_audit(
    session: str | None = None,
    *,
    actor: Annotated[str | None, Parameter(help="Only what this one had done.")] = None,
    action: Annotated[str | None, Parameter(help="Only this, such as spawn, command, answer, kill.")] = None,
    limit: Annotated[int, Parameter(help="At most so many, the newest.")] = 50,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Lists the newest lines, of one agent or of all."""
    found = await connection.client(environ).audit(session=session, actor=actor, action=action, limit=limit)
    if connection.json:
        print(as_json(found))
        return
    lines = cast("list[AuditJSON]", found["audit"])
    rows = [
        [str(line["id"]), clock(line["at"]), line["actor"], line["action"], line["session"], _brief(line["data"])]
        for line in reversed(lines)
    ]
    print(table(("LINE", "WHEN", "WHO", "WHAT", "SESSION", "DATA"), rows) if rows else "Nothing yet.")


@app.command
async def export(
    file: Annotated[str, Parameter(help="A new file, or - for standard output.")] = "-",
    *,
    since: Annotated[int, Parameter(help="Only the lines after this one.")] = 0,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Writes every line as JSON, oldest first; `outrider audit verify --file` reads it."""
    count = 0
    with nullcontext(sys.stdout) if file == "-" else _new(Path(file)) as out:
        async for line in _lines(connection.client(environ), since):
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
            count += 1
    if file != "-":
        print(as_json({"file": file, "count": count}) if connection.json else f"{file}: {count} lines.")


async def _lines(client: "Client", since: int) -> AsyncIterator["AuditJSON"]:
    while page := cast("list[AuditJSON]", (await client.audit(since=since, limit=PAGE))["audit"]):
        for line in page:
            yield line
        since = page[-1]["id"]


def _new(path: Path) -> TextIO:
    try:
        path.touch(mode=0o600, exist_ok=False)
        return path.open("w", encoding="utf-8")
    except FileExistsError:
        raise Conflict(f"{path} is there already: choose another name, or move it away.") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error


@app.command
def verify(
    *,
    file: Annotated[str | None, Parameter(help="An export, instead of the database.")] = None,
    head: Annotated[
        str | None, Parameter(help="A head of earlier, as 12:ab… : the lines up to it must be the same.")
    ] = None,
    config: Annotated[str | None, Parameter(help="Config file, instead of the usual one.")] = None,
    data: Annotated[str | None, Parameter(help="Data directory, instead of the one that is set.")] = None,
    json_: Json = False,
    environ: Environ,
) -> int:
    """Says whether every line is what was written; needs no daemon, and one may run."""
    from outrider.logic import chain

    known = _head(head) if head is not None else None
    if file is not None:
        found = chain.look(_exported(Path(file).expanduser()), known=known)
    else:
        from outrider.settings import load
        from outrider.store import care
        from outrider.store.directory import DATABASE

        found = care.audit(load({"config": config, "data": data}, environ).settings.data / DATABASE, known)
    if json_:
        print(as_json({"ok": found.wrong is None, "rows": found.rows, "head": str(found.head), "wrong": found.wrong}))
    elif found.wrong:
        print(f"{found.wrong} The {found.rows} lines before are whole.")
    else:
        print(f"The audit is whole: {found.rows} lines, head {found.head}")
    return 1 if found.wrong else 0


def _head(text: str) -> "Head":
    from outrider.logic.chain import Head

    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise InvalidInput(
            "A head is the number and the digest of a line, such as 12:ab…, as `outrider audit verify` prints it."
        )
    return Head(int(number), digest)


def _exported(path: Path) -> Iterator["AuditEntry"]:
    from outrider.model.audit import AuditEntry, AuditRow

    try:
        with path.open(encoding="utf-8") as lines:
            for number, text in enumerate(lines, start=1):
                try:
                    line = json.loads(text)
                    row = AuditRow(line["at"], line["actor"], line["action"], line["session"], line["data"])
                    entry = AuditEntry(line["id"], row, line["digest"])
                except (ValueError, TypeError, KeyError):
                    raise InvalidInput(f"{path}, line {number}: that is no line of an exported audit.") from None
                yield entry
    except FileNotFoundError:
        raise NoSuchThing(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.") from error


def _brief(data: "dict[str, object]") -> str:
    text = " ".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in data.items())
    return text if len(text) <= 90 else f"{text[:89]}…"
