"""What a tool call means: the exact state of an agent that runs it, and what to tell a person about it.

Claude Code's names of tools; a shell command is judged by the programs it starts (`logic.programs`), also behind
`cd x &&`, wrappers, `bash -c` and interpreters. Total on any input.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from outrider.logic import programs, wrappers
from outrider.logic.shell import simple_commands
from outrider.model.state import Detail, State

LIMIT = 20_000  # characters of a command line that are looked at; here-documents can be whole files
_NESTING = 6  # wrappers within wrappers
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")
_PARTS = re.compile(r"[^A-Za-z0-9]+")
_VERSIONED = re.compile(r"(python|pip|php|ruby|node|lua|perl)[\d.]+")
_SCRIPT_PARTS = frozenset({"test", "tests", "check", "checks", "lint", "spec", "specs", "typecheck", "e2e", "selftest"})

TOOLS: Mapping[str, State] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "Read",
                "Grep",
                "Glob",
                "LS",
                "WebFetch",
                "WebSearch",
                "NotebookRead",
                "BashOutput",
                "TaskOutput",
                "TaskGet",
            ),
            State.READING,
        ),
        **dict.fromkeys(
            ("ToolSearch", "ListMcpResources", "ReadMcpResource", "ListMcpResourcesTool", "ReadMcpResourceTool", "LSP"),
            State.READING,
        ),
        **dict.fromkeys(("AskUserQuestion", "ExitPlanMode"), State.WAITING),
    }
)
_READING_VERBS = frozenset(
    {"get", "list", "read", "search", "find", "fetch", "query", "view"}
    | {"show", "describe", "lookup", "inspect", "browse", "resolve", "explain", "snapshot"}
)
_TESTING_VERBS = frozenset({"test", "tests", "lint", "diagnostics", "typecheck"})
# Where tools name the file they work on, first found wins.
_FILE_KEYS = ("file_path", "notebook_path", "path", "url", "pattern", "query")


def of_command(command: str) -> State:
    """TESTING, READING or WORKING: the strongest of what the command line starts, a test before work before reading."""
    return _of_line(command, _NESTING) or State.WORKING


def of_tool(tool: str, tool_input: Mapping[str, object]) -> tuple[State, Detail]:
    """The state of an agent that runs this tool, and what it works on."""
    if tool in {"AskUserQuestion", "ExitPlanMode"}:
        return State.WAITING, _asked(tool, tool_input)
    command = _text(tool_input.get("command"))
    if tool in {"Bash", "PowerShell", "Monitor"}:
        return of_command(command or ""), Detail(tool=tool, command=command)
    file = next((text for key in _FILE_KEYS if (text := _text(tool_input.get(key)))), None)
    detail = Detail(tool=tool, command=command, file=file, message=_text(tool_input.get("description")))
    if tool.startswith("mcp__"):
        return _of_mcp(tool), detail
    return TOOLS.get(tool, State.WORKING), detail


def _asked(tool: str, tool_input: Mapping[str, object]) -> Detail:
    """The question and the options that stand before a person."""
    if tool == "ExitPlanMode":
        return Detail(tool=tool, question="Proceed with this plan?", message=_text(tool_input.get("plan")))
    questions = tool_input.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else tool_input
    if not isinstance(first, Mapping):
        return Detail(tool=tool)
    options = first.get("options")
    labels = tuple(
        label
        for option in (options if isinstance(options, list) else ())
        if (label := _text(option.get("label") if isinstance(option, Mapping) else option))
    )
    return Detail(tool=tool, question=_text(first.get("question")), options=labels)


def _of_mcp(tool: str) -> State:
    """By the verb in the tool's own name (`mcp__server__list_issues`); camel case is words too."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tool.rsplit("__", 1)[-1])
    parts = {part.lower() for part in _PARTS.split(name)}
    if parts & _TESTING_VERBS:
        return State.TESTING
    return State.READING if parts & _READING_VERBS else State.WORKING


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _of_line(line: str, depth: int) -> State | None:
    found: set[State] = set()
    for simple in simple_commands(line[:LIMIT]):
        state = _of_words(simple.words, depth)
        if simple.writes and state is not State.TESTING:
            state = State.WORKING
        if state is not None:
            found.add(state)
    return next((state for state in (State.TESTING, State.WORKING, State.READING) if state in found), None)


def _of_words(words: Sequence[str], depth: int) -> State | None:
    """The state of one simple command; None where it neither reads nor makes anything."""
    start = 0
    while start < len(words) and (words[start] in programs.KEYWORDS or _ASSIGNMENT.match(words[start])):
        start += 1
    if start == len(words):
        return None
    if depth == 0:
        return State.WORKING
    name, arguments = words[start], words[start + 1 :]
    program = _program(name)
    if program in programs.NEUTRAL or program.startswith("-"):
        return None
    if program == "eval":
        return _of_line(" ".join(arguments), depth - 1)
    if program in programs.SHELLS:
        return _of_shell(program, arguments, depth)
    if _tests(name, program, arguments) or (program == "find" and _of_found(arguments, depth) is State.TESTING):
        return State.TESTING
    if (wrapper := wrappers.WRAPPERS.get(program)) and (inner := _inner(wrapper, arguments)) is not None:
        if inner and " " in inner[0]:  # `ssh host 'cd x && make'`, `script -c 'cd x && make' log`
            return _of_line(inner[0], depth - 1)
        return _of_words(inner, depth - 1) if inner else wrapper.bare
    if program in {"yarn", "pnpm"} and (binary := _positionals(program, arguments)) and binary[0] in programs.TESTERS:
        return State.TESTING
    return State.READING if _reads(program, arguments, depth) else State.WORKING


