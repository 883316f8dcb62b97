"""Text as SQLite takes it."""


def storable(text: str) -> str:
    """The text, with what is no Unicode in it replaced: panes and names of files may hold such, and no record must fail for that."""
    return text.encode("utf-8", "replace").decode()
