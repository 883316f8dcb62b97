"""What an agent's tool call asks for: Claude Code's names of tools, and those of the others translated into them."""

import shlex
from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from outrider.logic.policy.rules import Request


class Kind(Enum):
    """What a tool does, as far as a policy cares."""

    RUN = auto()
    READ = auto()
    WRITE = auto()
    NETWORK = auto()
    QUESTION = auto()
    OTHER = auto()


_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "Bash": Kind.RUN,
        **dict.fromkeys(("Read", "Glob", "Grep", "LS", "NotebookRead"), Kind.READ),
        **dict.fromkeys(("Edit", "MultiEdit", "Write", "NotebookEdit"), Kind.WRITE),
        **dict.fromkeys(("WebFetch", "WebSearch"), Kind.NETWORK),
        **dict.fromkeys(("AskUserQuestion", "ExitPlanMode"), Kind.QUESTION),
    }
)
_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("shell", "bash", "local_shell", "exec_command", "run_shell_command", "container.exec"), "Bash"
        ),
        **dict.fromkeys(("read_file", "read_many_files", "read", "view"), "Read"),
        **dict.fromkeys(("write_file", "write"), "Write"),
        **dict.fromkeys(("replace", "edit", "apply_patch", "patch"), "Edit"),
        **dict.fromkeys(("search_file_content", "grep_search", "grep"), "Grep"),
        **dict.fromkeys(("list_directory", "list"), "LS"),
        "glob": "Glob",
        **dict.fromkeys(("web_fetch", "webfetch"), "WebFetch"),
        **dict.fromkeys(("google_web_search", "web_search", "websearch"), "WebSearch"),
        "request_user_input": "AskUserQuestion",
    }
)
RUNNING = frozenset({"Bash", *(name for name, means in _OTHERS.items() if means == "Bash")})
"""Tools that run a command."""
_AFFAIRS = """Agent BashOutput EnterPlanMode KillBash KillShell Skill SlashCommand Task TaskCreate TaskGet TaskList TaskOutput TaskStop
    TaskUpdate TodoRead TodoWrite ToolSearch"""
KNOWN = frozenset({*_KINDS, *_OTHERS, *_AFFAIRS.split()})
"""Tools whose names are known."""
_PATHS = ("file_path", "notebook_path", "path", "absolute_path", "filePath")


def kind_of(tool: str) -> Kind:
    """What the tool does; OTHER where it is not known."""
    return _KINDS.get(_OTHERS.get(tool, tool), Kind.OTHER)


def request_of(tool: str, tool_input: Mapping[str, object]) -> Request:
    """The request in a tool call, as hooks tell it. A command that is a list is quoted; what is missing is None."""
    name = _OTHERS.get(tool, tool)
    command = tool_input.get("command", tool_input.get("cmd"))
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        command = shlex.join(str(word) for word in command)
    path = next((value for key in _PATHS if isinstance(value := tool_input.get(key), str)), None)
    url = tool_input.get("url", tool_input.get("query"))
    return Request(name, command if isinstance(command, str) else None, path, url if isinstance(url, str) else None)
