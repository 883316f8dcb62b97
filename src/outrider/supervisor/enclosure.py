"""The enclosure of an agent that is to run in a sandbox: what must be in it on this machine, found and made before it starts."""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outrider import worktrees
from outrider.errors import InvalidInput, StoreError
from outrider.logic import sandbox
from outrider.logic.launching import GENERATION
from outrider.logic.sandbox import Limits, Room
from outrider.model.agent import SpawnRequest
from outrider.model.kind import Kind
from outrider.supervisor.groups import Groups
from outrider.supervisor.trial import Trial


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Builds them. `usual` is what an agent gets that does not say; `hidden` are the daemon's own folders."""

    usual: str
    limits: Limits
    hidden: tuple[Path, ...]
    groups: Groups = field(default_factory=Groups)
    trial: Trial = field(default_factory=Trial)

    def wanted(self, asked: str | None) -> str | None:
        """`network` or `no-network`, None for no sandbox; InvalidInput for another word."""
        chosen = self.usual if asked is None else asked or sandbox.NETWORK
        if chosen not in sandbox.KNOWN:
            known = ", ".join(sandbox.KNOWN)
            raise InvalidInput(f"sandbox: there is no {chosen!r}; there are {known}.", detail={"field": "sandbox"})
        return None if chosen == sandbox.OFF else chosen

    async def check(self, asked: str | None, environ: Mapping[str, str]) -> None:
        """InvalidInput where a sandbox is wanted and cannot be had."""
        wanted = self.wanted(asked)
        if wanted is None:
            return
        bwrap = shutil.which("bwrap", path=environ.get("PATH"))
        if bwrap is None:
            raise InvalidInput(
                f"sandbox: bubblewrap is not installed: no program 'bwrap' on PATH. Install it with: {sandbox.INSTALL}. "
                "The agent was not started.",
                detail={"field": "sandbox", "install": sandbox.INSTALL},
            )
        if why := await self.trial.refused(bwrap, environ, network=wanted == sandbox.NETWORK):
            raise InvalidInput(
                f"sandbox: bubblewrap is installed, and cannot make one here. It says: {why}. {sandbox.ALLOW}, or leave "
                "the sandbox out. The agent was not started.",
                detail={"field": "sandbox"},
            )

    async def around(
        self, request: SpawnRequest, kind: Kind, environ: Mapping[str, str], rooms: "Rooms", program: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What goes before the agent's words, and sentences on what was asked for and could not be applied."""
        if self.wanted(request.sandbox) is None:
            return (), ()
        tree, common = await worktrees.surroundings(Path(request.workdir), environ)
        room = self._room(request, kind, environ, rooms, program=program, tree=tree, common=common)
        held = await self.groups.hold(self.limits, environ[GENERATION], environ)
        bwrap = shutil.which("bwrap", path=environ.get("PATH")) or "bwrap"
        return (*held.words, *sandbox.words(room, bwrap)), held.unapplied

    def _room(
        self,
        request: SpawnRequest,
        kind: Kind,
        environ: Mapping[str, str],
        rooms: "Rooms",
        *,
        program: str,
        tree: Path | None,
        common: Path | None,
    ) -> Room:
        home = os.path.realpath(environ.get("HOME", "/"))
        root = os.path.realpath(request.worktree or tree or request.workdir)
        hidden = tuple(os.path.realpath(folder) for folder in self.hidden)
        if wide := sandbox.too_wide(root, (home, *hidden)):
            raise InvalidInput(
                f"sandbox: all of {root} would be writable, and {wide} with it. Give a folder below it.",
                detail={"field": "sandbox"},
            )
        states = _states(kind, environ, home)
        written = [*states, root, *([os.path.realpath(common)] if common else []), *_real(rooms.written)]
        # What git runs by itself, outside of the sandbox too.
        git = [Path(folder, name) for folder in (common, Path(root, ".git")) if folder for name in ("hooks", "config")]
        return Room(
            workdir=os.path.realpath(request.workdir),
            home=home,
            network=self.wanted(request.sandbox) == sandbox.NETWORK,
            hidden=tuple(folder for folder in dict.fromkeys(hidden) if Path(folder).is_dir()),
            programs=_programs(program),
            written=tuple(dict.fromkeys(written)),
            shown=(*_real(rooms.shown), *_real(path for path in git if path.exists())),
            answers=_real(rooms.answers),
        )


@dataclass(frozen=True, slots=True)
class Rooms:
    """What was prepared for this spawn: folders that hooks write to, and those that are only read."""

    written: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    answers: tuple[Path, ...] = ()
    """Those within `shown` that hooks take answers from."""


def _states(kind: Kind, environ: Mapping[str, str], home: str) -> list[str]:
    """The kind's own files and folders, made where they are not there: nothing can be made in a home that is read only."""
    found = []
    for word in kind.launch.state:
        name, _, rest = word.removeprefix("$").partition("/")
        below = environ.get(name) if word.startswith("$") else home
        if not below:
            continue
        path = Path(below, rest if word.startswith("$") else word.removeprefix("~/"))
        try:
            if word.endswith("/"):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            elif not path.exists():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.write_text("{}\n" if path.suffix == ".json" else "", encoding="utf-8")
        except OSError as error:
            raise StoreError(f"The agent was not started: {path} cannot be made: {error.strerror}.") from error
        found.append(os.path.realpath(path))
    return found


def _real(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(os.path.realpath(path) for path in paths)


def _programs(program: str) -> tuple[str, ...]:
    """The folders of a program that lies where everything else is hidden."""
    folders = {str(Path(program).parent), os.path.dirname(os.path.realpath(program))}  # noqa: PTH120
    return tuple(sorted(folder for folder in folders if folder.startswith(("/tmp/", "/run/"))))  # noqa: S108
