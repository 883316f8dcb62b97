"""Secrets in text: what looks like a key, a token or a password is blanked, the rest stays as it is.

By pattern, so it finds what is written as secrets are: the forms that services give their keys, what stands behind a flag or a name
that says so, credentials in addresses, private keys. A password that stands in a sentence without a word of it is not found.
"""

import re
from collections.abc import Mapping, Sequence

BLANK = "[redacted]"

_NAME = r"(?:[\w.-]{0,40}(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|passphrase|pwd|credentials?|private[_-]?key))"
_VALUE = r"""(?:"[^"\n]+"|'[^'\n]+'|[^\s"',;&|)}\]]+)"""

# Forms of keys that say by themselves what they are; each group is what stays.
_FORMS = re.compile(
    r"""
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | \bsk-[A-Za-z0-9_-]{8,}                       # OpenAI, Anthropic, OpenRouter
    | \b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}
    | \bglpat-[\w-]{16,}
    | \bxox[abeoprs]-[\w-]{8,}                     # Slack
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                # AWS
    | \bAIza[\w-]{30,}                             # Google
    | \bya29\.[\w-]{20,}
    | \b(?:npm|hf|pypi|dop_v1|shpat|sk_live|rk_live)[_-][A-Za-z0-9_-]{16,}
    | \b\d{8,10}:AA[\w-]{30,}                      # Telegram's bots
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*            # JSON web tokens
    """,
    re.VERBOSE | re.DOTALL,
)
# What goes before a secret and stays.
_BEHIND = re.compile(
    rf"""(?ix)
    ( \bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+ | \bbearer\s+(?=[\w.~+/-]{{12}}) ) [^\s"',;]+
    | ( --?{_NAME}[=\s]\s* | \b{_NAME}["']?\s*[:=]\s* ) (?!\[redacted\]) {_VALUE}
    | ( \b[a-z][a-z0-9+.-]{{0,20}}://[^\s/:@]{{0,100}}: ) [^\s/@]{{1,200}} (?=@)
    """
)
_KEY = re.compile(rf"(?i)^{_NAME}$")
_FLAG = re.compile(rf"(?i)^--?{_NAME}$")


def redacted(text: str) -> str:
    """The text with every secret that is found in it blanked."""
    return _BEHIND.sub(lambda found: (found[1] or found[2] or found[3]) + BLANK, _FORMS.sub(BLANK, text))


def cleaned(value: object) -> object:
    """A JSON-shaped value with the secrets in its texts blanked; what stands under a name such as `token` or behind such a flag, whole."""
    match value:
        case str():
            return redacted(value)
        case Mapping():
            return {
                str(key): BLANK if isinstance(each, str) and each and _KEY.match(str(key)) else cleaned(each)
                for key, each in value.items()
            }
        case Sequence():
            return [
                BLANK if behind and isinstance(each, str) else cleaned(each)
                for behind, each in zip([False, *map(_is_flag, value)], value, strict=False)
            ]
        case _:
            return value


def _is_flag(value: object) -> bool:
    return isinstance(value, str) and bool(_FLAG.match(value))
