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

LAUNCHERS: Set[str] = frozenset({"tmux", "tmux: server", "env", "nice", "nohup", "setsid", "bwrap", "systemd-run"})
"""What stands in front for a moment before the program itself: a child of tmux bears tmux's name until it becomes another."""


def is_shell(command: str) -> bool:
    """Whether a pane's foreground command is a shell; a login shell has a dash in front."""
    return command.removeprefix("-") in SHELLS


def starts_others(command: str) -> bool:
    """Whether a pane's foreground command is one that only starts another program, so that its going says nothing."""
    return command in LAUNCHERS
