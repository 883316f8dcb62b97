"""The program in front of a pane: a shell there means that the agent has left, or, for a shell, that it waits."""

from collections.abc import Set

SHELLS: Set[str] = frozenset(
    {
        "sh",
        "bash",
        "zsh",
        "fish",
        "dash",
        "ksh",
        "ksh93",
        "mksh",
        "ash",
        "tcsh",
        "csh",
        "nu",
        "pwsh",
        "elvish",
        "xonsh",
        "busybox",
    }
)


def is_shell(command: str) -> bool:
    """Whether a pane's foreground command is a shell; a login shell has a dash in front."""
    return command.removeprefix("-") in SHELLS
