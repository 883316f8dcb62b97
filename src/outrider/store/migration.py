"""The schema's numbered steps, and applying those that a database does not have yet."""

import sqlite3
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from outrider.errors import StoreError
from outrider.logic import chain


def scripts() -> tuple[str, ...]:
    """The SQL of every step, in order; step n leads to version n."""
    files = sorted(
        (file for file in resources.files("outrider.store").joinpath("schema").iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return tuple(file.read_text(encoding="utf-8") for file in files)


def version(connection: sqlite3.Connection) -> int:
    """The version of the schema in this database; 0 for an empty one."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection, steps: Sequence[str], path: Path) -> None:
    """Brings the database to the version `len(steps)`, each step whole or not at all. Needs an autocommit connection.

    StoreError where the database is newer than this program; it is then left as it is.
    """
    connection.create_function("audit_digest", 7, chain.digest, deterministic=True)
    have = version(connection)
    if have > len(steps):
        raise StoreError(
            f"The database {path} has version {have}, made by a newer Outrider; this one knows version {len(steps)}: "
            "install the newer one, or start with another data directory (--data)."
        )
    for number, step in enumerate(steps[have:], start=have + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
