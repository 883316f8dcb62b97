"""What must be there before an agent can be started: its folder, its program, its spec, words that a program can be given."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from outrider.errors import BadSetting, InvalidInput
from outrider.logic.launching import STANDARD, YOLO
from outrider.model.agent import SpawnRequest
from outrider.model.kind import Kind
from outrider.policies.load import find, is_file, preset

_SHOWN = 200


def check_workdir(path: str) -> None:
    """InvalidInput where an agent could not work in that folder."""
    folder = Path(path)
    if not folder.is_absolute():
        raise InvalidInput(f"workdir: {path!r} is not an absolute path. Begin it with /.", detail={"field": "workdir"})
    why = _missing(folder) or (
        "is not a directory"
        if not folder.is_dir()
        else "cannot be read and entered by this user"
        if not os.access(folder, os.R_OK | os.X_OK)
        else None
    )
    if why is not None:
        raise InvalidInput(
            f"workdir: {path[:_SHOWN]} {why}. Give a directory that the agent can work in.", detail={"field": "workdir"}
        )


def under_policy(request: SpawnRequest) -> SpawnRequest:
    """The request with the policy that it is to run under, read and found good; InvalidInput with line and reason.

    A policy without `auto` is autonomy by that policy; `auto` names a preset that may be given its policy. The agent's own
    work tree is no place for its policy: what it may write there, it could allow itself.
    """
    name, auto = request.policy, request.auto
    if name is None and auto in (None, YOLO):
        return request
    if name is not None and auto == YOLO:
        raise InvalidInput(
            "policy: with auto=yolo the agent skips every question, so no policy is asked. Leave one of the two out.",
            detail={"field": "policy"},
        )
    try:
        if name is None:
            preset(auto or STANDARD)
            return replace(request, policy=auto)
        path = _resolved(name, request.workdir) if is_file(name) else None
        if path is not None and path.is_relative_to(Path(request.workdir).resolve()) and request.worktree is None:
            raise InvalidInput(
                f"policy: {path} is in the folder that the agent works in, where it could change it. Keep it elsewhere, "
                "such as in ~/.config/outrider/policies.",
                detail={"field": "policy"},
            )
        find(str(path or name), Path("/"))
    except BadSetting as error:
        raise InvalidInput(f"policy: {error.message}", detail={**error.detail, "field": "policy"}) from error
    return replace(request, auto=auto or (STANDARD if path else name), policy=str(path or name))


def _resolved(policy: str, workdir: str) -> Path:
    try:
        return Path(workdir, Path(policy).expanduser()).resolve()
    # No such user's home, links in a circle, half a surrogate pair.
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInput(
            f"policy: {policy[:_SHOWN]!r} cannot be looked up: {error}. Give a preset's name, or the path of a file.",
            detail={"field": "policy"},
        ) from error


def check_spec(path: str | None, workdir: str) -> None:
    """InvalidInput where there is a spec and it is no file that can be read; relative ones are in the agent's folder."""
    if path is None:
        return
    file = Path(workdir, path)
    why = _missing(file) or (
        "is not a file"
        if not file.is_file()
        else "cannot be read by this user"
        if not os.access(file, os.R_OK)
        else None
    )
    if why is not None:
        raise InvalidInput(
            f"spec: {path[:_SHOWN]} {why}. Give a Markdown file with the tasks.", detail={"field": "spec"}
        )


def _missing(path: Path) -> str | None:
    """Why nothing can be looked at there; None where something is."""
    try:
        path.stat()
    except ValueError:
        return "has a NUL character"
    except PermissionError:
        return "cannot be reached by this user"
    except OSError as error:
        gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
        return "does not exist" if gone else f"cannot be used: {os.strerror(error.errno or errno.EIO)}"
    return None


def check_words(request: SpawnRequest) -> None:
    """InvalidInput where a word could not be handed to a program: its arguments and its environment end at a NUL."""
    for field, word in _words(request):
        if "\0" in word:
            raise InvalidInput(
                f"{field}: it has a NUL character, which no program can be given. Leave it out.",
                detail={"field": field},
            )
    if request.base is not None and request.worktree is None:
        raise InvalidInput(
            "base: it is where a worktree begins, and none is asked for. Ask for one (--worktree), or leave it out.",
            detail={"field": "base"},
        )
    for name in request.env:
        if not name or "=" in name or not name.isprintable():
            raise InvalidInput(
                f"env: {name!r} cannot be the name of a variable. Use one like NAME=value.", detail={"field": "env"}
            )


def _words(request: SpawnRequest) -> Iterator[tuple[str, str]]:
    yield "model", request.model or ""
    yield "worktree", request.worktree or ""
    yield "base", request.base or ""
    yield "sandbox", request.sandbox or ""
    for word in request.extra:
        yield "extra", word
    for name, value in request.env.items():
        yield "env", f"{name}={value}"


def find_program(kind: Kind, environ: Mapping[str, str], extra: Sequence[str] = ()) -> str:
    """The path of the agent's program; InvalidInput says how to install it where there is none.

    A kind without a program of its own runs what `extra` begins with.
    """
    words = (*kind.launch.argv, *extra)
    if not words:
        raise InvalidInput(
            f"Agents of kind {kind.name} have no program of their own. Name one behind --, as in: "
            f"outrider spawn --agent {kind.name} -- PROGRAM.",
            detail={"field": "extra"},
        )
    name = words[0]
    found = shutil.which(name, path=environ.get("PATH"))
    if found is None:
        how = f" Install it with: {kind.launch.install}" if kind.launch.install else ""
        raise InvalidInput(
            f"{kind.label} is not installed: no program {name!r} on PATH.{how}", detail={"field": "agent"}
        )
    return found
