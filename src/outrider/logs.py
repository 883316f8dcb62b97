"""Logging: one line an event, a constant message with named values; JSON on standard error unless that is a terminal."""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from outrider.logic.secrets import cleaned

# What libraries log goes the same way; these tell more than anybody wants below warning.
NOISY = ("uvicorn.access", "uvicorn.error", "watchfiles", "websockets", "asyncio")


def configure(level: str) -> None:
    """Sends every log line of `level` (debug, info, warning, error) and above to standard error."""
    least = logging.getLevelNamesMapping()[level.upper()]
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _blank,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if terminal
        else [structlog.processors.format_exc_info, _plain, structlog.processors.JSONRenderer(default=str)]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=Enduring(sys.stderr)),  # type: ignore[arg-type]  # what it needs of one
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=least, force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))


class Enduring:
    """A text file of which a line that cannot be written is dropped: a full disk of the log must not end what logs."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """As much as can be written."""
        with suppress(OSError):
            return self._file.write(text)
        return 0

    def flush(self) -> None:
        """Hands on what is waiting, where that can be."""
        with suppress(OSError):
            self._file.flush()


def _blank(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Logs go to places that secrets must not."""
    return {
        name: cleaned(value) if isinstance(value, str | list | tuple | dict) else value for name, value in line.items()
    }


def _plain(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The message under its usual name, first; lines are read by machines."""
    return {"message": line.pop("event", ""), **line}
