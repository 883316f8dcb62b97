"""Small languages given as an argument: sed and awk. Read just far enough to know that they start and write nothing."""

import re

LONGEST = 2000
# An address, then one command that neither writes nor runs; `s` with flags that do neither.
_REGEX = r"(?:/(?:[^/\\\n]|\\.)*/I?)"
_ADDRESS = rf"(?:(?:\d+(?:~\d+)?|\$|{_REGEX})(?:\s*,\s*[+~]?(?:\d+|\$|{_REGEX}))?\s*!?\s*)?"
_SUBSTITUTE = "|".join(
    rf"s{re.escape(d)}(?:[^{re.escape(d)}\\\n]|\\.)*{re.escape(d)}(?:[^{re.escape(d)}\\\n]|\\.)*{re.escape(d)}[gpiI0-9]*"
    for d in "/|#,@:%_!~"
)
_TRANSLATE = r"y/(?:[^/\\\n]|\\.)*/(?:[^/\\\n]|\\.)*/"
_TEXT = r"[aic](?:\\\n)?[^\n]*"
_SED = re.compile(
    rf"{_ADDRESS}(?:{_SUBSTITUTE}|{_TRANSLATE}|{_TEXT}|[pdqPDNnGghHx=]|q\d+)?\s*(?:[;\n]|\Z)\s*", re.DOTALL
)
_AWK_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_AWK_REGEX = re.compile(r"(?:(?<=[(,{;!~\s])|^)/(?:[^/\\\n]|\\.)+/(?=[\s){};,&]|$)")
_AWK_BAD = re.compile(r"\b(system|getline|close|fflush|ENVIRON|PROCINFO|ARGV)\b|@|(?<!\|)\|(?!\|)|\bprintf?\b[^;}\n]*>")


def sed_is_plain(script: str) -> bool:
    """Whether the sed script only prints and changes lines: no `w`, `e`, `r`, no labels, no braces with more in them."""
    if len(script) > LONGEST:
        return False
    script = re.sub(r"[{}]", ";", script) if not re.search(r"s.*[{}]|[/\\][^;]*[{}]", script) else script
    at = 0
    script = script.strip().lstrip(";")
    while at < len(script):
        match = _SED.match(script, at)
        if match is None or match.end() == at:
            return False
        at = match.end()
        while script[at : at + 1] == ";":
            at += 1
    return True


def awk_is_plain(script: str) -> bool:
    """Whether the awk program starts nothing and writes to standard output alone."""
    if len(script) > LONGEST:
        return False
    bare = _AWK_REGEX.sub("R", _AWK_STRING.sub('""', script))
    return _AWK_BAD.search(bare) is None and '"' not in bare.replace('""', "")
