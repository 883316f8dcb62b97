"""What agents say of their turns in their transcripts, recorded with real ones whose model answered with failures."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from outrider.kinds.channels import claude_transcript, codex_rollout, gemini_chat, qwen_chat, transcript
from outrider.kinds.channels.transcript import Count
from outrider.model.progress import TranscriptMark
from outrider.model.state import ErrorClass, Reading, State

RECORDED = Path(__file__).parent / "recorded" / "transcripts"
ASKED, DONE, STOPPED = "prompt", "complete", "interrupted"
KEY = (ErrorClass.SERVER, ErrorClass.AUTH, ErrorClass.BILLING, ErrorClass.CONTEXT_FULL)
LIMITS = (ErrorClass.USAGE_LIMIT, ErrorClass.USAGE_LIMIT)


def failures(*classes: ErrorClass) -> tuple[str, ...]:
    """Turns that failed so, one after another."""
    return tuple(word for kind in classes for word in (ASKED, kind.value))


CONVERSATIONS: tuple[tuple[str, Count, tuple[str, ...], int, int], ...] = (
    (
        "claude_key",  # with an API key it goes on trying at a limit, of which it writes nothing
        claude_transcript.counted,
        (ASKED, ASKED, ASKED, *failures(*KEY), ASKED, STOPPED, ASKED, "idle"),
        3721,
        0,
    ),
    (
        "claude_subscription",
        claude_transcript.counted,
        (ASKED, *failures(*LIMITS, *KEY), ASKED, STOPPED, ASKED, "idle"),
        3721,
        0,
    ),
    (
        "codex",
        codex_rollout.counted,
        (
            *(ASKED, DONE),
            *failures(*LIMITS, ErrorClass.USAGE_LIMIT, ErrorClass.RATE_LIMIT, ErrorClass.SERVER, ErrorClass.AUTH),
            *failures(ErrorClass.USAGE_LIMIT, ErrorClass.CONTEXT_FULL),
            *(ASKED, STOPPED, ASKED, DONE, ASKED, DONE),
        ),
        5040,
        8,
    ),
    (
        "gemini",
        gemini_chat.counted,
        (ASKED, ASKED, STOPPED, *failures(ErrorClass.AUTH, ErrorClass.AUTH), ASKED),
        2520,
        2,
    ),
    (
        "qwen",
        qwen_chat.counted,
        (
            *(ASKED, ASKED, ASKED, "billing…", "billing…", ASKED, ASKED),
            *("context_full…", "context_full…", "context_full…", ASKED, "server…", "server…", ASKED),
        ),
        1260,
        0,
    ),
)


def told(said: Reading) -> str:
    """The word in short; a dot behind a failure that is tried again."""
    if said.detail.error is not None:
        return said.detail.error.value + ("…" if said.detail.retrying else "")
    if said.state is State.THINKING:
        return ASKED
    return said.detail.reason or said.state.value


@pytest.mark.parametrize(("name", "count", "words", "tokens", "errors"), CONVERSATIONS)
def test_a_conversation_line_by_line(name: str, count: Count, words: tuple[str, ...], tokens: int, errors: int) -> None:
    data = RECORDED.joinpath(f"{name}.txt").read_bytes()
    mark, said, spent = TranscriptMark("x"), [], []
    for line in data.splitlines(keepends=True):
        spent.append(count(line, mark, 0))
        mark = spent[-1].mark
        said += [spent[-1].said] if spent[-1].said is not None else []
    assert tuple(map(told, said)) == words
    assert all(each.at_ms > 1_795_000_000_000 and each.text == each.text.strip() for each in said)
    assert sum(each.tokens for each in spent) == tokens
    assert sum(each.errors for each in spent) == errors
    whole = count(data, TranscriptMark("x"), 0)
    assert (whole.tokens, whole.errors, whole.said, whole.mark.offset) == (tokens, errors, said[-1], len(data))


@pytest.mark.parametrize(("name", "count"), [(each[0], each[1]) for each in CONVERSATIONS])
def test_an_earlier_run_says_nothing(name: str, count: Count) -> None:
    later = count(RECORDED.joinpath(f"{name}.txt").read_bytes(), TranscriptMark("x"), 1_895_000_000_000)
    assert (later.said, later.tokens, later.errors) == (None, 0, 0)


def codex(*payloads: Mapping[str, object], at: str = "2026-11-26T10:00:00Z") -> Reading:
    rows = [
        json.dumps({"timestamp": at, "type": "event_msg", "payload": each}, separators=(",", ":")) for each in payloads
    ]
    said = codex_rollout.counted("\n".join(rows).encode() + b"\n", TranscriptMark("x"), 0).said
    assert said is not None
    return said


LIMIT: dict[str, object] = {
    "type": "task_complete",
    "error": {"message": "No.", "codex_error_info": "usage_limit_exceeded"},
}
AT_S = 1_795_687_200


@pytest.mark.parametrize(
    ("limits", "resets"),
    [
        ({"primary": {"used_percent": 100.0, "resets_at": AT_S + 60}}, (AT_S + 60) * 1000),
        (
            {
                "primary": {"used_percent": 40.0, "resets_at": AT_S + 60},
                "secondary": {"used_percent": 100, "resets_at": AT_S},
            },
            AT_S * 1000,
        ),
        ({"primary": {"used_percent": 100.0, "resets_in_seconds": 90}}, (AT_S + 90) * 1000),
        ({"primary": {"used_percent": 99.5, "resets_at": AT_S}}, None),
        ({"primary": None}, None),
        (None, None),
    ],
)
def test_when_codexs_limit_ends_by_its_figures(limits: object, resets: int | None) -> None:
    assert codex({"type": "token_count", "rate_limits": limits}, LIMIT).detail.resets_at_ms == resets


def test_codexs_own_words_on_when_a_limit_ends_come_before_its_figures() -> None:
    said = {"message": "Try again at 3:14 PM.", "codex_error_info": "usage_limit_exceeded"}
    figures = {"type": "token_count", "rate_limits": {"primary": {"used_percent": 100, "resets_at": AT_S}}}
    assert codex(figures, {"type": "task_complete", "error": said}).detail.resets_at_ms is None


@pytest.mark.parametrize(
    ("info", "message", "kind"),
    [
        ({"response_stream_disconnected": {"http_status_code": None}}, "stream closed", ErrorClass.NETWORK),
        ({"http_connection_failed": {"http_status_code": 503}}, "", ErrorClass.SERVER),
        ("something_new", "what?", None),
        (None, "error sending request: ECONNREFUSED", ErrorClass.NETWORK),
        ([], "", None),
    ],
)
def test_codexs_failures_by_their_name_and_status(info: object, message: str, kind: ErrorClass | None) -> None:
    said = codex({"type": "error", "message": message, "codex_error_info": info})
    assert (said.state, said.detail.error) == (State.ERROR, kind)


def test_a_try_of_older_claude_codes_is_a_retry() -> None:
    """Its shape is that of 2.1.197's own code, which does not write it any more."""
    row = {
        "type": "system",
        "subtype": "api_error",
        "timestamp": "2026-11-26T10:00:00Z",
        "retryInMs": 500,
        "error": {"message": "Connection error."},
    }
    said = claude_transcript.counted(json.dumps(row).encode() + b"\n", TranscriptMark("x"), 0).said
    assert said is not None
    assert (said.detail.error, said.detail.retrying) == (ErrorClass.NETWORK, True)


