"""What must be there before an agent can be started: its folder, its program."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from outrider.errors import InvalidInput
from outrider.model.kind import Kind


def check_workdir(path: str) -> None:
    """InvalidInput where an agent could not work in that folder."""
    folder = Path(path)
    if not folder.is_absolute():
        raise InvalidInput(f"workdir: {path!r} is not an absolute path.", detail={"field": "workdir"})
    why = (
        "does not exist"
        if not folder.exists()
        else "is not a directory"
        if not folder.is_dir()
        else "cannot be read and entered by this user"
        if not os.access(folder, os.R_OK | os.X_OK)
        else None
    )
    if why is not None:
        raise InvalidInput(
            f"workdir: {path} {why}. Give a directory that the agent can work in.", detail={"field": "workdir"}
        )


def find_program(kind: Kind, environ: Mapping[str, str]) -> str:
    """The path of the agent's program; InvalidInput says how to install it where there is none."""
    name = kind.launch.argv[0]
    found = shutil.which(name, path=environ.get("PATH"))
    if found is None:
        how = f" Install it with: {kind.launch.install}" if kind.launch.install else ""
        raise InvalidInput(
            f"{kind.label} is not installed: no program {name!r} on PATH.{how}", detail={"field": "agent"}
        )
    return found