def _program(name: str) -> str:
    base = name.rsplit("/", 1)[-1].removesuffix(".exe")
    versioned = _VERSIONED.fullmatch(base)
    return versioned[1] if versioned else base


def _of_shell(program: str, arguments: Sequence[str], depth: int) -> State | None:
    """`bash -lc '…'` is what the text starts, `bash script.sh` what the script's name says."""
    for at, word in enumerate(arguments):
        if re.fullmatch(r"-[a-z]*c[a-z]*", word):
            return _of_line(" ".join(arguments[at + 1 : at + 2]), depth - 1)
        if not word.startswith(("-", "+")):
            return State.TESTING if _is_check_script(word) else State.WORKING
    return State.TESTING if _flagged(program, arguments) else State.WORKING


def _inner(wrapper: wrappers.Wrapper, arguments: Sequence[str]) -> Sequence[str] | None:
    """The command that the wrapper starts, empty where it names none; None where it is not used as a wrapper."""
    at = _skip_options(arguments, 0, wrapper.values)
    if wrapper.verbs:
        for length in (2, 1):
            if " ".join(arguments[at : at + length]) in wrapper.verbs:
                at = _skip_options(arguments, at + length, wrapper.values)
                break
        else:
            return None
    for _ in range(wrapper.skip):
        at = _skip_options(arguments, at + 1, wrapper.values)
    return arguments[at:]


def _skip_options(arguments: Sequence[str], at: int, values: frozenset[str]) -> int:
    while at < len(arguments) and arguments[at].startswith(("-", "+")):
        if arguments[at] == "--":
            return at + 1
        at += 2 if arguments[at] in values else 1
    return at


def _positionals(program: str, arguments: Sequence[str]) -> tuple[str, ...]:
    values = programs.VALUES.get(program, frozenset())
    found: list[str] = []
    at = 0
    while (at := _skip_options(arguments, at, values)) < len(arguments):
        found.append(arguments[at])
        at += 1
    return tuple(found)


def _tests(name: str, program: str, arguments: Sequence[str]) -> bool:
    if program in programs.TESTERS:
        return not _only_asks(arguments)
    if _flagged(program, arguments):
        return True
    words = _positionals(program, arguments)
    if _is_verb(words, programs.TEST_VERBS.get(program, frozenset())):
        return True
    if program in programs.TASK_RUNNERS:
        return _runs_check(words)
    return ("/" in name or "." in name) and _is_check_script(program)


def _is_verb(words: Sequence[str], verbs: frozenset[str]) -> bool:
    """Whether the first word, or the first two, are among a program's verbs."""
    return " ".join(words[:1]) in verbs or " ".join(words[:2]) in verbs


def _only_asks(arguments: Sequence[str]) -> bool:
    return len(arguments) == 1 and arguments[0] in {"--version", "--help", "-h", "-V"}


def _flagged(program: str, arguments: Sequence[str]) -> bool:
    flag = programs.CHECK_FLAGS.get(program)
    return flag is not None and any(flag.fullmatch(word) for word in arguments)


def _runs_check(words: Sequence[str]) -> bool:
    """Whether a task runner's targets include a check; what follows a script's name is the script's."""
    targets = [word for word in words if word not in programs.RUNNER_VERBS]
    if not targets or targets[0] in programs.NOT_TARGETS:
        return False
    return any(not word.startswith((".", "/")) and _names_check(word) for word in targets)


def _names_check(target: str) -> bool:
    parts = [part.lower() for part in _PARTS.split(target)]
    return parts[0] not in programs.PREPARES and not programs.CHECK_PARTS.isdisjoint(parts)


def _is_check_script(path: str) -> bool:
    """`./run_tests.sh`, `tests/test_parser.py`, `scripts/lint`: by the parts of the base name."""
    base = path.rsplit("/", 1)[-1]
    return bool(_SCRIPT_PARTS & {part.lower() for part in _PARTS.split(base)})


def _reads(program: str, arguments: Sequence[str], depth: int) -> bool:
    if _only_asks(arguments):
        return True
    if program in programs.READERS:
        flag = programs.WRITE_FLAGS.get(program)
        if flag is not None and any(flag.fullmatch(word) for word in arguments):
            return False
        return program != "find" or _of_found(arguments, depth) is not State.WORKING
    words = _positionals(program, arguments) or tuple(arguments)
    verbs = programs.READ_VERBS.get(program, frozenset())
    if _is_verb(words, verbs):
        return True
    return len(words) == 1 and words[0] in programs.LISTS_ALONE.get(program, frozenset())


def _of_found(arguments: Sequence[str], depth: int) -> State | None:
    """What `find` starts on what it finds."""
    for at, word in enumerate(arguments):
        if word in {"-exec", "-execdir", "-ok", "-okdir"}:
            return _of_words(arguments[at + 1 :], depth - 1)
    return None
