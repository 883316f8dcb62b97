"""The verbs notify list, ways, test, retry: what people were told, by which ways out, and whether those work."""

from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import as_json, clock, fields, table

if TYPE_CHECKING:
    from outrider.client.place import JsonObject

app = App(
    name="notify",
    help="Who is told what: ways out, notices, tests.",
    help_format="plaintext",
    help_epilogue="",
)


@app.command(name="list")
@app.default
async def list_notices(
    *,
    way: Annotated[str | None, Parameter(help="Only those by this way.")] = None,
    status: Annotated[str | None, Parameter(help="Only those that stand so, such as failed or uncertain.")] = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 20,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Lists what people were told, newest first."""
    found = await connection.client(environ).notices(way=way, status=status, limit=limit)
    if connection.json:
        print(as_json(found))
    else:
        print(_table(found) if found else "Nobody was told anything.")


@app.command
async def ways(*, connection: Connection = HERE, environ: Environ) -> None:
    """Lists the ways out and the rules, and what is wrong with them."""
    found = await connection.client(environ).notify()
    if connection.json:
        print(as_json(found))
        return
    print(fields((("file", found["file"]), ("fault", found["problem"]))))
    rows = [
        [str(each["name"]), str(each["type"]), str(each["about"]), str(each["queued"] or ""), str(each["why"] or "")]
        for each in _objects(found["ways"])
    ]
    print(table(("WAY", "TYPE", "TO", "QUEUED", "FAULT"), rows) if rows else "No ways out: nobody is told anything.")
    rules = [
        [str(each["name"]), ", ".join(_words(each["on"])), ", ".join(_words(each["ways"]))]
        for each in _objects(found["rules"])
    ]
    print(table(("RULE", "ON", "BY"), rows=rules) if rules else "No rules: only alerts and tests are told.")


@app.command(name="test")
async def try_out(
    way: Annotated[str | None, Parameter(help="The way out; all of them where none is named.")] = None,
    *,
    connection: Connection = HERE,
    environ: Environ,
) -> int:
    """Sends a test, and says what became of it; exit code 1 where it was not sent."""
    found = await connection.client(environ).test_notify(way)
    print(as_json(found) if connection.json else _table(found))
    return int(any(each["status"] != "sent" for each in found))


@app.command
async def retry(
    notice: Annotated[str, Parameter(help="Its id, as `outrider notify list` shows it.")],
    *,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Has a notice sent once more that failed, or that is uncertain."""
    found = await connection.client(environ).retry_notice(notice)
    print(as_json(found) if connection.json else f"{notice} is {found['status']}.")


def _table(notices: "list[JsonObject]") -> str:
    rows = [
        [
            clock(each["created"]),
            f"{each['way']}{'/' if each['target'] else ''}{each['target']}",
            str(each["status"]),
            str(len(cast("list[object]", each["tries"])) or ""),
            str(each["id"]),
            f"{each['title']}{': ' if each['error'] else ''}{each['error'] or ''}",
        ]
        for each in notices
    ]
    return table(("MADE", "WAY", "STATUS", "TRIES", "ID", "WHAT"), rows)


def _objects(value: object) -> "list[JsonObject]":
    return cast("list[JsonObject]", value)


def _words(value: object) -> list[str]:
    return cast("list[str]", value)
