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

# What stands in front for less is no program that was there: tmux 3.3a, asked while one program becomes another, tells a name
# made of both (`shv` of `sh` and `env`), until it is asked again.
STOOD_MS = 250


class Front:
    """Whether a program that is no shell ever stood in front of one pane. Times in Unix ms."""

    def __init__(self) -> None:
        self._command = ""
        self._since_ms = 0
        self._stood = False

    def saw(self, command: str, at_ms: int) -> None:
        """That program, no shell, stands there."""
        if command != self._command:
            self._command, self._since_ms = command, at_ms

    def gave_way(self, at_ms: int) -> bool:
        """A shell stands there now: whether it took the place of such a program, this time or before."""
        if self._command and self._command not in LAUNCHERS and at_ms - self._since_ms >= STOOD_MS:
            self._stood = True
        self._command = ""
        return self._stood


def is_shell(command: str) -> bool:
    """Whether a pane's foreground command is a shell; a login shell has a dash in front."""
    return command.removeprefix("-") in SHELLS
