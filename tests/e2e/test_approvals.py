"""Dialogs end to end: they are listed, answered by API and command line, and never answered by accident."""

import json
import threading
from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import Run, World
from outrider.model.wire import ApprovalJSON

BASH: dict[str, object] = {"command": "rm -rf build", "description": "Clean up"}
ASKS: Step = {"tool": "Bash", "input": BASH, "ask": True}
ALSO: Step = {"tool": "Bash", "input": {"command": "rm -rf /", "description": "Worse"}, "ask": True}


def standing(world: World, session: str) -> ApprovalJSON:
    """Waits until the agent's dialog is listed."""

    def look() -> list[ApprovalJSON]:
        answer = world.http.get("/api/approvals", params={"session": session}).raise_for_status()
        return cast("list[ApprovalJSON]", answer.json()["approvals"])

    try:
        return until(look, what=f"a dialog of {session}")[0]
    except AssertionError as error:
        raise AssertionError(f"{error}\n{world.why(session)}\n{world.screen(session)}") from error


def answer(world: World, approval: ApprovalJSON, said: str, **fields: str) -> httpx.Response:
    return world.http.post(f"/api/approvals/{approval['id']}", json={"answer": said, **fields})


def answers(run: Run) -> list[str]:
    return [line["answer"] for line in run.log("answer")]


