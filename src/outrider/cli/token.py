"""The verbs token create, list, revoke: who else may ask the daemon."""

from typing import TYPE_CHECKING, Annotated, Literal, cast

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import as_json, clock, table
from outrider.client import Client

if TYPE_CHECKING:
    from outrider.client.place import JsonObject

app = App(
    name="token",
    help="Tokens, for those who are not you on this machine.",
    help_format="plaintext",
    help_epilogue="",
)


@app.command
async def create(
    name: str,
    *,
    scope: Annotated[
        Literal["read", "write", "admin"], Parameter(help="What it may do; each scope includes those before it.")
    ] = "read",
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Makes a token and prints it, this once."""
    made = await connection.client(environ).create_token(name, scope)
    print(as_json(made) if connection.json else made["token"])


@app.command
async def link(
    name: str,
    *,
    scope: Annotated[
        Literal["read", "write", "admin"], Parameter(help="What it may do; each scope includes those before it.")
    ] = "read",
    address: Annotated[
        str | None, Parameter(help="Where the browser reaches the daemon, such as https://outrider.example.com.")
    ] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Makes a link that logs a browser in, once; the browser then has a token of that name."""
    client = connection.client(environ)
    made = await client.create_link(name, scope)
    at = (address or await web_address(client)).rstrip("/")
    if connection.json:
        print(as_json({**made, "url": at + str(made["path"])}))
        return
    print(at + str(made["path"]))
    print(f"Good once, until {clock(cast('int', made['expires']))}; `outrider token revoke {name}` ends what it gave.")


async def web_address(client: Client) -> str:
    """Where a browser reaches the daemon that the client asks."""
    if client.address.path is None:
        return client.address.url
    told = cast("JsonObject", (await client.health())["websocket"])
    return "http" + str(told["url"]).removeprefix("ws")


@app.command(name="list")
@app.default
async def list_tokens(*, connection: Connection = HERE, environ: Environ) -> None:
    """Lists the tokens that are good now."""
    found = await connection.client(environ).tokens()
    if connection.json:
        print(as_json({"tokens": found, "count": len(found)}))
    elif found:
        rows = [[str(token["name"]), str(token["scope"]), clock(token["created"])] for token in found]
        print(table(("NAME", "SCOPE", "MADE"), rows))
    else:
        print("No tokens. Make one: outrider token create NAME --scope read")


@app.command
async def revoke(name: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Makes a token worthless at once."""
    await connection.client(environ).revoke_token(name)
    print(as_json({"name": name, "revoked": True}) if connection.json else f"{name} is revoked.")
