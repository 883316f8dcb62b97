"""What a node remembers: agents, commands, audit and journal in one SQLite file."""

from outrider.store.change import Change
from outrider.store.directory import check_directory
from outrider.store.lease import Lease
from outrider.store.queue import Step
from outrider.store.store import Store
from outrider.store.tokens import Token, Tokens

__all__ = ["Change", "Lease", "Step", "Store", "Token", "Tokens", "check_directory"]
