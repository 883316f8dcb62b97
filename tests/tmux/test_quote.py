"""Quoting, proven by a real tmux: what goes in over control mode comes out the same."""

import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outrider.errors import InvalidInput
from outrider.tmux.protocol import Parser, Reply
from outrider.tmux.quote import command, literal, quote
from tmux.world import World, new_world

NASTY = [
    *("x;", ";", ";;", "~", "~root", "$HOME", "${HOME}", "$(id)", "`id`", "#{pid}", "#S", "##", "{ }", "}", "%1", "%%"),
    *(
        '"',
        "'",
        "\\",
        "\\n",
        "a\"b'c\\",
        "trailing\\",
        " lead",
        "trail ",
        "\ta\nb\r\nc",
        "\n",
        "# comment\n#x",
        "\n  \n# y",
    ),
    *(
        "-l",
        "--",
        "\x1b[201~",
        "\x7f\x01\x1f",
        "é日本🎉\u200d",
        "\u0080\u009f",
        "\ufeff",
        "\U0010ffff",
        "\\u0041",
        "\\101",
    ),
]
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8")) | st.text(
    st.sampled_from("\"'\\$~;{}#%\n\r\t -a\x1b()[]0é"), min_size=1
)


class Talk:
    """A control client for a test without a loop: a line in, its reply out."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.tmux("new-session", "-d", "-s", "here", "-x", "200", "-y", "50", "env", "cat")
        self._client = subprocess.Popen(
            ["tmux", "-u", "-L", world.own, "-C", "attach-session", "-f", "no-output"],
            env=world.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._parser = Parser()
        self._file = world.home / "out"
        self._next(asked=False)

    def ask(self, line: str) -> Reply:
        """The reply to one line."""
        assert self._client.stdin is not None
        self._client.stdin.write(line.encode("utf-8", "surrogateescape") + b"\n")
        return self._next(asked=True)

    def _next(self, *, asked: bool) -> Reply:
        assert self._client.stdout is not None
        while True:
            for item in self._parser.feed(self._client.stdout.read(65536)):
                if isinstance(item, Reply) and item.asked == asked:
                    return item

    def through(self, text: str) -> bytes:
        """What tmux has in a buffer that was set to the text."""
        assert self.ask(command(("set-buffer", "-b", "b", "--", text))).ok
        assert self.ask(command(("save-buffer", "-b", "b", str(self._file)))).ok
        return self._file.read_bytes()

    def close(self) -> None:
        """Leaves."""
        assert self._client.stdin is not None
        self._client.stdin.close()
        self._client.wait(40)
        assert self._client.stdout is not None
        self._client.stdout.close()


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """One tmux for all examples; they only set and read a buffer."""
    with new_world() as world:
        talk = Talk(world)
        yield talk
        talk.close()


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_comes_out_as_it_went_in(talk: Talk, text: str) -> None:
    """Everything that means something to tmux's parser."""
    assert talk.through(text) == text.encode()


@given(text=TEXT.filter(bool))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_out_as_it_went_in(talk: Talk, text: str) -> None:
    """All of Unicode but NUL."""
    assert talk.through(text) == text.encode()


def test_long_text(talk: Talk) -> None:
    """100 kB in one argument."""
    text = "0123456789 ünd so weiter;\n" * 4000
    assert talk.through(text) == text.encode()


@given(texts=st.lists(TEXT, min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_command_is_one_line(talk: Talk, texts: list[str]) -> None:
    """Whatever the arguments, tmux sees one command: exactly one reply, and the next one belongs to the next line."""
    talk.ask(command(("set-option", "-g", "@x", texts[0])))
    assert talk.ask("display-message -p mark").lines == ("mark",)


def test_undecodable_bytes_and_lone_surrogates() -> None:
    """Bytes of a path come back as bytes; a surrogate that means nothing is replaced."""
    assert quote("\udcff\udc80") == r'"\377\200"'
    assert quote("\ud800") == '"\ufffd"'
    with pytest.raises(InvalidInput, match="NUL"):
        quote("a\0b")


@pytest.mark.parametrize("text", ["a#{b}", "#S", "##", "#[x] ##[y] ###", "#{pane_id}#", "plain", "#,#}", "é#"])
def test_literal_formats(talk: Talk, text: str) -> None:
    """A text is not read as a format, where tmux would expand one."""
    assert talk.ask(command(("display-message", "-p", literal(text)))).text == text
