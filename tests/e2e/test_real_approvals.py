"""Dialogs of the real Claude Code 2.1.197: answered by its hook, by keys, and by a person at the terminal, who may be first."""

import time
from collections.abc import Iterator

import pytest

from e2e.real import dialogs
from e2e.real.install import NotInstalled
from e2e.real.lab import Lab
from e2e.real.model import Step
from e2e.test_approvals import answer, standing
from e2e.waiting import until
from outrider.kinds.channels.answer_line import Answers, decision
from outrider.model.approval import Behavior
from outrider.model.wire import ApprovalJSON

pytestmark = pytest.mark.real
TIMEOUT = 40.0
TOUCH: Step = {"tool": "Bash", "input": {"command": "touch made", "description": "Make it"}}


def opened(config: str = "") -> Lab:
    """A lab whose daemon has these settings, or a skip that says why there is none."""
    try:
        lab = Lab()
    except NotInstalled as error:
        pytest.skip(f"the real Claude Code cannot be installed here: {error}")
    lab.world.config.write_text(config, encoding="utf-8")
    lab.world.start()
    return lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """The real agent, its permission hook waiting for long."""
    fresh = opened("[approvals]\nhook_wait_s = 30\n")
    try:
        yield fresh
    finally:
        fresh.close()


@pytest.fixture
def keys() -> Iterator[Lab]:
    """The real agent, its hook waiting for a moment."""
    fresh = opened("[approvals]\nhook_wait_s = 1\n")
    try:
        yield fresh
    finally:
        fresh.close()


def asked_by_hook(lab: Lab) -> ApprovalJSON:
    """The dialog, once its hook asks, too: it is a process of its own, and may begin after the dialog is drawn."""
    approval = standing(lab.world, "asks")
    until(
        lambda: any("PermissionRequest" in each["rule"] for each in lab.world.why("asks")["evidence"]),
        what="its hook to ask",
    )
    return approval


def test_its_hook_approves_without_a_key(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[TOUCH], [{"say": "Made."}]])
    lab.spawn("asks", "--prompt", "Make a file")
    approval = asked_by_hook(lab)
    assert (approval["tool"], approval["command"]) == ("Bash", "touch made")
    done = answer(lab.world, approval, "approve")
    assert (done.status_code, done.json()["way"]) == (200, "hook"), done.text
    events.state("asks", "complete", timeout=TIMEOUT)
    assert lab.project.joinpath("made").exists()


def test_its_hook_denies_and_tells_why(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[TOUCH], [{"say": "Then not."}]])
    lab.spawn("asks", "--prompt", "Make a file")
    approval = asked_by_hook(lab)
    done = answer(lab.world, approval, "deny", reason="Files are made on Mondays only")
    assert (done.status_code, done.json()["way"]) == (200, "hook"), done.text
    events.state("asks", "complete", timeout=TIMEOUT)
    assert not lab.project.joinpath("made").exists()
    assert "Mondays only" in str(lab.asked()[-1]["messages"])


@pytest.mark.parametrize(("key", "made"), [("1", True), ("Escape", False)])
def test_a_person_at_the_terminal_wins_while_the_hook_waits(lab: Lab, key: str, made: bool) -> None:
    events = lab.world.record()
    lab.script([[TOUCH], [{"say": "Made."}]])
    lab.spawn("asks", "--prompt", "Make a file")
    approval = standing(lab.world, "asks")
    lab.pressed("asks", "Do you want to proceed?", key)
    until(lambda: lab.world.http.get(f"/api/approvals/{approval['id']}").json()["status"] == "expired")
    late = answer(lab.world, approval, "deny" if made else "approve")
    assert late.status_code == 409, late.text
    events.state("asks", "complete" if made else "idle", timeout=TIMEOUT)
    assert lab.project.joinpath("made").exists() is made


def test_a_hook_that_decides_after_the_person_is_not_heard(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[TOUCH], [{"say": "Made."}]])
    lab.spawn("asks", "--prompt", "Make a file")
    standing(lab.world, "asks")
    (hook,) = [pid for pid, line in lab.world.marked().items() if line.startswith("/bin/sh -c umask")]
    lab.pressed("asks", "Do you want to proceed?", "1")
    events.state("asks", "complete", timeout=TIMEOUT)
    assert hook in lab.world.marked(), "the answer at the terminal does not end the hook"
    (generation,) = [folder.name for folder in (lab.world.data / "spawns").iterdir()]
    assert Answers(lab.world.data / "spawns").put(generation, f"{hook}.0", decision(Behavior.DENY, "no"))
    until(lambda: hook not in lab.world.marked(), what="the hook to print its decision and end")
    time.sleep(1)  # to see that nothing happens
    assert lab.world.agent("asks")["state"] == "complete"
    assert "denied by hook" not in lab.world.screen("asks")
    assert lab.project.joinpath("made").exists()


