"""What exactly is said of failures and dialogs of agents other than Claude Code, on their recorded screens."""

from datetime import datetime

import pytest

import drawn
from outrider.logic import detect
from outrider.logic.resets import Resets
from outrider.logic.screen import Layout
from outrider.model.state import Detail, ErrorClass, Reading, State
from outrider.zones import zones_of


def read(name: str) -> Reading:
    """What the rules say first of the last look of a recording."""
    case = drawn.recorded()[name]
    kind, screen = drawn.kind(case.kind), case.frames[-1]
    return detect.spoken(kind, Layout(screen, kind.regions), screen.taken_ms)[0]


FAILURES: tuple[tuple[str, ErrorClass, bool, str], ...] = (
    ("cx120b-err-429-early-error", ErrorClass.RATE_LIMIT, False, "429"),
    ("cx120b-err-429-usage-error", ErrorClass.USAGE_LIMIT, False, "usage limit"),
    ("cx120b-err-400-error", ErrorClass.INVALID_REQUEST, False, "Bad request"),
    ("cx120b-err-401-error", ErrorClass.AUTH, True, "Incorrect API key"),
    ("cx120b-err-503-error", ErrorClass.SERVER, True, "overloaded"),
    ("cx120b-err-drop-error", ErrorClass.NETWORK, True, "Stream disconnected"),
    ("lcx80-401-error", ErrorClass.AUTH, False, "Incorrect API key"),
    ("lcx120-context-error", ErrorClass.CONTEXT_FULL, False, "context window"),
    ("lcx120-quota-error", ErrorClass.BILLING, False, "billing"),
    ("lcx80-usage-days-error", ErrorClass.USAGE_LIMIT, False, "or try again at Dec 1st"),
    ("ge120-err-400-early-error", ErrorClass.AUTH, False, "API key not valid"),
    ("ge120-err-401-error", ErrorClass.AUTH, False, "UNAUTHENTICATED"),
    ("ge120-err-drop-error", ErrorClass.NETWORK, False, "terminated"),
    ("oc120-err-401-error", ErrorClass.AUTH, False, "Incorrect API key"),
    ("oc80-err-429-error", ErrorClass.RATE_LIMIT, True, "Rate limit"),
    ("oc120-err-503-error", ErrorClass.SERVER, True, "overloaded"),
    ("oc80-err-drop-error", ErrorClass.NETWORK, True, "Connection reset"),
    ("pi120-err-401-error", ErrorClass.AUTH, False, "401"),
    ("pi60-err-429-error", ErrorClass.RATE_LIMIT, True, "Rate limit"),
    ("pi120-err-500-error", ErrorClass.SERVER, True, "Internal error"),
    ("pi80-err-drop-error", ErrorClass.NETWORK, True, "terminated"),
    ("qw120-err-401-error", ErrorClass.AUTH, False, "Incorrect API key"),
    ("qn70-err-401-early-error", ErrorClass.AUTH, False, "Incorrect API key"),
    ("ai120-err-401-error", ErrorClass.AUTH, False, "AuthenticationError"),
    ("ai120-err-429-error", ErrorClass.RATE_LIMIT, True, "Rate limit"),
    ("hai100-err-500-error", ErrorClass.SERVER, True, "Internal error"),
)


@pytest.mark.parametrize(("name", "kind", "retrying", "words"), FAILURES)
def test_a_failures_class_and_message(name: str, kind: ErrorClass, retrying: bool, words: str) -> None:
    reading = read(name)
    detail = reading.detail
    assert (reading.state, detail.error, detail.retrying) == (State.ERROR, kind, retrying)
    assert words in (detail.message or "")
    assert not set(detail.message or "") & set("█│┃■✕")


ONCE, YES, NO = "Allow once", "Yes, allow once", "No, suggest changes (esc)"
DIALOGS: tuple[tuple[str, Detail], ...] = (
    (
        "cx60-perm-escalate-waiting",
        Detail(command="touch /var/tmp/outrider-lab-build-mark", options=("Yes, proceed (y)",)),
    ),
    ("cx60-plan-proposed-waiting", Detail(question="Implement this plan?", options=("Yes, implement this plan",))),
    (
        "cx60-question-dialog-waiting",
        Detail(question="Which storage engine should the cache use?", options=("SQLite",)),
    ),
    ("cxm3-trust-or-hooks-waiting.1", Detail(question="Trust this folder?", options=("Trust and continue",))),
    ("ge120-perm-pytest-waiting", Detail(tool="Shell", command="python3 -m pytest -v tests", options=(ONCE, NO))),
    (
        "ge60-perm-edit-waiting",
        Detail(tool="Edit", file="src/parser.py", question="Apply this change?", options=(ONCE, NO)),
    ),
    ("ge200-perm-write-waiting", Detail(tool="WriteFile", file="src/lexer.py", options=(ONCE, NO))),
    (
        "ge60-ask-question-waiting",
        Detail(question="Which storage engine should the cache use?", options=("SQLite", "Redis")),
    ),
    (
        "ge-first-trust-dialog-waiting",
        Detail(question="Do you trust the files in this folder?", options=("Don't trust",)),
    ),
    ("oc60-perm-rm-waiting", Detail(tool="Bash", command="rm -rf build", question="Permission required")),
    ("oc120-perm-edit-waiting", Detail(tool="Edit", file="src/parser.py", question="Permission required")),
    (
        "oc60-ask-question-waiting",
        Detail(question="Which storage engine should the cache use?", options=("SQLite", "Redis")),
    ),
    ("qw60-perm-rm-waiting", Detail(tool="Shell", command="rm -rf build", options=(YES, NO))),
    (
        "qw80-perm-edit-waiting",
        Detail(tool="Edit", file="src/parser.py", question="Apply this change?", options=(YES, NO)),
    ),
    (
        "qn70-perm-rm-waiting",
        Detail(tool="Shell", command="rm -rf build", question="Allow execution of: 'rm'?", options=(YES, NO)),
    ),
    (
        "qn100-perm-write-waiting",
        Detail(tool="WriteFile", file="src/lexer.py", question="Apply this change?", options=(YES, NO)),
    ),
    (
        "qn100-ask-question-waiting",
        Detail(question="Which storage engine should the cache use?", options=("SQLite", "Redis")),
    ),
    ("ai120-file-mention-waiting", Detail(question="Add file to the chat?")),
)


@pytest.mark.parametrize(("name", "wanted"), DIALOGS)
def test_a_dialogs_tool_command_file_question_and_options(name: str, wanted: Detail) -> None:
    reading = read(name)
    detail = reading.detail
    assert reading.state is State.WAITING
    assert (detail.tool, detail.command, detail.file) == (wanted.tool, wanted.command, wanted.file)
    assert (wanted.question or "") in (detail.question or "")
    drawn_as = [option for option in wanted.options if not any(label.startswith(option) for label in detail.options)]
    assert not drawn_as, detail.options
    assert not any("█" in label for label in detail.options)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("lcx80-usage-days-error", "2026-12-01T01:52:00Z"),
        ("lcl120-weekly-error", "2026-11-29T23:06:00+01:00"),
        ("lcl120-five-hour-error", "2026-11-26T13:47:00Z"),  # it names no zone: that of the agent
    ],
)
def test_when_a_limit_ends_on_a_recorded_screen(name: str, ends: str) -> None:
    filled = Resets(zones_of({"TZ": "UTC"}), None).filled(read(name))
    assert filled.detail.error is ErrorClass.USAGE_LIMIT
    assert filled.detail.resets_at_ms == datetime.fromisoformat(ends).timestamp() * 1000
