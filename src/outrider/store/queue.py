"""Commands and their attempts; which step may follow which is decided here, inside the transaction.

A cancel that races with a send is settled by that: both are steps away from `queued`, and the second one is a Conflict.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from outrider.errors import Conflict, InvalidInput, NoSuchThing
from outrider.logic.secrets import redacted
from outrider.model.command import FINAL, STEPS, Attempt, Command, Form, Stage, Status, When
from outrider.store.text import storable

PUT_BACK = "What waited in it may have been typed since it was made: look before you send it again."
"""Of a copy of the database that was put back."""
STEP = 200
"""How many commands one write of `trim` removes at most."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of one command: its new status, an attempt that was begun or went on (by its number), or both.

    With a status, `error` replaces the command's error (None clears it).
    """

    command_id: str
    status: Status | None
    attempt: Attempt | None
    error: str | None
    at_ms: int


_COLUMNS = (
    'seq, id, agent, session, text, status, actor, created_ms, changed_ms, "when", priority, not_before_ms, expires_ms, '
    "key, error, form"
)
_Row = tuple[
    int, str, str, str, str, str, str, int, int, str, int, int | None, int | None, str | None, str | None, str
]  # as _COLUMNS


def add(connection: sqlite3.Connection, command: Command) -> tuple[Command, bool]:
    """Stores a new command and gives it its seq; with a key that its session has used, gives back that command and False.

    Conflict where the key was used for another text, or the id is taken.
    """
    if command.key is not None and (known := by_key(connection, command.session, command.key)):
        if known.text not in (command.text, redacted(command.text)):
            raise Conflict(
                f"The idempotency key {command.key!r} was used for another command ({known.id}): use a new key for a new text."
            )
        return known, False
    if connection.execute("SELECT 1 FROM commands WHERE id = ?", (command.id,)).fetchone():
        raise Conflict(f"There is a command with the id {command.id} already.")
    _refuse_unstorable(command.text)
    values = (
        command.id, command.agent, command.session, command.text, command.status.value, command.actor, command.created_ms,
        command.changed_ms, command.when.value, command.priority, command.not_before_ms, command.expires_ms, command.key,
        command.error, command.form.value,
    )  # fmt: skip
    names = _COLUMNS.removeprefix("seq, ")
    cursor = connection.execute(f"INSERT INTO commands ({names}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    assert cursor.lastrowid is not None
    for attempt in command.attempts:
        _write_attempt(connection, command.id, attempt)
    return _command((cursor.lastrowid, *values), command.attempts), True


def _refuse_unstorable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"The command's text has half a surrogate pair at character {error.start + 1}: it is no Unicode text."
        ) from error


def step(connection: sqlite3.Connection, change: Step) -> None:
    """Performs the step. NoSuchThing where no such command is; Conflict where model.command.STEPS does not allow it."""
    row = connection.execute("SELECT status, text FROM commands WHERE id = ?", (change.command_id,)).fetchone()
    if row is None:
        raise NoSuchThing(f"There is no command {change.command_id}.")
    status = Status(row[0])
    if change.status is not None:
        if change.status not in STEPS[status]:
            raise Conflict(
                f"The command {change.command_id} is {status}: it cannot become {change.status}.",
                detail={"status": status.value},
            )
        connection.execute(
            "UPDATE commands SET status = ?, error = ?, changed_ms = ? WHERE id = ?",
            (change.status.value, change.error and storable(change.error), change.at_ms, change.command_id),
        )
    elif change.attempt and change.attempt.stage is not Stage.CLOSED and status is not Status.SENDING:
        raise Conflict(
            f"The command {change.command_id} is {status}: nothing may be typed for it.",
            detail={"status": status.value},
        )
    elif change.error is not None:
        connection.execute(
            "UPDATE commands SET error = ? WHERE id = ?", (change.error and storable(change.error), change.command_id)
        )
    if change.attempt:
        _write_attempt(connection, change.command_id, change.attempt)


def doubt(connection: sqlite3.Connection, why: str, at_ms: int) -> None:
    """Whether anything that is queued or sending was typed cannot be told: it will not be again."""
    query = "UPDATE commands SET status = ?, error = ?, changed_ms = ? WHERE status IN (?, ?)"
    connection.execute(query, (Status.UNCERTAIN.value, why, at_ms, Status.QUEUED.value, Status.SENDING.value))


def blank(connection: sqlite3.Connection, command_id: str) -> None:
    """Blanks the secrets in the text of a command that has come to its end; of any other it does nothing."""
    command = by_id(connection, command_id)
    if command is not None and command.status in FINAL and (told := redacted(command.text)) != command.text:
        connection.execute("UPDATE commands SET text = ? WHERE id = ?", (told, command_id))


def _write_attempt(connection: sqlite3.Connection, command_id: str, attempt: Attempt) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO attempts (command, number, stage, started_ms, ended_ms, outcome, proof, screen) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            command_id, attempt.number, attempt.stage.value, attempt.started_ms, attempt.ended_ms, attempt.outcome,
            attempt.proof and storable(attempt.proof), attempt.screen and storable(attempt.screen),
        ),
    )  # fmt: skip


def by_id(connection: sqlite3.Connection, command_id: str) -> Command | None:
    """The command with its attempts, or None."""
    return next(iter(_select(connection, "WHERE id = ?", (command_id,))), None)


def by_key(connection: sqlite3.Connection, session: str, key: str) -> Command | None:
    """The command that this session was given under this idempotency key, or None."""
    return next(iter(_select(connection, "WHERE session = ? AND key = ?", (session, key))), None)


def newest(
    connection: sqlite3.Connection, session: str | None, status: Status | None, limit: int
) -> tuple[Command, ...]:
    """At most `limit` commands, newest first, of one session and status or of all."""
    conditions = {"session = ?": session, "status = ?": status.value if status else None}
    given = {condition: value for condition, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(given)} " if given else ""
    return _select(connection, f"{where}ORDER BY seq DESC LIMIT ?", (*given.values(), limit))


def unfinished(connection: sqlite3.Connection) -> tuple[Command, ...]:
    """What is sending or queued, in the order of typing: what has begun, then by priority, then by age."""
    return _select(
        connection,
        "WHERE status IN ('sending', 'queued') ORDER BY status = 'sending' DESC, priority DESC, seq",
        (),
    )


def last_typed(connection: sqlite3.Connection, session: str, agent_id: str) -> str | None:
    """The text that went into that agent last and was, or may have been, submitted; None where there is none."""
    row = connection.execute(
        "SELECT text FROM commands WHERE session = ? AND agent = ? AND status IN ('sent', 'uncertain') AND form = 'text' "
        "ORDER BY seq DESC LIMIT 1",
        (session, agent_id),
    ).fetchone()
    return None if row is None else str(row[0])


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many commands are kept, by status; every status is there."""
    found = dict(connection.execute("SELECT status, count(*) FROM commands GROUP BY status").fetchall())
    return {status.value: int(found.get(status.value, 0)) for status in Status}


