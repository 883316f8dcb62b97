"""A small terminal program that behaves like Claude Code 2.1.197 and follows a script; only the standard library."""
