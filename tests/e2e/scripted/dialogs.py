"""What it asks in a box instead of the composer: rows and options, and which one a key chooses."""

from collections.abc import Mapping
from dataclasses import dataclass

from e2e.scripted.blocks import short
from e2e.scripted.cells import fold


@dataclass(slots=True)
class Dialog:
    """A question; `focus` is the option that Enter takes, `escape` what Esc answers."""

    name: str
    body: str
    options: tuple[str, ...]
    foot: str
    focus: int = 0
    escape: str = "cancel"
    answer: str | None = None

    def press(self, key: str) -> None:
        """A key: arrows move, digits choose at once, Enter takes the focused one."""
        if key == "Down":
            self.focus = min(self.focus + 1, len(self.options) - 1)
        elif key == "Up":
            self.focus = max(self.focus - 1, 0)
        elif key == "Enter":
            self.answer = self.options[self.focus]
        elif key == "Escape":
            self.answer = self.escape
        elif key.isdigit() and 0 < int(key) <= len(self.options):
            self.answer = self.options[int(key) - 1]

    def rows(self, width: int) -> list[str]:
        """The box's rows."""
        lines = [f" {line}" for line in fold(self.body, width - 2)]
        options = [f" {'❯' if at == self.focus else ' '} {at + 1}. {option}" for at, option in enumerate(self.options)]
        return ["", "─" * width, *lines, *options, "", f" {self.foot}"]


def permission(tool: str, given: Mapping[str, object]) -> Dialog:
    """May this tool call go on?"""
    if tool == "Bash":
        command = str(given.get("command", ""))
        what = f"Bash command\n\n  {command}\n  {given.get('description', 'Run it')}\n\n"
        body = f"{what}This command requires approval\n\nDo you want to proceed?"
        options = ("Yes", f"Yes, and don’t ask again for: {command.partition(' ')[0]} *", "No")
        return Dialog("permission prompt", body, options, "Esc to cancel · Tab to amend · ctrl+e to explain")
    name = short(given).rpartition("/")[2]
    ask = f"Do you want to make this edit to {name}?" if tool == "Edit" else f"Do you want to create {name}?"
    body = f"{'Edit file' if tool == 'Edit' else 'Create file'}\n{short(given)}\n{'╌' * 60}\n 1 -old\n 1 +new\n{'╌' * 60}\n{ask}"
    return Dialog(
        "permission prompt",
        body,
        ("Yes", "Yes, allow all edits during this session (shift+tab)", "No"),
        "Esc to cancel · Tab to amend",
    )


def trust(cwd: str) -> Dialog:
    """Asked in a folder that it does not know."""
    body = (
        f"Accessing workspace:\n\n{cwd}\n\nQuick safety check: Is this a project you created or one you trust? (Like your own code, a "
        "well-known open source project, or work from your team). If not, take a moment to review what's in this folder first.\n\n"
        "Claude Code'll be able to read, edit, and execute files here.\n\nSecurity guide\n"
    )
    return Dialog(
        "trust", body, ("Yes, I trust this folder", "No, exit"), "Enter to confirm · Esc to cancel", escape="No, exit"
    )


def api_key() -> Dialog:
    """Asked where the environment has a key that it has not been told to use."""
    body = " Detected a custom API key in your environment\n\n ANTHROPIC_API_KEY: sk-ant-...sk-fake\n\n Do you want to use this API key?\n"
    return Dialog("api_key", body, ("Yes", "No (recommended)"), " Enter to confirm · Esc to cancel", focus=1)


def bypass() -> Dialog:
    """Asked before it skips permissions for the first time; a blind Enter ends the program."""
    body = (
        " WARNING: Claude Code running in Bypass Permissions mode\n\n"
        " In Bypass Permissions mode, Claude Code will not ask for your approval before running potentially dangerous commands.\n"
        " This mode should only be used in a sandboxed container/VM that has restricted internet access and can easily be "
        "restored if damaged.\n\n"
        " By proceeding, you accept all responsibility for actions taken while running in Bypass Permissions mode.\n\n"
        " https://code.claude.com/docs/en/security\n"
    )
    return Dialog("bypass", body, ("No, exit", "Yes, I accept"), " Enter to confirm · Esc to cancel", escape="No, exit")
