"""Which channel a kind's `channel` names."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from outrider.kinds.channels import (
    claude_hooks,
    claude_transcript,
    codex_hooks,
    codex_rollout,
    gemini_chat,
    gemini_hooks,
    opencode_server,
    qwen_chat,
    qwen_hooks,
)
from outrider.kinds.channels.channel import Channel, Furnishing, Ground
from outrider.kinds.channels.opencode_voice import OpenCodeVoice
from outrider.kinds.channels.transcript import Count
from outrider.kinds.channels.voice import Voice

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        "claude": Channel(claude_hooks.ClaudeVoice, claude_hooks.furnish, transcript=claude_transcript.counted),
        "codex": Channel(
            codex_hooks.CodexVoice, codex_hooks.furnish, transcript=codex_rollout.counted, held=codex_rollout.HELD
        ),
        "gemini": Channel(
            gemini_hooks.GeminiVoice,
            gemini_hooks.furnish,
            inherited=True,
            transcript=gemini_chat.counted,
            begun=gemini_chat.begun,
        ),
        "opencode": Channel(OpenCodeVoice, opencode_server.furnish),
        "qwen": Channel(qwen_hooks.QwenVoice, qwen_hooks.furnish, inherited=True, transcript=qwen_chat.counted),
    }
)


def voice_of(channel: str) -> Voice | None:
    """An ear for one agent; None where the kind has no channel of that name."""
    known = CHANNELS.get(channel)
    return known.voice() if known is not None else None


def inherited(channel: str) -> bool:
    """Whether what such an agent starts has its hooks, too."""
    known = CHANNELS.get(channel)
    return known is not None and known.inherited


def transcript_of(channel: str) -> Count | None:
    """How the file is read in which it writes its conversation down; None where nothing is known of one."""
    known = CHANNELS.get(channel)
    return known.transcript if known is not None else None


def held_by(channel: str) -> re.Pattern[str] | None:
    """The path of the transcript that such an agent keeps open; None where it keeps none open."""
    known = CHANNELS.get(channel)
    return known.held if known is not None else None


def begun_by(channel: str) -> Callable[[Path, str, int], Path | None] | None:
    """How the transcript is found that such an agent began when it was started; None where nothing tells it apart."""
    known = CHANNELS.get(channel)
    return known.begun if known is not None else None


def furnish(channel: str, ground: Ground) -> Furnishing:
    """What a spawn needs; nothing where the kind has no channel."""
    known = CHANNELS.get(channel)
    return known.furnish(ground) if known is not None else Furnishing()
