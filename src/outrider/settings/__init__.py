"""Settings, and the only reader of the process's environment.

The rows and their checking load when they are first asked for: most verbs need the environment alone and start in half the
time without them.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outrider.settings.layers import Loaded as Loaded
    from outrider.settings.layers import load as load
    from outrider.settings.schema import Row as Row
    from outrider.settings.schema import Settings as Settings
    from outrider.settings.schema import rows as rows

DEFAULT_URL = "http://127.0.0.1:3848"
HOMES = {"Settings": "schema", "Row": "schema", "rows": "schema", "Loaded": "layers", "load": "layers"}
"""Which module each name that loads late is found in."""


def __getattr__(name: str) -> object:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)


def environment() -> dict[str, str]:
    """A copy of this process's environment."""
    return dict(os.environ)
