"""Git in one directory, told everything by arguments, asked by exit codes and plumbing output; its messages are quoted only.

Every git runs with `--no-optional-locks`: a question never writes an index.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outrider.errors import OutriderError, TimedOut, Unavailable
from outrider.worktrees.process import finish, printed

ASK_LIMIT_S = 20.0
# They would turn git to another repository than that of the directory it is sent to.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said: its exit status, and its two streams; `out` without the line end it ends in."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The first line that git complained with, else its exit status."""
        return next((line for line in self.err.splitlines() if line.strip()), f"exit status {self.code}")


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one directory. `environment` is what it inherits; None stands for the daemon's own."""

    directory: Path
    environment: Mapping[str, str] | None
    own: Mapping[str, str] = field(default_factory=dict)
    """Variables of git's that are meant: another index, another place for objects. Only beside an `environment`."""

    async def ask(self, *arguments: str, limit_s: float = ASK_LIMIT_S) -> Answer:
        """Runs it to its end. Unavailable where no git can be started; TimedOut, with all it started killed, after the limit."""
        environment = self.environment
        if environment is not None:
            environment = {name: value for name, value in environment.items() if name not in _MISLEADING} | dict(
                self.own
            )
        with printed() as out, printed() as err:
            try:
                process = await asyncio.create_subprocess_exec(
                    "git",
                    "--no-optional-locks",
                    "-C",
                    os.fspath(self.directory),
                    *arguments,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=environment,
                    start_new_session=True,  # no terminal to ask a password on, and a group to end it by
                )
            except FileNotFoundError as missing:
                raise Unavailable("git is not on the PATH; a worktree needs it: install git") from missing
            except OSError as error:
                raise Unavailable(f"git cannot be started: {error.strerror}") from error
            await self._end(process, arguments[0], limit_s)
            out.seek(0)
            err.seek(0)
            return Answer(process.returncode or 0, os.fsdecode(out.read()).removesuffix("\n"), os.fsdecode(err.read()))

    async def _end(self, process: asyncio.subprocess.Process, verb: str, limit_s: float) -> None:
        try:
            await finish(process, limit_s)
        except TimeoutError as late:
            raise TimedOut(f"git {verb} in {self.directory} took longer than {limit_s:.0f} s") from late

    async def must(self, *arguments: str, limit_s: float = ASK_LIMIT_S) -> str:
        """What it answers; OutriderError with its own words where it does not end well."""
        answer = await self.ask(*arguments, limit_s=limit_s)
        if answer.code:
            raise OutriderError(
                f"git {arguments[0]} in {self.directory} failed: {answer.words}", detail={"git": answer.err[-2000:]}
            )
        return answer.out

    async def work_trees(self) -> list[tuple[str, str | None]]:
        """The paths of all work trees, the main one first, each with the branch that is checked out in it."""
        trees: list[tuple[str, str | None]] = []
        for line in (await self.must("worktree", "list", "--porcelain", "-z")).split("\0"):
            key, _, value = line.partition(" ")
            if key == "worktree":
                trees.append((value, None))
            elif key == "branch":
                trees[-1] = (trees[-1][0], value.removeprefix("refs/heads/"))
        return trees

    async def checked_out(self, branch: str) -> str | None:
        """The path of a work tree that has the branch checked out."""
        return next((path for path, its in await self.work_trees() if its == branch), None)

    async def commit(self, name: str) -> str | None:
        """The full hash of the commit of that name, None where there is none."""
        answer = await self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return answer.out if answer.code == 0 else None
