"""Verbs about dialogs: which wait for an answer, and answering one."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json, plain, since, table
from outrider.errors import Conflict

if TYPE_CHECKING:
    from outrider.client import Client
    from outrider.model.wire import ApprovalJSON

Id = Annotated[str | None, Parameter(name="--id", help="Only if it is still this approval.")]


HEADS = ("SESSION", "WAITS", "ID", "OPTIONS", "QUESTION")


async def approvals(session: str | None = None, *, connection: Connection = HERE, environ: Environ) -> None:
    """Lists the dialogs that wait for an answer, the oldest first."""
    found = await connection.client(environ).approvals(session)
    if connection.json:
        print(as_json({"approvals": found, "count": len(found)}))
    else:
        print(table(HEADS, map(_row, found)) if found else "Nobody needs you.")


async def approve(
    session: str,
    *,
    option: Annotated[
        str | None, Parameter(help="Number or label of the option; else the yes that grants no more than is asked.")
    ] = None,
    id_: Id = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Answers the dialog that an agent shows, with yes or with one of its options."""
    _check("option", option, "a number or a label, or leave it out for the plain yes")
    client = connection.client(environ)
    wanted = await _meant(client, session, id_)
    _tell(await client.answer(wanted, "approve" if option is None else option), connection)


async def deny(
    session: str,
    *,
    reason: Annotated[str | None, Parameter(help="Why not; written down, and told to agents that can be told.")] = None,
    id_: Id = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Answers the dialog that an agent shows with no."""
    client = connection.client(environ)
    wanted = await _meant(client, session, id_)
    _tell(await client.answer(wanted, "deny", reason), connection)


def _row(waits: "ApprovalJSON") -> tuple[str, ...]:
    options = " ".join(f"{option['number']}:{option['label']}" for option in waits["options"])
    about = " ".join(filter(None, (waits["question"], waits["tool"], waits["command"] or waits["file"])))
    return (waits["session"], since(waits["asked"]), waits["id"], options, about)


def _check(flag: str, given: str | None, right: str) -> None:
    """Usage where a flag was given nothing: a variable of a script that is not set must not say yes."""
    if given is not None and not given.strip():
        raise Usage(f"--{flag} is empty: nothing was answered. Give {right}.")


async def _meant(client: "Client", session: str, id_: str | None) -> str:
    """The id of the dialog to answer; Conflict where it is another agent's."""
    _check("id", id_, "an id that `outrider approvals` lists, or leave it out for the dialog that stands now")
    if id_ is None:
        return (await _standing(client, session))["id"]
    approval, agent = await client.approval(id_), await client.agent(session)
    if approval["session"] != agent["session"]:
        raise Conflict(
            f"{id_} is a dialog of {approval['session']}, not of {agent['session']}: nothing was answered. "
            "See: outrider approvals",
            detail={"id": id_, "session": approval["session"]},
        )
    return id_


async def _standing(client: "Client", session: str) -> "ApprovalJSON":
    """The dialog that the agent shows; NoSuchAgent where there is no such agent, Conflict where it shows none."""
    agent = await client.agent(session)
    found = await client.approvals(session)
    if not found:
        raise Conflict(
            f"{session} shows no dialog that could be answered; it is {agent['state']}.",
            detail={"session": session, "state": agent["state"]},
        )
    return found[0]


def _tell(done: "ApprovalJSON", connection: Connection) -> None:
    if connection.json:
        print(as_json(done))
    elif done["status"] == "answered":
        about = done["command"] or done["file"] or done["question"]
        print(f"{done['session']} was told {plain(done['answer'])!r}: {plain(about)}")
    else:
        ticked = ", ".join(option["label"] for option in done["options"] if option["checked"])
        print(f"{done['session']} has chosen so far: {plain(ticked) or 'nothing'}. Choose Submit when that is all.")
