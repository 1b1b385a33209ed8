"""Makes a tiny model as slow as a large one, the same on every machine: --logits-processors=paced:Paced."""

import time

from vllm.v1.sample.logits_processor import LogitsProcessor

SECONDS_A_TOKEN = 0.1


class Paced(LogitsProcessor):
    def __init__(self, vllm_config, device, is_pin_memory):
        pass

    def is_argmax_invariant(self):
        # otherwise it would be left out when nothing is sampled at random
        return False

    def update_state(self, batch_update):
        pass

    def apply(self, logits):
        time.sleep(SECONDS_A_TOKEN)
        return logits
