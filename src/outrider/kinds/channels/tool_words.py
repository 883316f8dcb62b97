"""Other agents' tools in Claude Code's words, so that one module (`logic.tools`) says what they mean.

Names as recorded from Codex 0.169.0, Gemini CLI 0.61.0, Qwen Code 0.15.10 and OpenCode 1.18.33; the same name never means two things.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from outrider.kinds.channels.claude_payload import ToolCall, counted
from outrider.logic.tools import of_tool

NAMES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("read_file", "read_many_files", "read", "view_image", "notebook_read"), "Read"),
        **dict.fromkeys(("write_file", "write"), "Write"),
        **dict.fromkeys(("edit", "replace", "apply_patch", "patch", "multiedit", "notebook_edit"), "Edit"),
        **dict.fromkeys(("run_shell_command", "bash", "shell", "exec_command", "local_shell"), "Bash"),
        **dict.fromkeys(("grep", "grep_search", "search_file_content", "codesearch"), "Grep"),
        "glob": "Glob",
        **dict.fromkeys(("list", "ls", "list_directory", "list_dir"), "LS"),
        **dict.fromkeys(("web_fetch", "webfetch"), "WebFetch"),
        **dict.fromkeys(("web_search", "websearch", "google_web_search"), "WebSearch"),
        **dict.fromkeys(("todo_write", "todowrite", "write_todos", "update_plan"), "TodoWrite"),
        **dict.fromkeys(("ask_user", "ask_user_question", "question", "request_user_input"), "AskUserQuestion"),
        "exit_plan_mode": "ExitPlanMode",
        **dict.fromkeys(("task", "agent", "spawn_agent"), "Task"),
        "lsp": "LSP",
    }
)
_KEYS: Mapping[str, str] = MappingProxyType(
    {"filePath": "file_path", "absolute_path": "file_path", "dir_path": "path", "cmd": "command"}
)


def call_of(tool: str, tool_input: Mapping[str, object], *, owner: str = "") -> ToolCall:
    """The call of another agent's tool; it keeps the agent's own name of it."""
    name = NAMES.get(tool, tool)
    state, detail = of_tool(name, {_KEYS.get(key, key): value for key, value in tool_input.items()})
    return ToolCall(owner, tool, tool_input, state, replace(detail, tool=tool), counted(name, state))