def trim(connection: sqlite3.Connection, *, before_ms: int) -> bool:
    """Removes some finished commands that last changed before `before_ms`. True if there may be more."""
    final = ", ".join(f"'{status}'" for status in sorted(FINAL))
    cursor = connection.execute(
        f"DELETE FROM commands WHERE seq IN (SELECT seq FROM commands WHERE status IN ({final}) AND changed_ms < ? LIMIT ?)",  # noqa: S608
        (before_ms, STEP),
    )
    return cursor.rowcount == STEP


def _select(connection: sqlite3.Connection, tail: str, values: Iterable[object]) -> tuple[Command, ...]:
    rows: list[_Row] = connection.execute(f"SELECT {_COLUMNS} FROM commands {tail}", tuple(values)).fetchall()  # noqa: S608
    return tuple(_command(row, _attempts(connection, row[1])) for row in rows)


def _attempts(connection: sqlite3.Connection, command_id: str) -> tuple[Attempt, ...]:
    rows = connection.execute(
        "SELECT number, stage, started_ms, ended_ms, outcome, proof, screen FROM attempts WHERE command = ? ORDER BY number",
        (command_id,),
    )
    return tuple(Attempt(number, Stage(stage), *rest) for number, stage, *rest in rows)


def _command(row: _Row, attempts: tuple[Attempt, ...]) -> Command:
    (
        seq,
        id_,
        agent,
        session,
        text,
        status,
        actor,
        created,
        changed,
        when,
        priority,
        not_before,
        expires,
        key,
        error,
        form,
    ) = row
    return Command(
        id_, seq, agent, session, text, Status(status), actor, created, changed, When(when), priority, not_before, expires,
        key, error, attempts, Form(form),
    )  # fmt: skip
