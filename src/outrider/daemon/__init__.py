"""The daemon: started by `outrider up`, ended by SIGTERM or Ctrl-C; every agent goes on running."""

import faulthandler
import os
import sys
from collections.abc import Mapping

import structlog
import uvloop

from outrider.daemon.serving import serve
from outrider.errors import OutriderError
from outrider.logs import configure
from outrider.service.inheritance import apart, inherited
from outrider.settings import Loaded

log = structlog.get_logger()


def run(loaded: Loaded, environ: Mapping[str, str]) -> int:
    """The whole life of a daemon; the exit code. Errors that a person can mend are a sentence on standard error."""
    configure(loaded.settings.log_level)
    os.umask(0o077)
    for warning in loaded.warnings:
        log.warning("a setting was not used", why=warning)
    code = 0
    faulthandler.enable()  # a service manager ends one that hangs by SIGABRT: the log then says where it stood
    try:
        uvloop.run(serve(loaded, apart(environ), inherited(environ, os.getpid())))
    except* OutriderError as group:
        code = 1
        sys.stderr.writelines(f"outrider: {error}\n" for error in leaves(group))
    return code


def leaves(error: BaseException) -> list[BaseException]:
    """The errors in a group and in the groups within it."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [error]
