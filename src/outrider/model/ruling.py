"""Rulings: what a policy said to what an agent wanted to do, with the rule and its line, for the whole and for each part."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartRuling:
    """What was said to one program of a command. `where` is `file:line` of the rule, the file alone for a default, or empty."""

    verdict: str
    rule: str
    where: str
    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy of that name said: `allow`, `ask` or `deny`. `part` decided; `parts` are all, in the command's order."""

    policy: str
    verdict: str
    rule: str
    where: str
    part: str
    reason: str
    parts: tuple[PartRuling, ...] = ()