def test_a_dialog_is_listed_with_what_it_asks_and_approved_over_http(world: World) -> None:
    events = world.record()
    run = world.spawn("asks", [[ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    assert (approval["kind"], approval["tool"], approval["command"]) == ("permission", "Bash", "rm -rf build")
    assert [option["label"] for option in approval["options"]][::2] == ["Yes", "No"]
    told = events.first(lambda event: event["event"] == "agent_waiting" and event.get("approval") == approval["id"])
    assert told["session"] == "asks"
    done = answer(world, approval, "approve", reason="it is only a build")
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["answer"], done.json()["way"]) == ("answered", "Yes", "hook")
    answered = events.named("approval_answered", "asks")
    assert (answered["approval"], answered["answer"]) == (approval["id"], "Yes")
    events.state("asks", "complete", after=answered["seq"] - 3)
    assert answers(run) == ["Yes"]
    assert world.http.get("/api/approvals").json() == {"approvals": [], "count": 0}
    log = world.http.get("/api/agents/asks/log").json()["log"]
    row = next(row for row in log if row["action"] == "approval_answered")
    assert (row["data"]["answer"], row["data"]["reason"]) == ("Yes", "it is only a build")
    again = answer(world, approval, "approve")
    assert again.status_code == 409
    assert "answered already" in again.json()["error"]


def test_unknown_options_and_unknown_approvals_are_refused_with_what_there_is(world: World) -> None:
    run = world.spawn("asks", [[ASKS]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    for said in ("7", "Maybe", "0", "y n"):
        refused = answer(world, approval, said)
        assert refused.status_code == 422, said
        assert refused.json()["detail"]["options"] == [option["label"] for option in approval["options"]]
    assert world.http.post("/api/approvals/nothing", json={"answer": "approve"}).status_code == 404
    assert world.http.post(f"/api/approvals/{approval['id']}", json={"answer": "1", "x": 1}).status_code == 422
    none = world.cli("policy", "explain", approval["id"])
    assert none.returncode == 1
    assert "asks runs under none" in none.stderr
    unknown = world.cli("policy", "explain", "0123456789abcdef-19ac3f2b6d1")
    assert unknown.returncode == 1
    assert "No approval has the id" in unknown.stderr
    assert answers(run) == []


@pytest.fixture
def keys() -> Iterator[World]:
    """A world whose hooks do not wait: answers go by keys."""
    fresh = World(config="[approvals]\nhook_wait_s = 0\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


def test_answers_by_keys_and_a_dialog_that_changed_is_refused_with_the_new_one(keys: World) -> None:
    run = keys.spawn("asks", [[ASKS, ALSO, {"say": "Gone."}]], "--prompt", "Clean up")
    first = standing(keys, "asks")
    keys.press("asks", "1")
    until(lambda: standing(keys, "asks")["command"] == "rm -rf /", what="the second dialog")
    refused = answer(keys, first, "approve")
    assert refused.status_code == 409
    assert answers(run) == ["Yes"]
    assert refused.json()["detail"]["approval"]["command"] == "rm -rf /"
    second = standing(keys, "asks")
    assert second["id"] == refused.json()["detail"]["approval"]["id"]
    late = keys.cli("approve", "asks", "--id", first["id"])
    assert (late.returncode, answers(run)) == (1, ["Yes"])
    assert f"It now asks: {second['question']} Bash rm -rf / (id {second['id']})" in late.stderr
    assert keys.http.get(f"/api/approvals/{first['id']}").json()["status"] in ("expired", "changed")
    done = answer(keys, second, "No")
    assert (done.status_code, done.json()["way"]) == (200, "keys")
    assert answers(run) == ["Yes", "No"]


def test_an_answer_that_works_late_is_told_as_answered_by_who_gave_it(keys: World) -> None:
    events = keys.record()
    run = keys.spawn("asks", [[{**ASKS, "stays": "on"}, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(keys, "asks")
    late = answer(keys, approval, "approve", reason="it is only a build")
    assert (late.status_code, "still shows" in late.json()["error"]) == (504, True)
    stands = standing(keys, "asks")
    assert (stands["id"], stands["status"], stands["answer"]) == (approval["id"], "open", "Yes")
    run.release("on")
    told = events.named("approval_answered", "asks")
    done = keys.http.get(f"/api/approvals/{approval['id']}").json()
    assert (done["status"], done["answer"], done["way"]) == ("answered", "Yes", "keys")
    assert (done["by"], done["reason"]) == (told["by"], "it is only a build")
    assert "still stood" in done["note"]
    assert answers(run) == ["Yes"]


def test_a_persons_answer_in_the_terminal_expires_it(world: World) -> None:
    run = world.spawn("asks", [[ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    world.press("asks", "3")
    until(lambda: world.http.get(f"/api/approvals/{approval['id']}").json()["status"] == "expired")
    refused = answer(world, approval, "approve")
    assert refused.status_code == 409
    assert "expired" in refused.json()["error"]
    assert answers(run) == ["No"]


def test_the_mark_is_of_no_matter_and_of_two_answers_one_wins(keys: World) -> None:
    run = keys.spawn("asks", [[ASKS, {"hold": "on"}]], "--prompt", "Clean up")
    approval = standing(keys, "asks")
    keys.press("asks", "Down", "Down")
    until(lambda: "❯ 3. No" in keys.screen("asks"))
    assert standing(keys, "asks")["id"] == approval["id"]
    url = f"/api/approvals/{approval['id']}"
    with httpx.Client(base_url=keys.url, timeout=60) as other:
        got: list[int] = []
        threads = [
            threading.Thread(target=lambda said=said: got.append(other.post(url, json={"answer": said}).status_code))
            for said in ("approve", "approve", "deny", "deny")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(got) == [200, 409, 409, 409]
    assert len(answers(run)) == 1


def test_approvals_survive_the_daemon(world: World) -> None:
    run = world.spawn("asks", [[ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    world.kill9()
    world.start()
    again = standing(world, "asks")
    assert (again["id"], again["asked"]) == (approval["id"], approval["asked"])
    done = answer(world, again, "1")
    assert done.status_code == 200, done.text
    assert answers(run) == ["Yes"]
    until(lambda: world.agent("asks")["state"] == "complete")


def test_trust_dialogs_are_answered_by_keys(world: World) -> None:
    run = world.spawn("new", [], "--prompt", "Hello", dialogs=["trust", "api_key"])
    approval = standing(world, "new")
    assert approval["kind"] == "trust"
    assert answer(world, approval, "approve").status_code == 200
    key = until(lambda: standing(world, "new") if standing(world, "new")["id"] != approval["id"] else None)
    assert answer(world, key, "No (recommended)").json()["way"] == "keys"
    until(lambda: run.prompts() == ["Hello"])
    assert json.dumps(answers(run)) == json.dumps(["Yes, I trust this folder", "No (recommended)"])


def test_a_policy_allows_by_itself_what_its_rules_allow_and_asks_for_the_rest(world: World) -> None:
    events = world.record()
    tests: Step = {"tool": "Bash", "input": {"command": "pytest -q tests", "description": "Test"}, "ask": True}
    run = world.spawn("auto", [[tests, ALSO, {"say": "Gone."}]], "--auto", "--prompt", "Clean up")
    answered = events.named("approval_answered", "auto")
    assert (answered["by"], answered["way"]) == ("policy", "hook")
    assert answered["rule"]
    until(lambda: standing(world, "auto")["command"] == "rm -rf /")
    approval = standing(world, "auto")
    assert answers(run) == ["Yes"]
    row = next(
        row for row in world.http.get("/api/agents/auto/log").json()["log"] if row["action"] == "approval_answered"
    )
    assert (row["actor"], row["data"]["command"], row["data"]["rule"]) == (
        "policy",
        "pytest -q tests",
        answered["rule"],
    )
    assert row["data"]["ruling"]["parts"][0]["where"].startswith("standard.toml:")
    told = world.cli("policy", "explain", row["data"]["approval"])
    assert told.returncode == 0, told.stderr
    assert "allow under standard" in told.stdout
    assert "standard.toml:" in told.stdout
    asked = world.cli("policy", "explain", approval["id"], "--json")
    assert asked.returncode == 1, asked.stderr
    ruling = json.loads(asked.stdout)
    assert (ruling["verdict"], ruling["rule"], ruling["parts"][0]["part"]) == (
        "ask",
        "always-ask: outside-write",
        "rm -rf /",
    )
    assert (ruling["status"], ruling["by"]) == ("open", None)
    assert answer(world, approval, "deny").status_code == 200
    assert answers(run) == ["Yes", "No"]


MINE = """name = "mine"
extends = "standard"
[[rules]]
name = "it may remove its build"
verdict = "allow"
commands = ["rm -rf build"]
overrides = ["delete"]
"""


def test_a_policy_file_at_spawn_outlives_daemon_and_restart_and_a_broken_one_changes_nothing(world: World) -> None:
    file = world.root / "mine.toml"
    file.write_text(MINE, encoding="utf-8")
    events = world.record()
    broken: Step = {"tool": "Bash", "input": {"command": "rm -rf build", "description": "Again"}, "ask": True}
    run = world.spawn(
        "mine", [[ASKS, {"hold": "broken"}, broken], [broken, ALSO]], "--policy", "mine.toml", "--prompt", "Clean"
    )
    answered = events.named("approval_answered", "mine")
    assert (answered["by"], answered["rule"]) == ("policy", "mine: it may remove its build")
    shown = world.agent("mine")
    assert (shown["auto"], shown["policy"]) == ("standard", str(file.resolve()))
    assert str(file.resolve()) in world.cli("show", "mine").stdout
    run.reached("broken")
    file.write_text(MINE + "colour = 1\n", encoding="utf-8")  # the old one stays in force
    run.release("broken")
    until(lambda: len(answers(run)) == 2)
    refused = world.cli("restart", "mine")
    assert (refused.returncode, "mine.toml:8: rules[0].colour" in refused.stderr) == (1, True)
    assert world.agent("mine")["alive"]
    world.kill9()
    world.start()
    world.sent(world.send("mine", "Next"))
    until(lambda: answers(run) == ["Yes"] * 3, what="the old one to decide still")
    until(lambda: standing(world, "mine")["command"] == "rm -rf /", what="what it does not allow to be asked")
    assert "mine.toml:8: rules[0].colour" in world.http.get("/health").json()["policies"]["agents"][0]["why"]
    file.write_text(MINE, encoding="utf-8")
    run.script([[ASKS]])
    assert world.cli("restart", "mine").returncode == 0
    assert world.agent("mine")["policy"] == str(file.resolve())
    world.sent(world.send("mine", "Once more"))
    until(lambda: answers(run)[3:] == ["Yes"])


def test_a_policy_is_read_again_while_it_runs(world: World) -> None:
    file = world.root / "mine.toml"
    file.write_text(MINE, encoding="utf-8")
    push: Step = {"tool": "Bash", "input": {"command": "git push origin fix", "description": "Send"}, "ask": True}
    run = world.spawn("mine", [[ASKS, {"hold": "edit"}, push]], "--policy", str(file), "--prompt", "Clean")
    run.reached("edit")
    rule = '[[rules]]\nname = "fixes go out"\nverdict = "allow"\ncommands = ["git push origin fix"]\noverrides = ["push"]\n'
    file.write_text(MINE + rule, encoding="utf-8")
    run.release("edit")
    until(lambda: len(answers(run)) == 2)
    log = world.http.get("/api/agents/mine/log").json()["log"]
    assert "mine: fixes go out" in [row["data"].get("rule") for row in log]


def test_a_preset_by_name_is_a_policy_too(world: World) -> None:
    tests: Step = {"tool": "Bash", "input": {"command": "pytest -q tests", "description": "Test"}, "ask": True}
    world.spawn("careful", [[tests]], "--policy", "careful", "--prompt", "Test")
    assert standing(world, "careful")["command"] == "pytest -q tests"
    assert (world.agent("careful")["auto"], world.agent("careful")["policy"]) == ("careful", "careful")


def test_a_killed_agents_dialog_does_not_wait_for_ever(world: World) -> None:
    world.spawn("asks", [[ASKS]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    assert world.cli("kill", "asks").returncode == 0
    until(lambda: world.http.get("/api/approvals").json()["count"] == 0)
    assert world.http.get(f"/api/approvals/{approval['id']}").json()["status"] == "expired"
    assert answer(world, approval, "approve").status_code == 409


def test_a_command_waits_for_the_dialog_and_never_answers_it(keys: World) -> None:
    run = keys.spawn("asks", [[ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(keys, "asks")
    queued = keys.send("asks", "1\nand more")
    assert answer(keys, approval, "deny").status_code == 200
    keys.sent(queued)
    assert answers(run) == ["No"]
    assert run.prompts() == ["Clean up", "1\nand more"]
