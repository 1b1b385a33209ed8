"""A tiny model that says whole words and never ends by itself, as slow as a large one: --logits-processors=endless:Endless."""

from paced import Paced

# Of tiny_model.py: four special tokens, one of which ends an answer, and one token a byte. Words come behind them.
FIRST_WORD = 4 + 256


class Endless(Paced):
    def apply(self, logits):
        logits[:, :FIRST_WORD] = float("-inf")
        return super().apply(logits)
