"""Whether a regular expression can hurt: a rule that backtracks without end would stop the whole daemon.

Each pattern is run on texts that are made of its own letters and grow step by step, and is refused at the first step that
takes too long. A catastrophic one is found while the texts are still short, so the test itself never hangs for long.
"""

import re
import time

LIMIT_S = 0.02
STEPS = (12, 18, 22, 26, 60, 200, 1000, 5000)
LETTERS = re.compile(r"[A-Za-z0-9]|[^\x00-\x7f]|(?<=\\)[.*+?()\[\]|$^]")
ESCAPES = re.compile(r"\\[AbBdDsSwWZnrtxu]")
ALWAYS = ("a", " ", "─", "1", "a ", " \n", "  x\n", "● a\n", "a (")
MOST = 10


def is_slow(pattern: re.Pattern[str]) -> bool:
    """Whether a search takes over 20 ms of CPU on a text of at most 5,000 characters."""
    own = dict.fromkeys(LETTERS.findall(ESCAPES.sub("", pattern.pattern)))
    for unit in [*list(own)[:MOST], *ALWAYS]:
        for size in STEPS:
            text = (unit * (size // len(unit) + 1))[:size] + "\x00"
            began = time.thread_time()
            pattern.search(text)
            if time.thread_time() - began > LIMIT_S and _again(pattern, text):
                return True
    return False


def _again(pattern: re.Pattern[str], text: str) -> bool:
    """A second look: caches were cold at the first."""
    began = time.thread_time()
    pattern.search(text)
    return time.thread_time() - began > LIMIT_S