def test_what_a_person_asked_is_told_with_its_time() -> None:
    def told(name: str) -> list[str]:
        return [said for _, said in transcript.prompts(RECORDED.joinpath(f"{name}.txt").read_bytes(), 0)]

    assert told("gemini") == ["Good one", "Try daily", "Try 401", "Try 400", "Good last"]
    assert told("qwen")[-1] == told("claude_key")[-1] == "Good last"
    assert "Stop me" in told("claude_subscription")
    assert not any("Request interrupted" in said for said in told("claude_subscription"))

    def codex(said: str) -> bytes:
        content = [{"type": "input_text", "text": said}]
        payload = {"type": "message", "role": "user", "content": content}
        row = {"timestamp": "2026-11-27T03:21:33.982Z", "type": "response_item", "payload": payload}
        return json.dumps(row, separators=(",", ":")).encode() + b"\n"

    data = codex("<environment_context>\n</environment_context>") + codex("go on\n\tthere")
    assert transcript.prompts(data, 0) == ((1_795_749_693_982, "go on\n\tthere"),)
    assert transcript.prompts(data, 1_795_749_693_983) == ()


def test_what_gemini_writes_down_afresh_was_said_before() -> None:
    """As 0.61.0 did when a turn with a call was cancelled: every message once more, with a new id and the time of the cancelling."""
    context = {"text": "<session_context>\nThis is the Gemini CLI."}
    written: tuple[tuple[str, str, object], ...] = (
        ("01", "user", [{"text": "Go on"}]),
        ("02", "gemini", ""),
        ("03", "info", "Request cancelled."),
        ("03", "user", [context, {"text": "Go on"}]),
        ("03", "gemini", [{"text": "Yes."}]),
        ("03", "user", [{"text": "Go on"}]),
        ("", "", ""),
        ("04", "user", [{"text": "And now"}]),
        ("05", "user", [context]),  # no line ends this one
        ("05", "user", [{"text": "Go on"}]),
        ("25", "user", [{"text": "Much later"}]),
    )
    lines = [
        json.dumps(
            {"id": str(n), "timestamp": f"2026-11-27T03:21:{at}Z", "type": who, "content": said}
            if who
            else {"$set": {"messages": [{"id": "7", "type": "user", "content": [{"text": "Go on"}]}]}},
            separators=(",", ":"),
        ).encode()
        + b"\n"
        for n, (at, who, said) in enumerate(written)
    ]
    told = [(1_795_749_660_000 + s * 1000, said) for s, said in ((1, "Go on"), (4, "And now"), (25, "Much later"))]
    assert list(gemini_chat.counted(b"".join(lines), TranscriptMark("x"), 0).prompts) == told
    mark = TranscriptMark("x")
    prompts: list[tuple[int, str]] = []
    words: list[str] = []
    for line in lines:
        spent = gemini_chat.counted(line, mark, 0)
        mark = spent.mark
        prompts += spent.prompts
        words += [spent.said.detail.reason or "asked"] if spent.said is not None else []
    assert prompts == told
    assert words == ["asked", "interrupted", "asked", "asked"]
    assert mark.offset == len(b"".join(lines))


