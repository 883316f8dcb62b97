"""The seed of every test that draws: the same in each run of the checks, another one with OUTRIDER_TEST_SEED."""

import os

CHOSEN = os.environ.get("OUTRIDER_TEST_SEED")
SEED = int(CHOSEN or 1)
