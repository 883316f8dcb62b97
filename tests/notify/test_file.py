"""notify.toml: what it may say, what is said of what it may not, and what stays in force then."""

import os
import time
from pathlib import Path

import pytest

from outrider.errors import BadSetting
from outrider.model.event import EventName
from outrider.model.notice import Urgency
from outrider.notify import arrangements
from outrider.notify.arrangements import Arrangements
from outrider.notify.catalogue import Surroundings
from outrider.notify.file import Arrangement, load, parse

AROUND = Surroundings({"HOME": "/home/me", "HOOK_SECRET": "s3cret"}, lambda: 0)
HOOK = '[ways.hook]\ntype = "webhook"\nurl = "https://example.org/x?key=k3y"\n'
RULE = '[[rules]]\non = ["agent_waiting"]\n'


def test_what_it_may_say(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whsec_c2VjcmV0\n")
    text = f"""
quiet = "22:00-07:00"

{HOOK}secret_file = "secret"
timeout_s = 5
attempts = 3

[ways.run]
type = "command"
argv = ["/bin/true", "--token", "x"]

[[rules]]
name = "questions"
on = ["agent_waiting", "agent_stuck"]
agents = ["api-*"]
kinds = ["claude"]
ways = ["hook"]
urgency = "high"
repeat_minutes = 5
escalate_minutes = 10
escalate_to = ["run"]
digest_s = 0

[[rules]]
on = ["agent_complete"]
quiet = ""
"""
    found = parse(text, tmp_path / "notify.toml", AROUND)
    assert {name: (way.type, way.out.about) for name, way in found.ways.items()} == {
        "hook": ("webhook", "https://example.org/x"),
        "run": ("command", "/bin/true"),
    }
    assert (found.ways["hook"].attempts, found.ways["hook"].timeout_s) == (3, 5)
    questions, done = found.rules
    assert (questions.on, questions.urgency) == (
        frozenset({EventName.AGENT_WAITING, EventName.AGENT_STUCK}),
        Urgency.HIGH,
    )
    assert (questions.quiet, done.quiet) == ("22:00-07:00", "")
    assert (done.name, done.ways) == ("rule 2", ("hook", "run"))
    assert found.files == (tmp_path / "notify.toml", tmp_path / "secret")
    assert not found.inline
    assert parse(f'{HOOK}secret = "x"', tmp_path / "n.toml", AROUND).inline


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            HOOK + '[[rules]]\non = ["agent_wating"]',
            ":5: rules[0].on: there is no event 'agent_wating'; there are: state_change,",
        ),
        (HOOK + RULE + "repeat_minutes = -1", ":6: rules[0].repeat_minutes: must be a whole number from 0, not -1."),
        (HOOK + RULE + "colour = 1", ":6: rules[0].colour: there is no such key here"),
        (HOOK + RULE + 'ways = ["pager"]', ":6: rules[0].ways: there is no way out 'pager'; there are: hook."),
        (HOOK + RULE + 'quiet = "25:00-07:00"', ":6: rules[0].quiet: should be two times of day"),
        (
            HOOK + RULE + "escalate_minutes = 5",
            ":6: rules[0].escalate_minutes: escalate_minutes and escalate_to belong",
        ),
        (HOOK + RULE + 'urgency = "loud"', ":6: rules[0].urgency: 'loud' is not known; one of: low, normal, high."),
        (HOOK + "[[rules]]\non = []", ":5: rules[0].on: should name events"),
        (HOOK + "[[rules]]\n", ":4: rules[0].on: is missing."),
        (RULE, "rules[0].ways: there is no way out to tell by"),
        (HOOK + RULE + 'name = "test"', ":6: rules[0].name: 'test' is what other notices go by"),
        (HOOK + RULE + 'name = "a"\n' + RULE + 'name = "a"', ":9: rules[1].name: there are two rules named 'a'."),
        ('[ways.hook]\ntype = "pigeon"', ":2: ways.hook.type: 'pigeon' is no way out; one of: "),
        ('[ways.hook]\ntype = "webhook"', ":1: ways.hook.url: is missing."),
        ('[ways.hook]\ntype = "webhook"\nurl = "ftp://x"', ":3: ways.hook.url: should look like https://host/path."),
        ('[ways.hook]\ntype = "webhook"\nurl = "https://u:p@x/"', "ways.hook.url: should hold no name or password"),
        (HOOK + 'secret_env = "NOTHING"', ":4: ways.hook.secret_env: the daemon's environment has no NOTHING."),
        (HOOK + 'secret_file = "none"', "none cannot be read: No such file or directory."),
        (HOOK + 'secret = "a"\nsecret_env = "HOOK_SECRET"', ":5: ways.hook.secret_env: is needed once"),
        (HOOK + 'secret = "whsec_%%"', ":4: ways.hook.secret: what follows whsec_ should be base64."),
        (HOOK + "timeout_s = 0", ":4: ways.hook.timeout_s: should be 1 to 300 seconds, not 0."),
        ('[ways.run]\ntype = "command"\nargv = []', ":3: ways.run.argv: should be a program and its arguments"),
        ('[ways."my phone"]\ntype = "command"\nargv = ["x"]', "a way's name should be letters"),
        ("ways = 1", "ways: must be a table, not 1."),
        ("[[ways]]", "ways: must be a table, not a list."),
        ("x = ", ": not valid TOML"),
        ("more = 1", ":1: more: there is no such key here"),
    ],
)
def test_what_it_may_not(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as caught:
        parse(text, tmp_path / "notify.toml", AROUND)
    assert says in caught.value.message
    assert caught.value.message.startswith(str(tmp_path / "notify.toml"))
    assert "k3y" not in caught.value.message


def test_no_file_is_no_wishes(tmp_path: Path) -> None:
    found = load(tmp_path / "notify.toml", AROUND)
    assert (found.ways, found.rules) == ({}, ())


def touch(path: Path, text: str) -> None:
    """Writes it so that the change can be seen, however coarse the disk's clock."""
    path.write_text(text)
    later = time.time_ns() + 5_000_000_000 + len(text)
    os.utime(path, ns=(later, later))


def test_a_changed_file_is_taken_in_and_a_broken_one_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    path, secret = tmp_path / "notify.toml", tmp_path / "secret"
    kept = Arrangements(path, AROUND)
    assert kept.refresh()
    assert not kept.refresh()
    secret.write_text("one")
    touch(path, HOOK + 'secret_file = "secret"\n' + '[ways.run]\ntype = "command"\nargv = ["x"]\n' + RULE)
    assert kept.refresh()
    hook, run = kept.current.ways["hook"], kept.current.ways["run"]
    touch(path, "ways = 1")
    assert kept.refresh()
    assert "must be a table" in kept.problem
    assert kept.current.ways["hook"] is hook
    touch(path, HOOK + 'secret_file = "secret"\n' + '[ways.run]\ntype = "command"\nargv = ["x"]\n')
    assert kept.refresh()
    assert (kept.problem, kept.current.rules) == ("", ())
    assert kept.current.ways["hook"] is hook, "a way that did not change goes on as it is"
    touch(secret, "two")
    assert kept.refresh(), "a secret's own file is looked at, too"
    assert kept.current.ways["hook"] is not hook
    assert kept.current.ways["run"] is run
    secret.unlink()
    assert kept.refresh()
    assert "secret cannot be read" in kept.problem
    touch(secret, "three")
    assert kept.refresh(), "also where the fault is in there"
    assert kept.problem == ""


def test_what_is_written_while_it_is_read_is_read_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notify.toml"
    path.write_text("")

    def slowly(read: Path, around: Surroundings) -> Arrangement:
        found = load(read, around)
        touch(path, HOOK)
        return found

    kept = Arrangements(path, AROUND)
    with monkeypatch.context() as patch:
        patch.setattr(arrangements, "load", slowly)
        assert kept.refresh()
    assert kept.current.ways == {}
    assert kept.refresh()
    assert list(kept.current.ways) == ["hook"]
    assert not kept.refresh()
