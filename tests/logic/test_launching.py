"""What a spawn request becomes."""

import pytest

from outrider.errors import InvalidInput
from outrider.logic import launching
from outrider.model.agent import SpawnRequest
from outrider.model.kind import Kind, LaunchSpec

CLAUDE = Kind(
    "claude",
    "Claude Code",
    "claude.toml",
    LaunchSpec(
        ("claude",),
        model_flag=("--model",),
        auto={"yolo": ("--dangerously-skip-permissions",)},
        env={"IS_SANDBOX": "1"},
        unset=("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT"),
    ),
)
CODEX = Kind("codex", "Codex", "codex.toml", LaunchSpec(("codex",), unset=("CODEX_SANDBOX*",)))


def test_arguments_stand_in_their_order() -> None:
    request = SpawnRequest("s", "/", model="opus", auto="yolo", extra=("--verbose",))
    assert launching.argv(CLAUDE, request, channel=("--settings", "f")) == (
        "claude", "--model", "opus", "--dangerously-skip-permissions", "--settings", "f", "--verbose",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "request_", "says"),
    [
        (CLAUDE, SpawnRequest("s", "/", auto="bold"), "no autonomy preset 'bold'; known: yolo"),
        (CODEX, SpawnRequest("s", "/", model="m"), "take no model"),
    ],
)
def test_what_the_kind_cannot_do_is_a_sentence(kind: Kind, request_: SpawnRequest, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        launching.argv(kind, request_)


def test_no_agent_inherits_the_marks_of_another() -> None:
    inherited = {
        "PATH": "/bin",
        "CLAUDECODE": "1",
        "CODEX_SANDBOX_NETWORK": "1",
        "TMUX": "/tmp/x,1,0",
        "OUTRIDER_TOKEN": "secret",
        "ANTHROPIC_API_KEY": "k",
    }
    request = SpawnRequest("s", "/", env={"EXTRA": "a b"})
    have, unset = launching.environment(inherited, CLAUDE, (CLAUDE, CODEX), request, "g" * 16)
    assert have == {
        "PATH": "/bin",
        "ANTHROPIC_API_KEY": "k",
        "IS_SANDBOX": "1",
        "EXTRA": "a b",
        "OUTRIDER_GENERATION": "g" * 16,
    }
    assert {"CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT"} <= set(unset)
    assert not set(unset) & have.keys()


def test_what_is_asked_for_wins_over_cleaning() -> None:
    have, unset = launching.environment({}, CLAUDE, (CLAUDE,), SpawnRequest("s", "/", env={"CLAUDECODE": "1"}), "g")
    assert have["CLAUDECODE"] == "1"
    assert "CLAUDECODE" not in unset


@pytest.mark.parametrize("conversation", ["--last", "", "a b", "x" * 200, "a;b", "a\n"])
def test_only_an_id_goes_on_the_command_line_to_resume(conversation: str) -> None:
    kind = Kind("a", "A", "", LaunchSpec(("a",), resume=("--resume={conversation}",)))
    request = SpawnRequest("s", "/w", conversation="12-ab")
    assert launching.argv(kind, request) == ("a", "--resume=12-ab")
    with pytest.raises(InvalidInput, match="no id of a conversation"):
        launching.argv(kind, SpawnRequest("s", "/w", conversation=conversation))
    with pytest.raises(InvalidInput, match="cannot take a conversation up again"):
        launching.argv(Kind("a", "A", "", LaunchSpec(("a",))), request)
