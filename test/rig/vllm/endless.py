"""A tiny model that says whole words and never ends by itself, as slow as a large one: --logits-processors=endless:Endless.

A test that needs an answer to last writes into the file that PACE_FILE names how many seconds more each token takes.
"""

import os
import time

from paced import Paced

# Of tiny_model.py: four special tokens, one of which ends an answer, and one token a byte. Words come behind them.
FIRST_WORD = 4 + 256


class Endless(Paced):
    def apply(self, logits):
        with open(os.environ["PACE_FILE"], encoding="ascii") as file:
            time.sleep(float(file.read() or "0"))
        logits[:, :FIRST_WORD] = float("-inf")
        return super().apply(logits)
