"""Dialogs of the real agents: what each shows when it asks, and its answers by the command line."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from e2e.real.model import Step
from e2e.waiting import until
from e2e.world import World
from outrider.model.wire import ApprovalJSON

TIMED_OUT, TRIES = 5, 5
BEFORE, AFTER = "return s.split()", "return s.split(',')"


@dataclass(frozen=True)
class Asks:
    """What a dialog has to be read as; `labels` are all of its options, `yes` and `no` those that approve and deny choose."""

    question: str
    tool: str
    labels: Sequence[str]
    yes: str
    no: str


def once(question: str, tool: str, *labels: str) -> Asks:
    """One whose first option says yes and whose last says no."""
    return Asks(question, tool, labels, labels[0], labels[-1])


RUNS: Mapping[str, Callable[[str], Asks]] = {
    "codex": lambda line: once(
        "Would you like to run the following command?",
        "Bash",
        "Yes, proceed",
        "No, and tell Codex what to do differently",
    ),
    "gemini": lambda line: once(
        "Allow execution of [Shell]?", "Shell", "Allow once", "Allow for this session", "No, suggest changes"
    ),
    "qwen": lambda line: once(
        f"Allow execution of: '{Path(line.split(' ')[0]).name}'?",
        "Shell",
        "Yes, allow once",
        f"Always allow run '{line.split(' ')[0]} *' commands in this project",
        f"Always allow run '{line.split(' ')[0]} *' commands for this user",
        "No, suggest changes",
    ),
    "opencode": lambda line: once("Permission required", "Bash", "Allow once", "Allow always", "Reject"),
}
"""What each asks before it runs a line."""

EDITS: Mapping[str, Asks] = {
    "codex": once(
        "Would you like to make the following edits?",
        "Edit",
        "Yes, proceed",
        "Yes, and don't ask again for these files",
        "No, and tell Codex what to do differently",
    ),
    "gemini": once(
        "Apply this change?",
        "Edit",
        "Allow once",
        "Allow for this session",
        "Modify with external editor",
        "No, suggest changes",
    ),
    "qwen": once("Apply this change?", "Edit", "Yes, allow once", "Yes, allow always", "No, suggest changes"),
    "opencode": once("Permission required", "Edit", "Allow once", "Allow always", "Reject"),
}
"""What each asks before it edits a file."""


def edit(kind: str, file: Path) -> list[list[Step]]:
    """Turns in which the model has that file edited; some agents want it read first."""
    if kind == "codex":
        lines = (
            "*** Begin Patch",
            f"*** Update File: {file}",
            "@@",
            f"-    {BEFORE}",
            f"+    {AFTER}",
            "*** End Patch",
        )
        patch = "\n".join(("apply_patch <<'EOF'", *lines, "EOF", ""))
        return [[{"tool": "exec_command", "input": {"cmd": patch}}]]
    path = str(file)
    if kind == "opencode":
        change: dict[str, object] = {"filePath": path, "oldString": BEFORE, "newString": AFTER}
        then: Step = {"say": "Then not."}  # a refusal with a reason is no end of its turn
        return [[{"tool": "read", "input": {"filePath": path}}], [{"tool": "edit", "input": change}], [then]]
    change = {"file_path": path, "old_string": BEFORE, "new_string": AFTER}
    if kind == "gemini":
        return [[{"tool": "replace", "input": change | {"instruction": "Split at commas"}}]]
    return [[{"tool": "read_file", "input": {"file_path": path}}], [{"tool": "edit", "input": change}]]


def drafted(world: World, session: str, text: str, timeout: float) -> None:
    """A person's draft stands in the composer while a command interrupts: it is put aside and seen there again, or told word by word."""
    draft = "half a thought"
    world.tmux("send-keys", "-l", "-t", f"={session}:", draft)
    until(lambda: draft in world.screen(session), what="the draft to be drawn")
    proof = world.sent(world.send(session, text, when="interrupt"), timeout)["attempts"][-1]["proof"] or ""
    assert "was put aside, and put back" in proof or proof.endswith(f"It was: {draft}"), proof


def shown(
    world: World, session: str, timeout: float, *, holds: Sequence[str] = (), labels: Sequence[str] = ()
) -> ApprovalJSON:
    """Waits until the agent's dialog is listed, its diff holds those words, and its options are those: some draw the dialog first and
    what it is about then, and a look may come while its rows are still being drawn, after which it is listed anew."""

    def look() -> ApprovalJSON | None:
        answer = world.http.get("/api/approvals", params={"session": session}).raise_for_status()
        found = cast("list[ApprovalJSON]", answer.json()["approvals"])
        return next((each for each in found if whole(each)), None)

    def whole(approval: ApprovalJSON) -> bool:
        drawn = {option["label"] for option in approval["options"]}
        return drawn.issuperset(labels) and all(words in (approval["diff"] or "") for words in holds)

    try:
        return until(look, timeout, what=f"a dialog of {session}")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{world.why(session)}\n{world.screen(session)}") from error


def reads_as(approval: ApprovalJSON, asks: Asks) -> None:
    """Asserts that it asks that, about that tool, with those options among its own and in their order."""
    said = (approval["kind"], approval["question"], approval["tool"])
    assert said == ("permission", asks.question, asks.tool), approval
    labels = [option["label"] for option in approval["options"]]
    assert [label for label in labels if label in asks.labels] == list(asks.labels), labels


def answered(world: World, approval: ApprovalJSON, label: str, *words: str, way: str = "keys") -> None:
    """Answers by the command line, again where the agent did not take the key in time; asserts what was chosen, which way, and that the
    dialog is gone."""
    done = world.cli(*words, "--json")
    tries = 1
    while done.returncode == TIMED_OUT and tries < TRIES:
        tries += 1
        done = world.cli(*words, "--json")
    late = tries > 1 and "shows no dialog" in done.stderr
    assert late or done.returncode == 0, f"{done.stderr}\n{world.screen(approval['session'])}"
    if not late:
        now = cast("ApprovalJSON", json.loads(done.stdout))
        assert (now["status"], now["answer"], now["way"]) == ("answered", label, way), now
        assert (now["tool"], now["file"]) == (approval["tool"], approval["file"]), now
    standing = world.http.get("/api/approvals", params={"session": approval["session"]}).json()["approvals"]
    assert approval["question"] not in [each["question"] for each in standing]
