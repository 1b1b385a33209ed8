"""Names that weights are known by: their marker, their manifest, and the files that a server needs. weights.json tells the constructs."""

import json
import os
import re

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights.json"), encoding="utf-8") as _file:
    _NAMES: dict[str, str] = json.load(_file)

MANIFEST = _NAMES["manifest"]
MARKER = _NAMES["marker"]


def marker_of(revision: str) -> str:
    """Name of the empty file that is written last: with it the weights of that revision are complete."""
    return MARKER + revision


def is_served(path: str) -> bool:
    """Whether vLLM needs a file to serve: weights, configuration, tokenizer; at the root only, never a pickle, never code."""
    return path != MANIFEST and re.fullmatch(_NAMES["servedFile"], path) is not None
