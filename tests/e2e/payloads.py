"""Texts that typing gets wrong: what tools before us lost, doubled, ran as commands or took for keys."""

from collections.abc import Mapping

SPECIAL = (
    "Line one \"double\" 'single' $HOME $(id) `backtick` \\ back\nLine two: ñ 漢字 🚀 é – “quotes”\n"
    "\ttabbed line\n- item; a & b | c <tag> %s {x} !bang #hash ~tilde;\n\nLast line after a blank"
)
LONG = " ".join(f"w{number:04d}" for number in range(850))
LINES = "\n".join(f"{number:03d}: the quick brown fox jumps over it 'x' $y" for number in range(100))

# The fourteen that real agents were measured with.
FOURTEEN: Mapping[str, str] = {
    "plain": "please say hello to the world",
    "question": "How does the evaluator work?",
    "special": SPECIAL,
    "long line": LONG,
    "many lines": LINES,
    "slash path": "/tmp/x is a path, please explain it",
    "slash word": "/foo bar is not a command",
    "bang": "!important: do not delete anything",
    "hash": "# Heading first\nthen a body",
    "at": "@README.md explain this file",
    "question mark": "?why is that",
    "backslash": "ends with a backslash \\",
    "outer blanks": "  indented start and trailing  ",
    "words": "type exit or quit then y",
}
MORE: Mapping[str, str] = {
    "tabs": "def f():\n\treturn\t1\n\t\tnested",
    "line ends": "one\r\ntwo\r\n\r\nthree",
    "wide": "漢字かな交じり文 👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 ﷺ \u202bעברית\u202c — “„‚‘”…",
    "quotes": """"'`´"' '"'"' $(echo no) `echo no` \\" \\' \\\\ %d {{x}} #{pane_id} ~ ^C \\x1b[201~ \\n""",
    "semicolon": "ends with a semicolon;",
    "key name": "Enter",
    "dashes": "-l -- --help",
    "bullets": "- one\n- two\n  - three\n\n1. four\n2. five\n",
    "slash later": "first line\n/clear\n!ls\n@README.md\n#four",
    "two backslashes": "C:\\dir\\\\",
    "10 kB": "\n".join(f"{number:04d} " + "lorem ipsum dolor sit amet " * 3 for number in range(116)),
    "10 kB line": " ".join(f"v{number:04d}" for number in range(1700)),
    "100 kB": "\n".join(f"{number:04d} " + "the quick brown fox jumps over " * 3 for number in range(1020)),
}
ALL: Mapping[str, str] = {**FOURTEEN, **MORE}
REFUSED: Mapping[str, str] = {
    "paste end": "before \x1b[201~ after\n/exit",
    "interrupt": "stop \x03 it",
    "nothing": " \n ",
}
"""What would be keys, not text: refused before it is queued."""
