"""A Launch as tmux commands: a detached session whose program gets its arguments as they are, past every shell."""

import re
from pathlib import Path

from outrider.errors import InvalidInput
from outrider.model.pane import Launch
from outrider.tmux.quote import Question, chain, literal
from outrider.tmux.rows import FORMAT, GENERATION, HIDDEN

GENERATION_VARIABLE = "OUTRIDER_GENERATION"
"""The environment variable that carries the spawn's token to everything the agent starts."""

# What tmux would rewrite in a name, or read as something else than a name in a target.
_NAME = re.compile(r"[^\s$@%={}+\-!~^:.#\x00-\x1f\x7f][^:.#\x00-\x1f\x7f]*")
_LARGEST = 10_000


def session(launch: Launch) -> Question:
    """Starts it and answers with its row: one step, so that no pane of ours is ever without its generation."""
    target = f"={launch.session}:"
    environment = {GENERATION_VARIABLE: launch.generation, **launch.env} if launch.generation else launch.env
    return chain(
        (
            *("new-session", "-d", "-E", "-s", literal(launch.session), "-n", literal(launch.session)),
            *("-x", str(launch.width), "-y", str(launch.height), "-c", literal(launch.workdir)),
            *(word for name, value in environment.items() for word in ("-e", f"{name}={value}")),
            *("--", *program(launch)),
        ),
        ("set-option", "-p", "-t", target, GENERATION, launch.generation),
        ("display-message", "-p", "-t", target, FORMAT),
    )


def program(launch: Launch) -> tuple[str, ...]:
    """The words that tmux executes. There are always several: a single one it would give to a shell."""
    unset = tuple(word for name in launch.unset for word in ("-u", name))
    # `env` reads a first word with an equals sign as a variable; a constant script hands it on as a program.
    hand_on = ("sh", "-c", 'exec "$@"', "sh") if "=" in launch.argv[0] else ()
    return ("env", *unset, "--", *hand_on, *launch.argv)


def check(launch: Launch) -> None:
    """InvalidInput where tmux would start something else than what is asked for, or in another place."""
    if not _NAME.fullmatch(launch.session) or launch.session == HIDDEN:
        raise InvalidInput(
            f"the session name {launch.session!r} cannot be used in tmux: no dots, colons, '#' or control characters, "
            "and a letter or digit first"
        )
    if not launch.argv or not launch.argv[0]:
        raise InvalidInput("there is no program to start: argv is empty")
    if not Path(launch.workdir).is_absolute() or not Path(launch.workdir).is_dir():
        raise InvalidInput(f"the working directory {launch.workdir!r} is not an absolute path of a directory")
    for name in (*launch.env, *launch.unset):
        if not name or "=" in name or not name.isprintable():
            raise InvalidInput(f"{name!r} cannot be the name of an environment variable")
    if not (0 < launch.width <= _LARGEST and 0 < launch.height <= _LARGEST):
        raise InvalidInput(f"the size {launch.width}x{launch.height} is not one that tmux can give: 1 to {_LARGEST}")
