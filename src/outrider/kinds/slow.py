"""Whether a regular expression can hurt: a rule that backtracks without end would stop the whole daemon.

Each pattern is run on texts that are made of its own letters and grow step by step, and is refused at the first step that
takes too long. The steps are small: what a catastrophic one takes is multiplied with every few letters, and one that is just
fast enough at one step must not last for ever at the next.
"""

import re
import time

LIMIT_S = 0.02
MOST_LETTERS = 5000
STEPS = (*range(12, 64), *(round(64 * 1.1**step) for step in range(46)), MOST_LETTERS)
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
