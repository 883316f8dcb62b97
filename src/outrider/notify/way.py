"""A way out to people, and what an attempt at sending may come to."""

from abc import ABC, abstractmethod

from outrider.errors import OutriderError
from outrider.model.notice import Notice


class Unsent(OutriderError):
    """Nothing arrived, and a later attempt may do better; `after_s` is how long the other side wants to be left alone."""

    code = "unsent"
    status = 502

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class Refused(OutriderError):
    """Nothing arrived, and the same would not arrive the next time: a wrong token, no such chat."""

    code = "refused"
    status = 502


class Unclear(OutriderError):
    """It cannot be told whether it arrived."""

    code = "unclear"
    status = 502


class WayOut(ABC):
    """One way out. A way of one direction has `send` alone.

    `targets` are the places that each get a message of their own. `idempotent`: the other side knows a notice by its id, so that
    what may have arrived can be sent again. `about` says where it leads, for people, without a secret; `why` what is known to be
    wrong with it now; `note` what is worth knowing besides.
    """

    targets: tuple[str, ...] = ("",)
    idempotent = False
    about = ""
    why = ""
    note = ""

    @abstractmethod
    async def send(self, notice: Notice) -> str | None:
        """Sends it to its target; what the other side calls it, where what was sent can be mended later.

        Returns once the other side has confirmed it. Unsent, Refused or Unclear where it has not.
        """

    async def amend(self, notice: Notice) -> None:  # noqa: B027  # nothing to mend
        """Mends what was sent, by its receipt, so that it says what is true now; errors as of `send`."""

    async def listen(self) -> None:  # noqa: B027  # nothing comes in
        """Listens to what comes in by it, for as long as it is used."""
