"""What each real agent needs in its HOME and environment so that it asks nothing at its start and its model is the scripted one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

KEY = "sk-fake"
CODEX = """
model = "gpt-5-codex"
model_provider = "scripted"
check_for_update_on_startup = false
[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
env_key = "CODEX_API_KEY"
wire_api = "responses"
request_max_retries = 2
stream_max_retries = 2
[projects."{project}"]
trust_level = "trusted"
"""


@dataclass(frozen=True)
class Stay:
    """`files` for the HOME by their path in it, what to `export`, and `words` for the command line."""

    files: Mapping[str, object] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def claude(
    url: str, project: Path, *, onboarded: bool = True, trusted: bool = True, bypass_accepted: bool = True
) -> Stay:
    """Claude Code; the dialogs of a first start come where one of them is not done."""
    state = {
        "hasCompletedOnboarding": True,
        "customApiKeyResponses": {"approved": [KEY] if onboarded else [], "rejected": []},
        "projects": {str(project): {"hasTrustDialogAccepted": trusted, "projectOnboardingSeenCount": 1}},
        "bypassPermissionsModeAccepted": bypass_accepted,
    }
    exports = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "2",
        "IS_SANDBOX": "1",
    }
    return Stay({".claude.json": state}, exports)


def codex(url: str, project: Path) -> Stay:
    """Codex; without its daemon, which outlives the pane."""
    text = CODEX.format(url=url, project=project)
    return Stay({".codex/config.toml": text}, {"CODEX_API_KEY": KEY})


def gemini(url: str, project: Path) -> Stay:
    """Gemini CLI."""
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True},
        "privacy": {"usageStatisticsEnabled": False},
        "ui": {"dynamicWindowTitle": True, "showStatusInTitle": True},
    }
    files = {".gemini/settings.json": settings, ".gemini/trustedFolders.json": {str(project): "TRUST_FOLDER"}}
    return Stay(files, {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_CLI_TRUST_WORKSPACE": "true"})


def opencode(url: str, project: Path) -> Stay:
    """OpenCode."""
    limits = {"context": 128000, "output": 8000}
    model = {"name": "Scripted Model", "tool_call": True, "reasoning": True, "limit": limits}
    options = {"baseURL": f"{url}/v1", "apiKey": KEY}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Scripted", "options": options, "models": {"model": model}}
    settings = {
        "autoupdate": False,
        "share": "disabled",
        "permission": {"edit": "ask", "bash": {"*": "ask", "pytest *": "allow"}},
        "model": "scripted/model",
        "small_model": "scripted/model",
        "provider": {"scripted": provider},
    }
    names = ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD")
    return Stay({".config/opencode/opencode.json": settings}, {f"OPENCODE_DISABLE_{name}": "1" for name in names})


def qwen(url: str, project: Path) -> Stay:
    """Qwen Code."""
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
    }
    exports = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "scripted"}
    return Stay({".qwen/settings.json": settings}, exports)


def pi(url: str, project: Path) -> Stay:
    """pi."""
    cost = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}
    model = {"id": "scripted", "name": "Scripted", "reasoning": True, "input": ["text"], "cost": cost}
    where = {"baseUrl": f"{url}/v1", "api": "openai-completions", "apiKey": KEY}
    models = [model | {"contextWindow": 128000, "maxTokens": 8000}]
    files = {
        ".pi/agent/models.json": {"providers": {"scripted": {**where, "models": models}}},
        ".pi/agent/settings.json": {"defaultProvider": "scripted", "defaultModel": "scripted"},
    }
    return Stay(files, {"PI_OFFLINE": "1"})


def aider(url: str, project: Path) -> Stay:
    """aider."""
    exports = {"OPENAI_API_KEY": KEY, "OPENAI_API_BASE": f"{url}/v1", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    switches = "no-git no-show-model-warnings no-check-update analytics-disable no-show-release-notes no-auto-commits"
    words = ("--model", "openai/scripted", "--edit-format", "diff", *(f"--{switch}" for switch in switches.split(" ")))
    return Stay({}, exports, words)


STAYS: Mapping[str, Callable[[str, Path], Stay]] = {
    "claude": claude,
    "codex": codex,
    "gemini": gemini,
    "opencode": opencode,
    "qwen": qwen,
    "pi": pi,
    "aider": aider,
}


def furnish(home: Path, stay: Stay) -> None:
    """Writes its files into the HOME."""
    for name, content in stay.files.items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
