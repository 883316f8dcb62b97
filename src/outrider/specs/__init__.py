"""Spec files: found in the folder an agent works in or named outright, followed without polling, ticked in place."""

from outrider.specs.file import Report, tick
from outrider.specs.follow import Binding, Specs

__all__ = ["Binding", "Report", "Specs", "tick"]
