"""Which tmux is here, and whether it is new enough."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from outrider.errors import Unavailable

_NUMBER = re.compile(r"(\d+)\.(\d+)")
ABSENT = "tmux is not installed: sudo apt-get install tmux / brew install tmux"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A release of tmux; `text` is what tmux calls itself (`3.3a`)."""

    major: int
    minor: int
    text: str = ""

    def check(self) -> None:
        """Unavailable where it is older than the oldest that we can work with."""
        if (self.major, self.minor) < (OLDEST.major, OLDEST.minor):
            raise Unavailable(f"tmux {self.text} is too old: {OLDEST.text} or newer is needed; install a newer tmux")


OLDEST = Version(3, 2, "3.2")
# From here on `paste-buffer` writes control characters in caret notation unless it has `-S` (tmux's CHANGES from 3.6b to 3.7).
SPELLS_OUT = Version(3, 7, "3.7")


def parse(text: str) -> Version:
    """What `tmux -V` printed; a build without a release number (`tmux master`) counts as newest."""
    name = text.strip().removeprefix("tmux ")
    found = _NUMBER.search(name)
    if found is None or name.startswith("openbsd"):
        return Version(99, 0, name)
    return Version(int(found.group(1)), int(found.group(2)), name)


def pasting(release: str) -> tuple[str, ...]:
    """`paste-buffer`, and what that release of tmux needs to write a buffer as it is."""
    known = parse(release)
    raw = (known.major, known.minor) >= (SPELLS_OUT.major, SPELLS_OUT.minor)
    return ("paste-buffer", "-r", "-d", *(["-S"] if raw else []))


async def version(program: str = "tmux", *, env: Mapping[str, str] | None = None) -> Version:
    """The version of the tmux that would be run; Unavailable, with how to install it, where there is none."""
    try:
        process = await asyncio.create_subprocess_exec(
            program, "-V", env=env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise Unavailable(ABSENT) from error
    try:
        out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return parse(out.decode("utf-8", "replace"))
