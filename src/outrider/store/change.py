"""What becomes durable together."""

from dataclasses import dataclass

from outrider.model.agent import Agent
from outrider.model.approval import Approval
from outrider.model.audit import AuditRow
from outrider.model.command import Command
from outrider.model.event import Fact
from outrider.model.progress import Sample
from outrider.store.queue import Step


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction, performed in this order, whole or not at all.

    `agents` are written by id. `forgotten` are ids of agents that leave the roster; their commands, audit and events stay.
    `kept` are notes about the node, by name, each in place of the last of its name. `durable` waits for the disk.
    """

    agents: tuple[Agent, ...] = ()
    forgotten: tuple[str, ...] = ()
    new_commands: tuple[Command, ...] = ()
    steps: tuple[Step, ...] = ()
    audit: tuple[AuditRow, ...] = ()
    facts: tuple[Fact, ...] = ()
    samples: tuple[Sample, ...] = ()
    approvals: tuple[Approval, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    durable: bool = False
