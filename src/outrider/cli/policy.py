"""The verb `policy`: what a policy says of a command or a file, without an agent; and the policies there are."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ, Json, Usage
from outrider.cli.words import as_json, fields, plain, table
from outrider.errors import Conflict
from outrider.logic.policy.rules import Context, Decision, Policy, Request, Verdict

app = App(name="policy", help="What agents may do by themselves.", help_format="plaintext")
_ID = re.compile(r"[0-9a-f]{8,}-[0-9a-f]{6,}")
EXITS: Mapping[Verdict, int] = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.DENY: 1}

Which = Annotated[str, Parameter(name="--policy", help="A preset (`outrider policy list`) or a file.")]
Folder = Annotated[str | None, Parameter(help="The work tree; else this folder.")]
Tool = Annotated[str, Parameter(help="The tool that asks, by Claude Code's names.")]
Word = Annotated[
    str,
    Parameter(allow_leading_hyphen=True, help="The command line: one quoted text, or its words behind `--`."),
]
File = Annotated[str | None, Parameter(name="--path", help="The file that the tool is to read or write.")]


@app.command(name="test")
def try_(
    *command: Word,
    policy: Which = "standard",
    workdir: Folder = None,
    tool: Tool = "Bash",
    path: File = None,
    json: Json = False,
    environ: Environ,
) -> int:
    """Says allow, ask or deny, and which rule made it. Exit code 0 means allowed."""
    known, decision = _decided(command, policy, (tool, path), workdir, environ)
    if json:
        print(as_json({**_as_json(decision), "policy": known.name}))
    else:
        print(f"{decision.verdict}: {plain(decision.reason)}")
        print(fields(_fields(decision)))
    return EXITS[decision.verdict]


@app.command
async def explain(
    *command: Word,
    policy: Which = "standard",
    workdir: Folder = None,
    tool: Tool = "Bash",
    path: File = None,
    connection: Connection = HERE,
    environ: Environ,
) -> int:
    """Shows every program that a command would start, and what is decided on each; for the id of an approval, what was decided."""
    if len(command) == 1 and _ID.fullmatch(command[0]):
        return await _explain_approval(connection, command[0], environ)
    known, decision = _decided(command, policy, (tool, path), workdir, environ)
    ruling: dict[str, object] = {**_as_json(decision), "policy": known.name}
    parts = [_as_json(part) for part in decision.parts]
    if connection.json:
        print(as_json({**ruling, "parts": parts}))
        return EXITS[decision.verdict]
    print(f"{decision.verdict}: {plain(decision.reason)}\n")
    print(_parts((part.verdict, part.rule, _where(part), part.part) for part in decision.parts or (decision,)))
    return EXITS[decision.verdict]


async def _explain_approval(connection: Connection, approval_id: str, environ: Mapping[str, str]) -> int:
    """What the agent's policy said to it, as it was decided then: rules may have changed since."""
    approval = await connection.client(environ).approval(approval_id)
    ruling = approval["ruling"]
    if ruling is None:
        raise Conflict(
            f"No policy has said anything to {approval_id}: {approval['session']} runs under none, or its dialog does not say "
            f"what it asks for. It is {approval['status']}{' by ' + approval['by'] if approval['by'] else ''}."
        )
    if connection.json:
        print(as_json({**ruling, "approval": approval_id, "status": approval["status"], "by": approval["by"]}))
        return EXITS[Verdict(ruling["verdict"])]
    asked = approval["command"] or approval["file"] or approval["question"]
    print(f"{approval['session']} wanted: {plain(asked)}")
    print(f"{ruling['verdict']} under {plain(ruling['policy'])}: {plain(ruling['reason'])}")
    print(f"The dialog is {approval['status']}{', by ' + plain(approval['by']) if approval['by'] else ''}.\n")
    rows = ruling["parts"] or [ruling]
    print(_parts((row["verdict"], row["rule"], row["where"], row["part"]) for row in rows))
    return EXITS[Verdict(ruling["verdict"])]


def _parts(rows: Iterable[tuple[str, str, str, str]]) -> str:
    return table(("VERDICT", "RULE", "WHERE", "PART"), [[plain(cell) for cell in row] for row in rows])


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """Lists the presets."""
    from outrider.policies.load import presets

    if json:
        found = [{"name": each.name, "label": each.label, "rules": len(each.rules)} for each in presets()]
        print(as_json({"policies": found, "count": len(found)}))
    else:
        print(table(("POLICY", "RULES", "IS"), [[each.name, str(len(each.rules)), each.label] for each in presets()]))


@app.command
def check(file: str, *, json: Json = False) -> None:
    """Reads a policy file, and says what is wrong with it."""
    from outrider.logic.policy.dead import doubts
    from outrider.policies.load import find

    policy = find(file if "/" in file or file.endswith(".toml") else f"./{file}", Path.cwd())
    found = list(doubts(policy.rules))
    _doubt(found)
    if json:
        print(as_json({"ok": True, "name": policy.name, "rules": len(policy.rules), "doubts": found}))
    else:
        print(
            f"{file}: {policy.name!r} can be used: {len(policy.rules)} rules, {policy.default} for what none of them speaks of."
        )


def _decided(
    command: tuple[str, ...],
    name: str,
    call: tuple[str, str | None],
    workdir: str | None,
    environ: Mapping[str, str],
) -> tuple[Policy, Decision]:
    from outrider.logic.policy.asked import Kind, kind_of
    from outrider.logic.policy.dead import doubts
    from outrider.logic.policy.decide import decide
    from outrider.policies.load import find

    tool, path = call
    kind = kind_of(tool)
    if kind is Kind.RUN and not command:
        raise Usage("There is no command to test. Write it behind `--`, or one of another tool with --tool and --path.")
    if kind is not Kind.RUN and command:
        raise Usage(f"The tool {tool} runs no command. Leave the command or --tool out.")
    context = _context(workdir, environ)
    request = Request(tool, _line(command) if command else None, path)
    policy = find(name, Path.cwd())
    _doubt(doubts(policy.rules))
    return policy, decide(policy, request, context)


def _doubt(sentences: Iterable[str]) -> None:
    for each in sentences:
        print(f"outrider: {plain(each)}", file=sys.stderr)


def _context(workdir: str | None, environ: Mapping[str, str]) -> Context:
    from outrider.policies.load import context

    folder = (Path.cwd() / Path(workdir or ".").expanduser()).resolve()
    if not folder.is_dir():
        raise Usage(f"{folder} is not a folder. --workdir names the work tree.")
    return context(folder, Path(environ.get("HOME") or Path.home()))


def _line(command: tuple[str, ...]) -> str:
    """One word is a command line as it stands; several are words that the calling shell has taken apart already."""
    import shlex

    return command[0] if len(command) == 1 else shlex.join(command)


def _where(decision: Decision) -> str:
    return f"{decision.file}:{decision.line}" if decision.line else decision.file


def _fields(decision: Decision) -> Iterator[tuple[str, object]]:
    yield "rule", decision.rule
    yield "where", _where(decision)
    yield "part", decision.part


def _as_json(decision: Decision) -> dict[str, object]:
    return {
        "verdict": decision.verdict.value,
        "rule": decision.rule,
        "file": decision.file or None,
        "line": decision.line or None,
        "part": decision.part,
        "reason": decision.reason,
        "hazard": decision.hazard.value if decision.hazard else None,
    }
