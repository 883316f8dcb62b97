"""Putting hooks into a user's settings file and taking them out again: atomic, and byte for byte as it was.

What stood there before is kept in a file of our own. If the settings were changed since, only our hooks are taken out.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from outrider.errors import InvalidInput
from outrider.kinds.channels import user_hooks


class HooksFile:
    """One kind's settings file. `kept` is the directory for what stood there before, `spool` where hooks leave their calls."""

    def __init__(self, kind: str, environ: Mapping[str, str], kept: Path) -> None:
        self.place = user_hooks.place_of(kind)
        self.path = self.place.path(environ)
        self._target = self.path.resolve()  # a link into somebody's dotfiles stays one
        self._kept = kept / f"{kind}.json"

    def install(self, spool: Path) -> bool:
        """Puts our hooks in; False where they were there already, just so. InvalidInput where the file is not to be touched."""
        before = self._read()
        text = before or ""
        after = user_hooks.installed(text, self.path, self.place, spool)
        if text == after:
            self._refresh(after)
            return False
        if not user_hooks.has_ours(user_hooks.parsed(text, self.path)):
            kept = {"path": str(self._target), "before": before, "after": _digest(after)}
            _replace(self._kept, json.dumps(kept), None)
        else:
            self._refresh(after)
        _replace(self._target, after, self._mode())
        return True

    def uninstall(self) -> bool:
        """Takes them out; False where there were none."""
        text = self._read()
        if text is None or not user_hooks.has_ours(user_hooks.parsed(text, self.path)):
            return False
        kept = self._kept_before()
        if kept is not None and kept.get("after") == _digest(text):
            before = kept.get("before")
            if before is None:
                self._target.unlink()
            else:
                _replace(self._target, str(before), self._mode())
        else:
            _replace(self._target, user_hooks.uninstalled(text, self.path), self._mode())
        self._kept.unlink(missing_ok=True)
        return True

    def _refresh(self, after: str) -> None:
        """Ours were there and are written anew: what stood there before them is still what was kept, if anything was.

        Where nothing was kept (another data directory) only ours will be taken out; the file that says so must be there, since
        the daemon listens for the kinds that have one.
        """
        kept = self._kept_before()
        if kept is None:
            _replace(self._kept, json.dumps({"path": str(self._target), "before": None, "after": ""}), None)
        elif kept.get("after") == _digest(self._read() or ""):
            _replace(self._kept, json.dumps({**kept, "after": _digest(after)}), None)

    def _read(self) -> str | None:
        try:
            return self._target.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{self.path} cannot be read ({error}); it is left as it is.") from error

    def _mode(self) -> int | None:
        try:
            return self._target.stat().st_mode & 0o777
        except OSError:
            return None

    def _kept_before(self) -> dict[str, object] | None:
        try:
            found = json.loads(self._kept.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("path") == str(self._target) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _replace(path: Path, text: str, mode: int | None) -> None:
    """The whole file or nothing, on the disk before it takes its place; 0600 where it is new. InvalidInput where it cannot be written."""
    temporary = path.with_name(f".{path.name}.outrider-{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InvalidInput(f"{path} cannot be written: {error.strerror}. It is left as it was.") from error
