"""Outrider runs, watches and steers AI coding agents that live in tmux."""

__version__ = "0.1.0"
