"""The verbs token create, list, revoke: who else may ask the daemon."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import as_json, clock, table

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