def test_of_a_prompt_with_files_what_the_person_saw_is_told() -> None:
    content = [
        {"text": "Explain @README.md"},
        {"text": "\n--- Content from referenced files ---"},
        {"text": "# minilang"},
    ]
    row = {"id": "1", "timestamp": "2026-11-27T03:21:33.982Z", "type": "user", "content": content}
    for shown, told in ((None, []), ([{"text": "Explain @README.md"}], ["Explain @README.md"])):
        line = json.dumps(row if shown is None else {**row, "displayContent": shown}, separators=(",", ":")).encode()
        spent = gemini_chat.counted(line + b"\n", TranscriptMark("x"), 0)
        assert [said for _, said in spent.prompts] == told


@pytest.mark.parametrize("count", [each[1] for each in CONVERSATIONS])
@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"type":"user"}',
        b'{"type":"user","timestamp":"no","message":7}',
        b'{"type":"error","content":[]}',
        b'{"isApiErrorMessage":true,"type":"assistant","message":{"content":[7,{"text":8}]}',
        b'{"payload":{"type":"task_complete","error":[]},"timestamp":-5}',
        b'{"payload":{"type":"token_count","rate_limits":[],"info":{"total_token_usage":[]}}}',
        b'["usageMetadata","qwen-code.api_error","\xff"]',
        b'{"type":"user","x":' + b"[" * 50_000,
    ],
)
def test_odd_lines_are_no_error(count: Count, line: bytes) -> None:
    assert transcript.prompts(line + b"\n", 0) == ()
    spent = count(line + b"\n", TranscriptMark("x"), 0)
    assert (spent.tokens, spent.mark.offset) == (0, len(line) + 1)
