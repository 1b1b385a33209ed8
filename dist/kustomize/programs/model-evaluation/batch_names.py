"""Names of the files that a batch writes, by which an evaluation finds them."""

import re
from collections.abc import Iterable

PART = "part"
ERRORS = "errors"


def manifest_of(shard: int) -> str:
    return f"manifest-{shard:05d}.json"


def summary_of(shard: int) -> str:
    return f"summary-{shard:05d}.json"


def drafts_of(shard: int) -> str:
    """The folder of records that are in no file yet. A complete shard has none."""
    return f"journal-{shard:05d}"


def prefix_of(kind: str, shard: int) -> str:
    """What all files of one series begin with."""
    return f"{kind}-{shard:05d}-"


def segment_of(kind: str, shard: int, number: int) -> str:
    """One file of a series; the numbers count up from 0."""
    return f"{prefix_of(kind, shard)}{number:05d}.jsonl"


def numbers_of(names: Iterable[str], kind: str, shard: int) -> list[int]:
    """Numbers of the files of one series."""
    pattern = re.compile(rf"{prefix_of(kind, shard)}(\d{{5}})\.jsonl")
    return sorted(int(match[1]) for match in map(pattern.fullmatch, names) if match)


def segments(names: Iterable[str], kind: str) -> list[str]:
    """Files of the series of all shards."""
    return sorted(name for name in names if re.fullmatch(rf"{kind}-\d{{5}}-\d{{5}}\.jsonl", name))


def manifests(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if re.fullmatch(r"manifest-\d{5}\.json", name))
