"""The program `outrider`."""

import gc
import sys

from outrider.cli.app import run
from outrider.cli.connection import Environ
from outrider.cli.flags import USUAL, Flags
from outrider.errors import BadSetting
from outrider.settings import environment


def up(*, flags: Flags = USUAL, environ: Environ) -> int:
    """Runs the daemon in the foreground; Ctrl-C ends it and leaves every agent running."""
    # Of what is imported nothing is garbage: looking for some costs a tenth of the start, and ever again while it runs.
    gc.disable()
    from outrider.daemon import run as run_daemon
    from outrider.settings import load

    gc.freeze()
    gc.enable()
    loaded = load(flags.given(), environ)
    if flags.join and not loaded.settings.fleet.key_file.exists():
        raise BadSetting(
            f"The fleet's key is not here: {loaded.settings.fleet.key_file} is missing. "
            "On a node of the fleet, `outrider node invite` prints what to run here."
        )
    return run_daemon(loaded, environ)


UP = ("up", "outrider.__main__:up", "Run the daemon, in the foreground.")


def main() -> None:
    """Runs this process's command line and exits with its code."""
    sys.exit(run(sys.argv[1:], environment(), extra=[UP]))


if __name__ == "__main__":
    main()
