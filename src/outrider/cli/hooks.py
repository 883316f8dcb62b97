"""Verbs about hooks in a user's own settings, for agents that Outrider adopts instead of starting them."""

from cyclopts import App

from outrider.cli.connection import Environ, Json
from outrider.cli.setup import ConfigFile, DataFolder
from outrider.cli.words import as_json

app = App(
    name="hooks",
    help="Hooks in your own settings, so that adopted agents report too.",
    help_format="plaintext",
    help_epilogue="",
)


@app.command
def install(
    kind: str, *, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ
) -> None:
    """Puts hooks into an agent's own settings: claude, codex, gemini or qwen. What is there stays."""
    from outrider.kinds.channels.hooks_file import HooksFile
    from outrider.kinds.channels.user_hooks import generation_of
    from outrider.settings import load

    settings = load({"config": config, "data": data}, environ).settings
    file = HooksFile(kind, environ, settings.data / "hooks")
    changed = file.install(settings.runtime / "hooks" / generation_of(kind))
    if json:
        print(as_json({"kind": kind, "path": str(file.path), "changed": changed}))
        return
    print(f"Hooks for {kind} are in {file.path}." if changed else f"Hooks for {kind} were in {file.path} already.")
    if changed:
        print(
            f"Agents that start from now on report while Outrider runs. Take them out: outrider hooks uninstall {kind}"
        )
        if file.place.trusts:
            print(file.place.trusts)


@app.command
def uninstall(
    kind: str, *, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ
) -> None:
    """Takes them out again; a file that was not changed since is as it was, byte for byte."""
    from outrider.kinds.channels.hooks_file import HooksFile
    from outrider.settings import load

    settings = load({"config": config, "data": data}, environ).settings
    file = HooksFile(kind, environ, settings.data / "hooks")
    changed = file.uninstall()
    if json:
        print(as_json({"kind": kind, "path": str(file.path), "changed": changed}))
    else:
        print(f"Hooks for {kind} are out of {file.path}." if changed else f"There were none of ours in {file.path}.")
