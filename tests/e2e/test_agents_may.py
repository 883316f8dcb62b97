"""What agents may ask of Outrider themselves: they look, and tick their own items; whatever steers is refused and written down.

Real tmux, real processes: an agent tries it from its own process tree, from one of a session of its own, from an orphan, and
without waiting for the answer.
"""

import json
import shlex
import sys
from pathlib import Path

import pytest

from e2e.scripted.script import Step
from e2e.test_approvals import ASKS, answers, standing
from e2e.waiting import until
from e2e.world import Run, World

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="whose process asks is read from /proc")
CALL = """import http.client, json, socket, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
if len(sys.argv) > 5:
    line.sock = socket.socket(socket.AF_UNIX)
    line.sock.connect(sys.argv[5])
line.request(sys.argv[2], sys.argv[3], sys.argv[4] or None, {"Content-Type": "application/json"})
answer = line.getresponse()
print(answer.status, answer.read().decode()[:600], flush=True)
"""


class Caller:
    """Lines for a shell that ask the daemon of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.script = world.root / "call.py"
        self.script.write_text(CALL, encoding="utf-8")

    def line(self, method: str, path: str, body: object = None, unix: str = "") -> str:
        words = [sys.executable, str(self.script), str(self.world.port), method, path]
        words += [json.dumps(body) if body is not None else "", *([unix] if unix else [])]
        return shlex.join(words)

    def outrider(self, *words: str) -> str:
        return shlex.join([sys.executable, "-m", "outrider", "--url", self.world.url, *words])


@pytest.fixture
def call(world: World) -> Caller:
    return Caller(world)


def ran(run: Run, count: int) -> list[str]:
    """What the lines of its turn printed."""
    until(lambda: len(run.log("ran")) >= count, 60, what=f"{count} lines to have run")
    return [line["text"] for line in run.log("ran")]


def steps(*lines: str) -> list[Step]:
    return [{"sh": line} for line in lines]


def _unwatched(line: str, folder: Path) -> str:
    """The line run by an orphan that keeps the session alone, and by one that keeps the environment alone."""
    files = f"{folder}/orphan {folder}/session"
    start = f"(env -i {line} >{folder}/orphan 2>&1 &); setsid -f {line} >{folder}/session 2>&1"
    return f"{start}; until [ -s {folder}/orphan -a -s {folder}/session ]; do sleep 0.1; done; cat {files}"


def refusals(world: World, session: str) -> list[dict[str, object]]:
    log = world.http.get(f"/api/agents/{session}/log").json()["log"]
    return [row["data"] | {"actor": row["actor"]} for row in log if row["action"] == "refused"]


def test_an_agent_answers_no_approval_whatever_way_it_asks(world: World, call: Caller) -> None:
    asks = world.spawn("asks", [[ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    path = f"/api/approvals/{approval['id']}"
    post = call.line("POST", path, {"answer": "approve"})
    unix = next(world.root.rglob("outrider.sock"))
    lines = (
        post,
        call.line("POST", path, {"answer": "approve"}, str(unix)),
        call.outrider("approve", "asks"),
        call.outrider("send", "asks", "1"),
        call.line("POST", "/api/agents/asks/keys", {"keys": ["1"]}),
        call.line("POST", "/api/tokens", {"name": "mine", "scope": "admin"}),
        call.line("POST", "/api/agents/asks/kill"),
        f"env -i {post}",
        f"setsid -w {post}",
        _unwatched(post, world.root),
    )
    mallory = world.spawn("mallory", [steps(*lines)], "--prompt", "Go")
    for line, said in zip(lines, ran(mallory, len(lines)), strict=True):
        assert "from the agent mallory: agents may look" in said, (line, said)
        assert "\n20" not in f"\n{said}", said
    assert standing(world, "asks")["id"] == approval["id"]
    assert answers(asks) == []
    until(lambda: refusals(world, "mallory"), what="the refusals to be written down")
    assert {row["actor"] for row in refusals(world, "mallory")} == {"agent:mallory"}
    assert refusals(world, "mallory")[-1]["path"] == path


def test_who_does_not_wait_for_the_answer_gets_nothing_done(world: World, call: Caller) -> None:
    asks = world.spawn("asks", [[ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    approval = standing(world, "asks")
    body = '{"answer":"approve"}'
    head = f"POST /api/approvals/{approval['id']} HTTP/1.1\\r\\nHost: localhost:{world.port}\\r\\n"
    head += f"Content-Type: application/json\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
    thrown = f"exec 3<>/dev/tcp/127.0.0.1/{world.port}; printf '{head}{body}' >&3"
    mallory = world.spawn("mallory", [steps(*[f"bash -c {shlex.quote(thrown)}"] * 20)], "--prompt", "Go")
    ran(mallory, 20)
    assert world.http.get("/health").status_code == 200
    assert standing(world, "asks")["id"] == approval["id"]
    assert answers(asks) == []


def test_an_agent_does_not_answer_its_own_dialog_by_a_program_it_left_behind(world: World, call: Caller) -> None:
    told = world.root / "told"
    waits = (
        f"until {call.outrider('approve', 'asks')} >>{told} 2>&1; do grep -q agents {told} && break; sleep 0.2; done"
    )
    asks = world.spawn(
        "asks", [[*steps(f"setsid -f bash -c {shlex.quote(waits)} >/dev/null 2>&1"), ASKS]], "--prompt", "Clean up"
    )
    approval = standing(world, "asks")
    until(lambda: told.exists() and "comes from the agent asks" in told.read_text(), what="the refusal")
    assert standing(world, "asks")["id"] == approval["id"]
    assert answers(asks) == []


def test_it_may_look_and_tick_its_own_items_but_not_others(world: World, call: Caller) -> None:
    tasks = world.workdir() / "TASKS.md"
    tasks.write_text("- [ ] One\n- [ ] Two\n", encoding="utf-8")
    other = world.spawn("other", [])
    lines = (
        call.line("GET", "/api/agents"),
        call.outrider("why", "other"),
        call.outrider("progress", "tick", "mine", "1"),
        call.outrider("progress", "tick", "other", "2"),
    )
    run = world.spawn("mine", [steps(*lines)], "--spec", str(tasks), "--prompt", "Go")
    listed, why, mine, others = ran(run, 4)
    assert listed.startswith("200 ")
    assert "other" in why or "idle" in why
    assert "[x] One" in mine
    assert "comes from the agent mine" in others
    assert tasks.read_text(encoding="utf-8") == "- [x] One\n- [ ] Two\n"
    assert other.prompts() == []


def test_a_person_in_a_pane_that_is_no_agents_may_and_so_may_a_shell_until_an_agent_runs_in_it(
    world: World, call: Caller
) -> None:
    asks = world.spawn("asks", [[ASKS, {"say": "Gone."}], [ASKS, {"say": "Gone."}]], "--prompt", "Clean up")
    standing(world, "asks")
    told = world.root / "told"
    world.tmux("new-session", "-d", "-s", "person", f"{call.outrider('approve', 'asks')} >{told} 2>&1; sleep 600")
    until(lambda: answers(asks) == ["Yes"], what=f"the person's answer: {told}")
    world.sent(world.send("asks", "Next"))
    approval = standing(world, "asks")
    assert world.cli("spawn", "--agent", "shell", "--session", "sh", "--workdir", str(world.workdir())).returncode == 0
    run = world.run("inner")
    run.script([steps(call.outrider("approve", "asks"))])
    world.sent(world.send("sh", f"SCRIPTED_AGENT_DIR={run.root} claude"))
    until(lambda: "❯" in world.screen("sh"), what="its composer")
    world.press("sh", "Go")
    until(
        lambda: "Go" in world.screen("sh"), what="the prompt to stand there"
    )  # with Enter behind it it would be a paste
    world.press("sh", "Enter")
    assert "comes from the agent sh" in ran(run, 1)[0]
    assert standing(world, "asks")["id"] == approval["id"]
    assert world.cli("spawn", "--agent", "shell", "--session", "sh2", "--workdir", str(world.workdir())).returncode == 0
    world.send("sh2", call.outrider("approve", "asks"))
    until(lambda: answers(asks) == ["Yes", "Yes"], what="the shell's answer")
