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
    """Whether vLLM may need a file to serve: weights, configuration, tokenizer, and code where that is allowed; never a pickle."""
    return path != MANIFEST and is_named(path, "servedFile")


def is_named(path: str, kind: str) -> bool:
    """Whether a path is of a kind of weights.json."""
    return re.fullmatch(_NAMES[kind], path) is not None


def numbered(path: str) -> tuple[str, int, int] | None:
    """Of a shard that says so in its name: what it is a shard of, its number, and how many there are."""
    found = re.fullmatch(_NAMES["numberedShard"], path)
    return found and (found[1], int(found[2]), int(found[3]))
