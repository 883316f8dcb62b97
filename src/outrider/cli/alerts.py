"""The verbs alerts list, test, snooze: what fires, what a rule would have done, and silence for a while."""

from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import as_json, clock, table
from outrider.errors import NoSuchThing

if TYPE_CHECKING:
    from outrider.client.place import JsonObject

app = App(
    name="alerts",
    help="The alert rules: what fires, and what would have.",
    help_format="plaintext",
    help_epilogue="",
)
Named = Annotated[str, Parameter(help="The rule's name, as `outrider alerts list` shows it.")]


@app.command(name="list")
@app.default
async def list_alerts(*, connection: Connection = HERE, environ: Environ) -> None:
    """Lists the rules, and what fires now."""
    found = await connection.client(environ).alerts()
    if connection.json:
        print(as_json(found))
        return
    units = {each["on"]: each["unit"] for each in _objects(found["conditions"])}
    rows = [
        [
            str(rule["id"]),
            str(rule["on"]),
            f"{rule['above']:g} {units.get(rule['on'], '')}",
            "on" if rule["enabled"] else "off",
            f"silent until {clock(cast('int', rule['snoozed']))}" if rule["snoozed"] else "",
        ]
        for rule in _objects(found["rules"])
    ]
    print(table(("RULE", "ON", "AT", "", ""), rows) if rows else "No rules: nobody is told of anything.")
    for each in _objects(found["firing"]):
        print(f"firing: {each['rule']} on {each['session'] or 'this node'} since {clock(cast('int', each['at']))}")
    if found["quiet"]:
        print(f"quiet hours: {found['quiet']}")


@app.command(name="test")
async def preview(
    rule: Named,
    *,
    above: Annotated[float | None, Parameter(help="With this threshold instead of its own.")] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Says when a rule would have fired in the last 24 hours."""
    client = connection.client(environ)
    rules = {str(each["id"]): each for each in _objects((await client.alerts())["rules"])}
    if rule not in rules:
        raise NoSuchThing(f"There is no alert rule {rule!r}; there are: {', '.join(rules) or 'none'}.")
    asked = rules[rule] if above is None else {**rules[rule], "above": above}
    found = await client.preview_alert(asked)
    if connection.json:
        print(as_json(found))
        return
    if found["note"]:
        print(found["note"])
        print(f"It is the case for {found['count']}." if found["count"] else "It is not the case.")
    else:
        print(f"In the last 24 hours {rule} would have fired {_times(cast('int', found['count']))}.")
    for each in _objects(found["fired"]):
        print(f"  {clock(cast('int', each['at']))}  {each['session'] or 'this node'}")


@app.command
async def snooze(
    rule: Named,
    *,
    minutes: Annotated[float, Parameter(help="For how long; 0 wakes it.")] = 60,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Silences a rule for a while; what is then still the case fires afterwards."""
    found = await connection.client(environ).snooze_alert(rule, minutes)
    until = next(cast("int", each["snoozed"]) for each in _objects(found["rules"]) if each["id"] == rule)
    if connection.json:
        print(as_json({"rule": rule, "snoozed": until}))
    else:
        print(f"{rule} is silent until {clock(until)}." if until else f"{rule} is awake.")


def _objects(value: object) -> "list[JsonObject]":
    return cast("list[JsonObject]", value)


def _times(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count} times"
