"""Secrets of ways out: written where they are used, or better, in a file of their own or the environment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from outrider.kinds.table import Table


class Secrets:
    """Takes secrets out of tables. `folder` is where relative paths start; `elsewhere`: the environment is not the daemon's, and may
    lack some. `files` are those that were read, `taken` are the secrets in the order in which they were taken.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str], *, elsewhere: bool = False) -> None:
        self._folder = folder
        self._environ = environ
        self._elsewhere = elsewhere
        self.files: list[Path] = []
        self.taken: list[str] = []
        self.inline = False
        """Whether any secret stands in the table itself."""

    def take(self, table: Table, key: str, *, required: bool = True) -> str:
        """The secret `key`, given as `key`, `key_file` or `key_env`; '' where it is given in no way and not required."""
        given = {name: table.text(name, "") for name in (key, f"{key}_file", f"{key}_env")}
        used = [name for name, value in given.items() if value]
        found = self._found(table, key, given, used, required=required)
        self.taken.append(found)
        return found

    def _found(self, table: Table, key: str, given: Mapping[str, str], used: Sequence[str], *, required: bool) -> str:
        if not used and not required:
            return ""
        if len(used) != 1:
            raise table.bad(used[1] if used else key, f"is needed once: as {key}, {key}_file or {key}_env.")
        if used[0] == key:
            self.inline = True
            return given[key]
        if used[0] == f"{key}_env":
            found = self._environ.get(given[used[0]], "")
            if not found and not self._elsewhere:
                raise table.bad(used[0], f"the daemon's environment has no {given[used[0]]}.")
            return found
        return self._read(table, used[0], given[used[0]])

    def _read(self, table: Table, key: str, name: str) -> str:
        path = self._path(name)
        self.files.append(path)
        try:
            found = path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
            raise table.bad(key, f"{path} cannot be read: {why}.") from None
        if not found:
            raise table.bad(key, f"{path} is empty.")
        return found

    def _path(self, name: str) -> Path:
        if name == "~" or name.startswith("~/"):
            return Path(self._environ.get("HOME", "/")) / name[2:]
        return self._folder / name
