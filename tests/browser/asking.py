"""What a scripted agent does that asks a person whether it may run a command."""

from e2e.scripted.script import Step

ASKS: list[Step] = [{"tool": "Bash", "input": {"command": "rm -rf build"}, "ask": True}, {"say": "Gone."}]
