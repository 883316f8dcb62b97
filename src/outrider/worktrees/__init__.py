"""Git worktrees for agents: made, looked at, merged, taken away; work in them is never lost."""

from outrider.worktrees.create import Worktree, branch, create, surroundings, withdraw
from outrider.worktrees.furnish import Furnishing, furnish, furnished
from outrider.worktrees.look import diff, state
from outrider.worktrees.merge import merge
from outrider.worktrees.place import Place, found
from outrider.worktrees.remove import remove

__all__ = [
    "Furnishing",
    "Place",
    "Worktree",
    "branch",
    "create",
    "diff",
    "found",
    "furnish",
    "furnished",
    "merge",
    "remove",
    "state",
    "surroundings",
    "withdraw",
]