def test_keys_answer_once_the_hooks_time_is_over(keys: Lab) -> None:
    events = keys.world.record()
    keys.script([[TOUCH], [{"say": "Made."}]])
    keys.spawn("asks", "--prompt", "Make a file")
    approval = standing(keys.world, "asks")
    until(lambda: not any(line.startswith("/bin/sh -c umask") for line in keys.world.marked().values()), what="its end")
    done = answer(keys.world, approval, "approve")
    assert (done.status_code, done.json()["way"]) == (200, "keys"), done.text
    events.state("asks", "complete", timeout=TIMEOUT)
    assert keys.project.joinpath("made").exists()
    dialogs.drafted(keys.world, "asks", "Go on", TIMEOUT)
    until(lambda: keys.prompts()[-1] == "Go on", what="the command to be asked, without the draft")


def test_a_question_of_two_parts_is_answered_part_by_part(lab: Lab) -> None:
    events = lab.world.record()
    questions = [
        {
            "question": "Which storage should it use?",
            "header": "Storage",
            "multiSelect": False,
            "options": [{"label": "SQLite", "description": "One file"}, {"label": "Redis", "description": "A server"}],
        },
        {
            "question": "Which tests should I add?",
            "header": "Tests",
            "multiSelect": True,
            "options": [{"label": "Unit", "description": "Fast"}, {"label": "Whole", "description": "Slow"}],
        },
    ]
    lab.script([[{"tool": "AskUserQuestion", "input": {"questions": questions}}], [{"say": "Then so."}]])
    lab.spawn("asks", "--prompt", "Ask me")
    first = standing(lab.world, "asks")
    assert (first["kind"], first["question"]) == ("question", "Which storage should it use?")
    assert answer(lab.world, first, "Type something.").status_code == 422
    _told(lab, "Redis", "asks was told 'Redis'")
    second = until(lambda: _other(lab, first["id"]))
    assert (second["kind"], second["question"]) == ("question", "Which tests should I add?")
    _told(lab, "Unit", "asks has chosen so far: Unit.")
    ticked = lab.world.http.get(f"/api/approvals/{second['id']}").json()
    assert [option["checked"] for option in ticked["options"]][:2] == [True, False]
    _told(lab, "Submit", "asks was told 'Submit'")
    review = until(lambda: _other(lab, second["id"]))
    assert review["kind"] == "question"
    _told(lab, "1", "asks was told 'Submit answers'")
    events.state("asks", "complete", timeout=TIMEOUT)
    said = str(lab.asked()[-1]["messages"])
    assert "Redis" in said
    assert "Unit" in said


def _told(lab: Lab, option: str, said: str) -> None:
    """Answers by the command line."""
    done = lab.world.cli("approve", "asks", "--option", option)
    assert (done.returncode, said in done.stdout) == (0, True), f"{done.stdout}{done.stderr}"


def _other(lab: Lab, known: str) -> ApprovalJSON | None:
    found: list[ApprovalJSON] = lab.world.http.get("/api/approvals", params={"session": "asks"}).json()["approvals"]
    return found[0] if found and found[0]["id"] != known else None


def test_a_plan_is_approved_by_an_option(lab: Lab) -> None:
    lab.script(
        [[{"tool": "ExitPlanMode", "input": {"plan": "# Plan\n\n1. Do it\n2. Test it"}}], [{"say": "Doing it."}]]
    )
    lab.spawn("plans", "--prompt", "Plan it", extra=("--permission-mode", "plan"))
    approval = standing(lab.world, "plans")
    print(approval)
    assert approval["kind"] == "plan"
    labels = [option["label"] for option in approval["options"]]
    wanted = next(label for label in labels if label in ("Yes, manually approve edits", "Yes"))
    done = lab.world.cli("approve", "plans", "--option", wanted)
    assert (done.returncode, f"plans was told {wanted!r}" in done.stdout) == (0, True), f"{done.stdout}{done.stderr}"
    until(lambda: lab.world.agent("plans")["state"] == "complete", TIMEOUT)
