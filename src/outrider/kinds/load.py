"""All kinds that are known here: those of the package, and over them the user's own."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

from outrider.errors import BadSetting, InvalidInput
from outrider.kinds.kindfile import SHELL, parse
from outrider.kinds.table import Raw, Source
from outrider.logic import detect
from outrider.logic.foreground import is_shell
from outrider.model.kind import Kind
from outrider.model.pane import Pane, PaneRef, Screen

GENERIC = "generic"
NOWHERE = PaneRef("", 0, "")


Stamp = tuple[Path, int, int, int]
"""What tells that a file changed: when it was written, its size and its mode."""


def catalogue(user_dir: Path | None, *, shell: str = "/bin/sh") -> "Kinds":
    """The packaged kinds and, over them, the files `*.toml` in the user's folder (which need not exist).

    `shell` is what `{shell}` in a kind's argv stands for. A user's file that cannot be used is left out, and said by
    `problems`; BadSetting only where a packaged file is broken.
    """
    return Kinds(user_dir, shell)


class Kinds:
    """Kinds by name. `problems` says, in sentences, which of the user's files are not in force and why."""

    def __init__(self, user_dir: Path | None, shell: str) -> None:
        self._user_dir = user_dir
        self._shell = shell
        self._raw: dict[str, Raw] = {}
        self._packaged: dict[str, Kind] = {}
        for file in sorted(resources.files(__package__).iterdir(), key=lambda each: each.name):
            if file.name.endswith(".toml"):
                text = file.read_text(encoding="utf-8")
                kind = parse(text, file.name, trusted=True)
                self._raw[kind.name] = Source(file.name, text).data
                self._packaged[kind.name] = self._filled(kind)
        self._mine: dict[str, Kind] = {}
        self._read: tuple[Stamp, ...] | None = None
        self.problems: tuple[str, ...] = ()
        self.reload()

    def overlaid(self, path: Path) -> Mapping[str, Kind]:
        """These kinds with those of a file, or of every `*.toml` in a folder, over them; for comparing rules.

        Raises BadSetting with file, line and key, InvalidInput where nothing can be read.
        """
        files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not files:
            raise InvalidInput(f"{path} holds no kinds: a folder of kinds has a .toml file for each.")
        kinds = dict(self.by_name())
        for file in files:
            try:
                kind = parse(file.read_text(encoding="utf-8"), str(file), self._raw)
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidInput(f"{file} cannot be read: {error}. Name a kind's .toml file or a folder.") from error
            kinds[kind.name] = self._filled(kind)
        return kinds

    def reload(self) -> tuple[str, ...]:
        """Reads the user's files again where one changed; returns what is wrong, a sentence a file.

        A broken one keeps its last good kind; a kind of a file that did not change stays the same object.
        """
        stamps = self._stamps()
        if stamps == self._read:
            return self.problems
        self._read = stamps
        problems: list[str] = []
        mine: dict[str, Kind] = {}
        for path in self._files():
            try:
                mine[path.name] = self._filled(parse(path.read_text(encoding="utf-8"), str(path), self._raw))
            except (BadSetting, OSError, UnicodeDecodeError) as error:
                problems.append(error.message if isinstance(error, BadSetting) else f"{path}: cannot be read: {error}.")
                if path.name in self._mine:
                    mine[path.name] = self._mine[path.name]
        self._mine = mine
        self.problems = tuple(problems)
        return self.problems

    def get(self, name: str) -> Kind:
        """The kind of that name; InvalidInput, which lists those that are known."""
        kinds = self.by_name()
        if name not in kinds:
            known = ", ".join(sorted(kinds))
            raise InvalidInput(
                f"There is no kind of agent {name!r}; known: {known}.", detail={"field": "kind", "known": sorted(kinds)}
            )
        return kinds[name]

    def all(self) -> tuple[Kind, ...]:
        """All kinds, by name."""
        return tuple(kind for _, kind in sorted(self.by_name().items()))

    def by_name(self) -> Mapping[str, Kind]:
        """All kinds under their names."""
        return {**self._packaged, **{kind.name: kind for kind in self._mine.values()}}

    def recognise(
        self, programs: Iterable[str], argvs: Iterable[str], title: str, rows: tuple[str, ...]
    ) -> Kind | None:
        """The kind that runs in a pane: by the names and the command lines (joined by blanks) of the processes in its tree.

        Where they tell nothing, by title and screen together; a title alone stays behind when an agent is killed.
        """
        names, lines = {*programs}, (*argvs,)
        kinds = [kind for kind in self.all() if not kind.shell]
        for kind in kinds:
            if names.intersection(kind.signs.programs):
                return kind
        for kind in kinds:
            if any(sign.search(line) for sign in kind.signs.argv for line in lines):
                return kind
        if all(is_shell(name) for name in names):
            return None
        for kind in kinds:
            if any(sign.search(title) for sign in kind.signs.titles) and detect.read(kind, _screen(rows, title)):
                return kind
        return None

    def _files(self) -> list[Path]:
        if self._user_dir is None or not self._user_dir.is_dir():
            return []
        return sorted(self._user_dir.glob("*.toml"))

    def _stamps(self) -> tuple[Stamp, ...]:
        found = []
        for path in self._files():
            try:
                about = path.stat()
            except OSError as error:
                found.append((path, error.errno or 0, 0, 0))
            else:
                found.append((path, about.st_mtime_ns, about.st_size, about.st_mode))
        return tuple(found)

    def _filled(self, kind: Kind) -> Kind:
        argv = tuple(word.replace(SHELL, self._shell) for word in kind.launch.argv)
        return replace(kind, launch=replace(kind.launch, argv=argv))


def _screen(rows: tuple[str, ...], title: str) -> Screen:
    width = max((len(row) for row in rows), default=0)
    pane = Pane(NOWHERE, "", 0, "", title, "", width, len(rows), 0, max(len(rows) - 1, 0))
    return Screen(pane, rows, 0)
