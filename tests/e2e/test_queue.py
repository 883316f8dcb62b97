"""The queue at its edges, through the daemon: full, taken back at every stage, keys in their turn, one daemon to a data directory."""

from concurrent.futures import ThreadPoolExecutor

from e2e.waiting import until
from e2e.world import World

DEPTH = 2


def test_a_full_queue_says_when_to_come_again() -> None:
    world = World(config=f"[commands]\ndepth = {DEPTH}\n").start()
    try:
        run = world.spawn("slow", [[{"hold": "go"}, {"say": "Done."}]], "--prompt", "Begin")
        run.reached("go")
        world.sent(world.commands()[0]["id"])
        for number in range(DEPTH):
            world.send("slow", f"next {number}")

        def refused() -> str:
            answer = world.http.post("/api/agents/slow/command", json={"command": "one too many"})
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
            return str(answer.json()["error"])

        assert refused().startswith("2 commands wait for slow already. ")
        until(lambda: "already. The agent is " in refused(), what="it to say what they wait for")
        done = world.cli("send", "slow", "one too many")
        assert done.returncode == 1
        assert "2 commands wait for slow already" in done.stderr
        run.release("go")
        until(lambda: run.prompts() == ["Begin", "next 0", "next 1"], what="those that were taken to arrive")
        world.sent(world.send("slow", "there is room again"))
    finally:
        world.close()


def test_a_command_is_taken_back_only_before_it_has_begun(world: World) -> None:
    run = world.spawn("held", [[{"hold": "go"}, {"say": "Done."}]], "--prompt", "Begin")
    run.reached("go")
    queued, kept = world.send("held", "never mind"), world.send("held", "this stays")
    delayed = world.send("held", "later", delay_s=600)
    until(lambda: world.command(queued)["waits"] == "The agent is thinking, not ready for text.", what="it to say why")
    listed = {each["id"]: each["waits"] for each in world.http.get("/api/commands?status=queued").json()["commands"]}
    assert listed[kept] == f"One command goes in before it. {listed[queued]}"
    assert str(listed[delayed]).startswith("Its delay: it goes in after ")
    assert listed[queued] in world.cli("commands", "held", "--status", "queued").stdout
    assert listed[queued] in world.cli("send", "held", "no", "--expires", "600", "--wait", "--timeout", "1").stderr
    world.http.delete(f"/api/commands/{delayed}").raise_for_status()
    assert world.http.delete(f"/api/commands/{queued}").json()["status"] == "cancelled"
    assert world.http.delete(f"/api/commands/{queued}").json()["status"] == "cancelled"
    urgent = world.send("held", "this first", priority=5)
    run.release("go")
    world.sent(kept)
    late = world.http.delete(f"/api/commands/{kept}")
    assert (late.status_code, late.json()["detail"]["status"]) == (409, "sent")
    assert world.command(urgent)["status"] == "sent"
    soon = world.sent(world.send("held", "in a moment", delay_s=1))
    assert soon["attempts"][0]["started"] - soon["created"] >= 1000
    assert run.prompts() == ["Begin", "this first", "this stays", "no", "in a moment"]


def test_while_it_is_typed_it_cannot_be_taken_back_and_keys_wait_for_their_turn(world: World) -> None:
    run = world.spawn("deaf", swallow_enters=99)
    command = world.send("deaf", "goes nowhere")
    until(lambda: world.command(command)["status"] == "sending", what="it to be typed")
    late = world.http.delete(f"/api/commands/{command}")
    assert (late.status_code, late.json()["detail"]["status"]) == (409, "sending")
    with ThreadPoolExecutor() as callers:
        pressed = [
            callers.submit(world.http.post, "/api/agents/deaf/keys", json={"keys": list(keys)})
            for keys in ("abc", "xyz")
        ]
    assert [each.result().status_code for each in pressed] == [200, 200]
    found = world.command(command)
    assert (found["status"], found["error"]) == (
        "failed",
        "The agent ignored Enter; the text was taken out of the composer again.",
    )
    whole = ("❯\xa0abcxyz", "❯\xa0xyzabc")
    until(lambda: any(draft in world.screen("deaf") for draft in whole), what="the keys alone in the composer")
    typed = run.log("input")
    assert typed[0]["text"] == "goes nowhere", "whole, before any key of the others"
    world.press("deaf", "C-u")
    again = world.send("deaf", "nor does this")
    until(lambda: world.command(again)["status"] == "sending", what="the next one to be typed")
    stopped = world.http.post("/api/agents/deaf/interrupt")
    assert stopped.status_code in (200, 409)  # as it is at work or at rest by then
    ended = world.command(again)
    assert ended["status"] == "failed", "an interrupt waits for its turn too"
    rested = ended["attempts"][0]["started"] - (found["attempts"][0]["ended"] or 0)
    assert rested >= 2000, "nothing is typed until the keys, pressed in between, have certainly been drawn"
    assert run.prompts() == []


def test_a_second_daemon_on_the_same_data_is_refused_and_harms_nobody(world: World) -> None:
    run = world.spawn("busy", [[{"hold": "go"}, {"say": "Done."}]], "--prompt", "Begin")
    run.reached("go")
    again = world.cli("up", "--port", str(world.port + 1), "--data", str(world.data), "--tmux-socket", world.socket)
    assert again.returncode == 1
    assert "another" in again.stderr.lower()
    assert world.agent("busy")["alive"]
    run.release("go")
    until(lambda: world.agent("busy")["state"] == "complete", what="it to go on")


def test_a_shell_takes_a_line_that_wraps_and_no_second_one(world: World) -> None:
    body = {"session": "sh", "kind": "shell", "workdir": str(world.workdir())}
    world.http.post("/api/agents", json=body).raise_for_status()
    text = f"echo {'x' * 400} > long"
    world.sent(world.send("sh", text))
    long = world.workdir() / "long"
    until(lambda: long.exists() and long.read_text() == "x" * 400 + "\n", what="the line to have run as it was sent")
    answer = world.http.post("/api/agents/sh/command", json={"command": "echo one\necho two"})
    assert answer.status_code == 422
    assert "send the lines one by one" in answer.json()["error"]
