"""A sandbox as the words of bubblewrap: everything may be read, and written only what an agent needs to.

Private are /tmp, /run and this daemon's own folders: sockets there (tmux, systemd, containers, ours) would be ways out. With the
network on, what listens on this machine can be reached; `no-network` closes that too. Order is policy: later words lie on top.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass

NETWORK, NO_NETWORK, OFF = "network", "no-network", "off"
KNOWN = (NETWORK, NO_NETWORK, OFF)
INSTALL = "sudo apt install bubblewrap"
ALLOW = "Let this user make user namespaces (kernel.apparmor_restrict_unprivileged_userns, kernel.unprivileged_userns_clone)"


@dataclass(frozen=True, slots=True)
class Room:
    """What is in it, all resolved paths that are there. `written` may be written, `shown` are read only on top of that, `hidden`
    are empty. `home` and `programs` stay to be read where they lie below what is private."""

    workdir: str
    home: str
    network: bool
    hidden: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    """Below what is shown, and written all the same."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What it may use: MB of memory, percent of one core, processes and threads; 0 for as much as there is."""

    memory_mb: int = 0
    cpu_percent: int = 0
    processes: int = 0

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.memory_mb or self.cpu_percent or self.processes)

    def only(self, controllers: Set[str]) -> "Limits":
        """Those that these controllers hold: `memory`, `cpu`, `pids`."""
        return Limits(
            self.memory_mb if "memory" in controllers else 0,
            self.cpu_percent if "cpu" in controllers else 0,
            self.processes if "pids" in controllers else 0,
        )


def words(room: Room, program: str = "bwrap") -> tuple[str, ...]:
    """What goes before the agent's own words."""
    return (program, *_walls(network=room.network), *_binds(room), "--chdir", room.workdir, "--")


def trial(program: str, *, network: bool) -> tuple[str, ...]:
    """The whole line that does nothing within the same walls: it fails where there can be none."""
    return (program, *_walls(network=network), "--", "true")


def _walls(*, network: bool) -> Iterator[str]:
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    yield from ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
    # As root it would keep its powers, and could mount everything writable again.
    yield from ("--cap-drop", "ALL", "--die-with-parent")
    if not network:
        yield "--unshare-net"


def _binds(room: Room) -> Iterator[str]:
    for private in ("/tmp", "/run"):  # noqa: S108  # names of folders to hide, none is used
        yield from ("--tmpfs", private)
    # Names are looked up by a file that lies there on many systems.
    yield from ("--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve")
    for kept in (room.home, *room.programs):
        yield from ("--ro-bind", kept, kept)
    for hidden in room.hidden:
        yield from ("--tmpfs", hidden)
    for path in room.written:
        yield from ("--bind", path, path)
    for path in room.shown:
        yield from ("--ro-bind", path, path)
    for path in room.answers:
        yield from ("--bind", path, path)


def scope(limits: Limits) -> tuple[str, ...]:
    """The words that have systemd hold it to its limits; they go before the sandbox's own."""
    held = (
        ("MemoryMax", f"{limits.memory_mb}M", limits.memory_mb),
        ("CPUQuota", f"{limits.cpu_percent}%", limits.cpu_percent),
        ("TasksMax", str(limits.processes), limits.processes),
    )
    properties = (word for name, value, given in held if given for word in ("-p", f"{name}={value}"))
    return ("systemd-run", "--user", "--scope", "--quiet", "--collect", *properties, "--")


def too_wide(root: str, precious: tuple[str, ...]) -> str | None:
    """Which of the precious folders would be writable with `root`, None where none would."""
    return next((path for path in precious if f"{path}/".startswith(f"{root.rstrip('/')}/")), None)
