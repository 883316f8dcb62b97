"""Variables that a run is given: those that change what it reads as input, and those that change what it is."""

import re
from collections.abc import Iterator

from outrider.logic.policy.places import inside
from outrider.logic.policy.rules import Context, Hazard
from outrider.logic.policy.runs import Arg, Run
from outrider.logic.policy.touches import paths

# Variables that change what a program reads as input, not what is run.
_NAMES = """
    NODE_ENV CI DEBUG PORT HOST RUST_BACKTRACE RUST_LOG FORCE_COLOR NO_COLOR LANG LC_ALL TZ APP_ENV FLASK_ENV
    FLASK_DEBUG FLASK_APP DJANGO_SETTINGS_MODULE DJANGO_DEBUG PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE
    PYTHONHASHSEED PYTHONIOENCODING PYTHONUTF8 GOOS GOARCH CGO_ENABLED MIX_ENV RAILS_ENV RACK_ENV LOG_LEVEL
    VERBOSE COVERAGE SEED WORKERS COLUMNS LINES TERM BABEL_ENV ENV_NAME STAGE HEADLESS RUST_TEST_THREADS
    OMP_NUM_THREADS CUDA_VISIBLE_DEVICES TEST_ENV JOBS V
"""
PLAIN_VARIABLES = frozenset(_NAMES.split())
PLAIN_PREFIXES = ("VITE_", "NEXT_PUBLIC_", "REACT_APP_", "TEST_", "LC_")


def findings(run: Run, name: str, context: Context) -> Iterator[tuple[Hazard, str]]:
    """What is always asked of the variables that a run is given."""
    given = list(run.assigned)
    if name in ("export", "declare", "typeset", "local", "readonly"):
        given += [
            (word.partition("=")[0], Arg(word.partition("=")[2], arg.known))
            for arg in run.argv[1:]
            if "=" in (word := arg.text)
        ]
        given += [(arg.text, Arg("")) for arg in run.argv[1:] if "=" not in arg.text and not arg.text.startswith("-")]
    if name in ("read", "unset"):
        given += [(word, Arg("")) for word in run.words if not word.startswith("-")]
    alone = not run.argv or name in ("read", "local", "unset", "declare")
    for variable, value in given:
        if not _harmless(variable, value, run, context, alone=alone):
            yield Hazard.ENVIRONMENT, f"the variable {variable} may change what programs do"


def _harmless(name: str, value: Arg, run: Run, context: Context, *, alone: bool) -> bool:
    if name in PLAIN_VARIABLES or name.startswith(PLAIN_PREFIXES):
        return True
    if name == "NODE_OPTIONS":
        return re.fullmatch(r"--max[-_]old[-_]space[-_]size=\d+", value.text) is not None
    if name == "PYTHONPATH":
        leads = [
            path for entry in value.text.split(":") for path in paths(run, (Arg(entry or ".", value.known),), context)
        ]
        return bool(leads) and value.known and all(inside(path, context) for path in leads)
    # A variable of the script's own is no program's business; names in capitals may be.
    return (
        alone
        and re.fullmatch(r"[a-z_][a-z0-9_]*", name) is not None
        and not re.match(r"npm_|.*_proxy$|path$|fpath$|prompt", name)
    )
