"""Telling everybody what was journalled."""
