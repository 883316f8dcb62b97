"""One spec file: read as far as it can be, and a box ticked in place."""

import asyncio
import errno
import os
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from outrider.errors import Conflict, OutriderError, Unavailable
from outrider.logic.progress import Item, Spec, parse
from outrider.logic.ticking import chosen, ticked

LARGEST = 1 << 20
"""Bytes of a spec that is read; parsing more would take seconds."""

Stamp = tuple[int, int, int, int]
"""A file as it was: when it was written and changed, its size, and which it is."""


class Unreadable(OutriderError):
    """A spec cannot be read; the message says why."""

    code = "unreadable_spec"
    status = 409


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of one agent's spec. `name` is the file as a person calls it, empty where there is none; `spec` the last
    good reading, None where there never was one; `problem` why the file cannot be read now, a sentence."""

    agent: str
    path: Path | None = None
    name: str = ""
    spec: Spec | None = None
    problem: str | None = None


def read(path: Path, name: str) -> tuple[bytes, Stamp]:
    """The file's bytes, and how it was while they were read. OSError, or Unreadable where it is nothing to read."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable(f"{name} is a directory, not a file.")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"{name} is no regular file.")
        if status.st_size > LARGEST:
            raise Unreadable(
                f"{name} has {status.st_size / LARGEST:.1f} MB; a spec is read up to {LARGEST >> 20} MB. "
                "Keep the tasks in a file of their own."
            )
        return os.pread(handle, LARGEST + 1, 0), stamp_of(status)
    finally:
        os.close(handle)


def parsed(data: bytes, name: str) -> Spec:
    """What the text says; Unreadable where it is no text."""
    if b"\0" in data:
        raise Unreadable(f"{name} is binary, not Markdown.")
    try:
        return parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name} is not UTF-8 text (byte {error.start}).") from error


def why(error: OSError, name: str) -> str:
    """The error as a sentence."""
    if error.errno == errno.ENOENT:
        return f"{name} does not exist."
    if error.errno == errno.ELOOP:
        return f"{name} is a link that leads back to itself."
    return f"{name} cannot be read: {error.strerror}."


def stamp_of(status: os.stat_result) -> Stamp:
    """What changes whenever the file does."""
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)


async def tick(report: Report, wanted: str) -> Item:
    """Ticks the box of an item in the file itself and returns the item; nothing else of the file changes.

    NoSuchThing and InvalidInput where the item is not told; Conflict where its line is not as it was when it was reported.
    """
    return await asyncio.to_thread(_tick, report, wanted)


def _tick(report: Report, wanted: str) -> Item:
    if report.path is None or report.spec is None:
        raise Conflict(report.problem or "No spec is bound to this agent, so there is nothing to tick.")
    item = chosen(report.spec, wanted)
    try:
        data, stamp = read(report.path, report.name)
    except OSError as error:
        raise Unreadable(why(error, report.name)) from error
    now = parsed(data, report.name)
    here = next((each for each in now.items if each.line == item.line), None)
    if here is None or here.text != item.text:
        raise Conflict(
            f"Line {item.line} of {report.name} has changed: it is not {item.text!r} any more. Look again.",
            detail={"line": item.line, "file": report.name},
        )
    fresh = ticked(data, here)
    try:
        _replace(Path(os.path.realpath(report.path)), fresh, stamp)
    except OSError as error:
        raise Unavailable(f"{report.name} cannot be written: {error.strerror}.") from error
    return replace(here, share=1.0)


def _replace(path: Path, data: bytes, stamp: Stamp) -> None:
    """The file's new content, whole or not at all, with its mode and, where that may be, its owner."""
    status = path.stat()
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            if (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
                os.chown(file.fileno(), status.st_uid, status.st_gid)
            os.fsync(file.fileno())
        if stamp_of(path.stat()) != stamp:
            raise Conflict(f"{path.name} was being written by somebody else; nothing was changed. Try again.")
        beside.rename(path)
    except (OSError, Conflict):
        beside.unlink(missing_ok=True)
        raise
