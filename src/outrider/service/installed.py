"""The service of one data directory, by whatever keeps it: installing, and what is asked of it."""

import asyncio
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict, NoDaemon, NoSuchThing
from outrider.service import control
from outrider.service.launchd import LOOK_S, Launchd
from outrider.service.plan import changed, name_of, planned, refuse_changed
from outrider.service.systemd import Systemd, units
from outrider.settings import Loaded, load
from outrider.sockets import open_tcp

NEITHER = (
    "There is neither a systemd of yours (systemctl --user) nor launchd here. Have `outrider service run` started by what "
    "starts programs here: it does all the rest."
)


@dataclass(frozen=True, slots=True)
class Service:
    """`usual` is the data directory whose service is called `outrider` alone."""

    loaded: Loaded
    usual: Path
    environ: Mapping[str, str]
    platform: str = sys.platform

    @classmethod
    def of(cls, loaded: Loaded, environ: Mapping[str, str]) -> "Service":
        """The service of these settings; the usual one is that of who says nothing but where its home is."""
        places = {name: environ[name] for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME") if name in environ}
        return cls(loaded, load({}, places).settings.data, environ)

    @property
    def name(self) -> str:
        """Of its units."""
        return name_of(self.loaded.settings.data, self.usual)

    @property
    def log(self) -> Path:
        """What our supervisor writes."""
        return self.loaded.settings.data / "logs" / "outrider.log"

    @property
    def systemd(self) -> Systemd | None:
        """Where its units are installed."""
        found = Systemd(self.environ)
        return found if found.installed(self.name) else None

    def files(self) -> list[Path]:
        """What is installed, where it belongs."""
        if self.platform == "darwin":
            return [Launchd(self.environ).path(self.name)]
        return [Systemd(self.environ).folder / f"{self.name}.{kind}" for kind in ("socket", "service")]

    def changed(self) -> list[Path]:
        """Those of its files that somebody changed by hand."""
        return [path for path in self.files() if changed(path)]

    def install(self, words: Sequence[str], *, force: bool) -> list[Path]:
        """Writes the files, and starts it; the files. Conflict where one was changed by hand, or the port is taken."""
        settings = self.loaded.settings
        if self.platform == "darwin":
            made = planned(self.name, settings, ("service", "run", *words), self.environ)
            self._set_aside(force=force)
            Launchd(self.environ).install(made)
            return self.files()
        systemd = Systemd(self.environ)
        version = systemd.version()
        if version is None:
            raise NoSuchThing(NEITHER)
        made = planned(self.name, settings, ("up", *words), self.environ)
        self._set_aside(force=force)
        if not systemd.installed(self.name):  # else the port is its own
            for sock in open_tcp(settings.host, settings.port, has_tokens=True):
                sock.close()
        systemd.install(made, units(made, version))
        return self.files()

    def uninstall(self, *, force: bool) -> list[Path]:
        """Stops it and takes its files away; those files. Agents and data stay."""
        if self.platform == "darwin":
            launchd = Launchd(self.environ)
            if not launchd.path(self.name).exists():
                raise NoSuchThing(f"There is no {launchd.path(self.name)}: nothing is installed.")
            self._set_aside(force=force)
            launchd.remove(self.name)
            return self.files()
        if self.systemd is None:
            raise NoSuchThing(f"There is no {self.files()[1]}: nothing is installed for this data directory.")
        self._set_aside(force=force)
        self.systemd.remove(self.name)
        return self.files()

    def _set_aside(self, *, force: bool) -> None:
        if not force:
            refuse_changed(self.files())
        for path in self.changed():
            shutil.copyfile(path, path.with_name(f"{path.name}.before"))

    async def ask(self, deed: str) -> Mapping[str, object]:
        """`status`, `reload`, `restart` or `stop`; how it is after that. The settings were read before, so they are good."""
        if self.platform == "darwin" and (launchd := Launchd(self.environ)).path(self.name).exists():
            return await self._ask_launchd(launchd, deed)
        systemd = self.systemd
        if systemd is None:
            return await self._ask_supervisor(deed)
        if deed == "stop":
            systemd.stop(self.name)
        elif deed != "status":
            try:
                systemd.restart(self.name)
            except Conflict as error:
                raise Conflict(
                    f"The daemon did not come up; it is tried again. Its log says why. {error.message}"
                ) from error
        return systemd.state(self.name)

    async def _ask_supervisor(self, deed: str) -> Mapping[str, object]:
        return await control.ask(self.loaded.settings.runtime / control.NAME, deed)

    async def _ask_launchd(self, launchd: Launchd, deed: str) -> Mapping[str, object]:
        """launchd is told when it is to stop or to start; all else the supervisor that it runs."""
        running = launchd.runs(self.name)
        if deed == "stop":
            if running:
                launchd.stop(self.name)
            return {"by": "launchd", "state": "stopped"}
        if deed == "status" and not running:
            return {"by": "launchd", "state": "stopped", "log": str(self.log)}
        if running:
            return await self._ask_supervisor(deed)
        launchd.start(self.name)
        return await self._up()

    async def _up(self) -> Mapping[str, object]:
        """How it is once its daemon is ready; Conflict where that takes too long."""
        try:
            async with asyncio.timeout(self.loaded.settings.service.start_s):
                while True:
                    with suppress(NoDaemon):
                        told = await self._ask_supervisor("status")
                        if told["state"] == "running":
                            return told
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as error:
            raise Conflict(f"The daemon did not come up; it is tried again. Its log, {self.log}, says why.") from error
