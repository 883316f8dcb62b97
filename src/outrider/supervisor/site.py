"""The site where agents are started: what they find there, and what must hold before one is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outrider import worktrees
from outrider.kinds.load import Kinds
from outrider.logic import launching
from outrider.model.agent import SpawnRequest
from outrider.model.kind import Kind
from outrider.supervisor.berths import Berths
from outrider.supervisor.enclosure import Enclosure
from outrider.supervisor.premises import check_words, check_workdir, find_program, under_policy
from outrider.worktrees import Furnishing, Worktree


@dataclass(frozen=True, slots=True)
class Ready:
    """What can be started: the request with its policy, its kind, and the environment, to be set and to be unset."""

    request: SpawnRequest
    kind: Kind
    environ: Mapping[str, str]
    unset: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """Where agents are started: this node's name, our tmux socket, folders, and what they inherit."""

    node: str
    own: str
    worktrees: Path
    environ: Mapping[str, str]
    per_agent_per_s: float
    enclosure: Enclosure
    berths: Berths
    furnishing: Furnishing
    recording: bool

    async def ready(self, request: SpawnRequest, kinds: Kinds, generation: str) -> Ready:
        """Refuses what cannot be started, before anything is made for it, or ended for its sake."""
        kind = kinds.get(request.kind)
        check_workdir(request.workdir)
        check_words(request)
        request = under_policy(request)
        environ, unset = launching.environment(self.environ, kind, kinds.all(), request, generation)
        find_program(kind, environ, request.extra)
        await self.enclosure.check(request.sandbox, environ)
        launching.argv(kind, request)  # refuses what the kind does not take
        return Ready(request, kind, environ, unset)

    async def housed(self, request: SpawnRequest, environ: Mapping[str, str]) -> Worktree:
        """A new worktree, furnished."""
        here, wanted = Path(request.workdir), request.worktree or None
        tree = await worktrees.create(
            here, request.session, wanted, self.worktrees, start=request.base, env=self.environ
        )
        return await worktrees.furnished(here, tree, self.furnishing, environ)
