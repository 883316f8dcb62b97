"""Secrets are blanked, in every form they are written in; the rest stays."""

import pytest

from outrider.logic.secrets import BLANK, cleaned, redacted

SECRET = (
    "export OPENAI_API_KEY=sk-proj-abcdef1234567890 && run",
    'curl -H "Authorization: Bearer abcdef.123456" https://x.test',
    "curl -H 'authorization: basic dXNlcjpwYXNz'",
    "git clone https://me:hunter2@example.org/repo.git",
    "use the token ghp_0123456789abcdefghijABCDEFGHIJ",
    "aws key AKIAIOSFODNN7EXAMPLE here",
    "mysql --password=hunter2 -u root",
    "login --token hunter2 now",
    'set {"api_key": "hunter2", "user": "me"}',
    "db_password: 'hunter2 with blanks'",
    "MY_SECRET=hunter2",
    "jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4",
    "bot 123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----\nand on",
    "slack xoxb-1234567890-abcdefghij",
)
PLAIN = (
    "Continue with step 2",
    "count the tokens: about 12 of them",
    "max_tokens=1000",
    "fix the password form and its test",
    "see https://example.org:8080/a@b",
    "git@example.org:me/repo.git",
    "the keyboard's Enter key: pressed twice",
    "tokenise('x')",
    "sk-",
)


@pytest.mark.parametrize("text", SECRET)
def test_a_secret_is_blanked(text: str) -> None:
    told = redacted(text)
    assert BLANK in told
    for secret in ("hunter2", "abcdef", "dXNlcjpwYXNz", "0123456789", "IOSFODNN7", "SflKxw", "1234567890"):
        assert secret not in told
    assert redacted(told) == told


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_around_a_secret_everything_stays() -> None:
    assert redacted("export A_TOKEN=abc; make test") == f"export A_TOKEN={BLANK}; make test"
    assert redacted("git push https://me:pw@example.org/x main") == f"git push https://me:{BLANK}@example.org/x main"


def test_names_and_flags_say_what_is_secret_in_data() -> None:
    data = {
        "argv": ["tool", "--token", "abc", "--model", "big"],
        "password": "x",
        "env": {"API_KEY": "y", "N": 3},
        "none": None,
    }
    assert cleaned(data) == {
        "argv": ["tool", "--token", BLANK, "--model", "big"],
        "password": BLANK,
        "env": {"API_KEY": BLANK, "N": 3},
        "none": None,
    }


@pytest.mark.parametrize(
    "piece", ["a", "a-", "x://", "token", "token=", 'key="', "-----BEGIN PRIVATE KEY-----", "sk-", "ey.", " -"]
)
def test_a_long_text_ends(piece: str) -> None:
    # A pattern that goes back over all it has read would not come to its end within the time limit of the tests.
    text = piece * (1_000_000 // len(piece))
    assert redacted(f"{text}\n").endswith("\n") or BLANK in redacted(text)
