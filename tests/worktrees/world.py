"""A repository in a HOME of its own, and worktrees made from it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from outrider.model.worktree import Merged, Removed, WorktreeState
from outrider.worktrees import Place, Worktree, create, diff, found, merge, remove, state
from outrider.worktrees.occupancy import Folders


@dataclass(frozen=True)
class World:
    """A repository with one commit, a base directory for worktrees, and the environment git runs in."""

    repo: Path
    base: Path
    env: dict[str, str]

    def git(self, *arguments: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.repo, env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    async def create(
        self, session: str = "task", wanted: str | None = None, *, at: Path | None = None, start: str | None = None
    ) -> Worktree:
        return await create(at or self.repo, session, wanted, self.base, start=start, env=self.env)

    def traces(self) -> tuple[str, ...]:
        """Everything that a worktree leaves: directories, branches, git's own records."""
        beside = sorted(str(path) for path in self.base.rglob("*")) if self.base.exists() else []
        return (*beside, self.git("worktree", "list", "--porcelain"), self.git("for-each-ref"))

    def write(self, path: Path, text: str, *, commit: str = "") -> None:
        """A file in a work tree, committed where a message is given."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if commit:
            self.git("add", ".", at=path.parent)
            self.git("commit", "-q", "-m", commit, at=path.parent)

    async def place(self, name: str = "task") -> Place:
        """The worktree of that name."""
        return next(place for place in await found(self.base, self.env) if place.name == name)

    async def state(self, name: str = "task") -> WorktreeState:
        return await state(await self.place(name), self.env)

    async def diff(self, name: str = "task") -> str:
        return (await diff(await self.place(name), self.env))[0]

    async def merge(self, name: str = "task", *, into: str | None = None, at_work: Folders | None = None) -> Merged:
        return await merge(await self.place(name), self.env, into=into, at_work=at_work or {})

    async def remove(self, name: str = "task", *, force: bool = False) -> Removed:
        return await remove(await self.place(name), self.env, force=force, at_ms=1)

    def everything(self, *trees: Path) -> tuple[object, ...]:
        """Refs, and every file of those work trees with its bytes, index and objects' names included."""
        folders = (self.repo, *trees)
        files = {
            str(path): path.read_bytes()
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "/.git/logs/" not in str(path)
        }
        return self.git("for-each-ref"), files
