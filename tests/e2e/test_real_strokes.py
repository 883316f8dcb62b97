"""Hard texts for the real agents: each arrives verbatim, once, or is refused with the reason. The whole matrix: bench/strokes.py."""

from collections.abc import Mapping

import pytest

from e2e.payloads import ALL
from e2e.real.arrivals import VERBATIM, judge
from e2e.real.install import NotInstalled
from e2e.real.lab import Lab
from e2e.waiting import until

pytestmark = pytest.mark.real
TIMEOUT = 120.0
# With one that its kind would run as a command, and one that it shows as a mark.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "codex": ("special", "slash word", "many lines"),
    "gemini": ("special", "slash word", "line ends"),
    "opencode": ("special", "bang"),
    "qwen": ("special", "bang", "many lines"),
    "pi": ("slash word", "many lines", "semicolon"),
    "aider": ("special", "bang", "long line"),
}
REFUSED = {"qwen": "slash word", "pi": "bang"}


@pytest.mark.parametrize("kind", TEXTS)
def test_hard_texts_arrive_verbatim_once_and_in_order(kind: str) -> None:
    try:
        lab = Lab(kind)
    except NotInstalled as error:
        pytest.skip(f"the real {kind} cannot be installed here: {error}")
    try:
        world = lab.world.start()
        lab.spawn("typed")
        sent = [ALL[name] for name in TEXTS[kind]]
        commands = [world.send("typed", text) for text in sent]
        if kind in REFUSED:
            answer = world.http.post("/api/agents/typed/command", json={"command": ALL[REFUSED[kind]]})
            assert answer.status_code == 422
            assert "Begin it with another character" in answer.json()["error"]
        for command in commands:
            world.sent(command, TIMEOUT)
        try:
            until(lambda: len(lab.prompts()) >= len(sent), TIMEOUT, what="all to arrive")
        except AssertionError:
            print(lab.prompts(), world.commands(), world.screen("typed"), sep="\n")
            raise
        arrived = lab.prompts()
        assert [judge(text, [got]) in VERBATIM for text, got in zip(sent, arrived, strict=True)] == [True] * len(
            sent
        ), arrived
    finally:
        lab.close()
