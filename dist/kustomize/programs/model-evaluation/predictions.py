"""The records that a batch wrote, and whether it is complete."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from batch_names import ERRORS, PART, manifests, segments, summary_of
from exits import TEMPORARY
from job import EndError, say
from rows import SenselessError, rows

SAID_EVERY_SECONDS = 60.0


class IncompleteError(EndError):
    """The batch has not written everything."""

    code = TEMPORARY


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the first choice of a chat or a completion says."""

    where: str
    custom_id: str
    text: str
    """Empty when the choice has none."""
    cut: bool
    """Whether it was cut off at the most tokens that it may have."""


def prediction_of(where: str, row: dict[str, Any]) -> Prediction:
    custom_id = row.get("custom_id")
    if not isinstance(custom_id, str):
        raise SenselessError(f"{where}: no custom_id")
    try:
        choice = row["response"]["body"]["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        cut = choice.get("finish_reason") == "length"
    except (KeyError, IndexError, TypeError, AttributeError):
        raise SenselessError(f"{where}: no answer of a chat or a completion") from None
    return Prediction(where, custom_id, text if isinstance(text, str) else "", cut)


def missing_shards(folder: str) -> str | None:
    """What the batch has not written yet; None when it is complete."""
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return f"there is no folder {folder}"
    found = manifests(names)
    if not found:
        return f"there is no batch in {folder}"
    try:
        with open(os.path.join(folder, found[0]), encoding="utf-8") as file:
            shards = int(json.load(file)["completions"])
    except (ValueError, KeyError, TypeError):
        raise SenselessError(f"{found[0]} in {folder} cannot be read") from None
    missing = [shard for shard in range(shards) if summary_of(shard) not in names]
    return f"{len(missing)} of {shards} shards are not complete: {', '.join(map(str, missing[:10]))}" if missing else None


def wait_for(folder: str, seconds: float) -> None:
    """Returns when the batch is complete. Raises IncompleteError when that takes more seconds."""
    end, said = time.monotonic() + seconds, -SAID_EVERY_SECONDS
    while (missing := missing_shards(folder)) is not None:
        left = end - time.monotonic()
        if left <= 0:
            raise IncompleteError(f"the batch is not complete: {missing}")
        if time.monotonic() - said >= SAID_EVERY_SECONDS:
            said = time.monotonic()
            say(f"waiting for the batch, {left:.0f} s at most: {missing}")
        time.sleep(min(5.0, left))


def predictions(folder: str) -> Iterator[Prediction]:
    return (prediction_of(where, row) for where, row in records(folder, PART))


def failed(folder: str) -> Iterator[str]:
    """The custom_ids of requests that have no answer."""
    ids = (row.get("custom_id") for _, row in records(folder, ERRORS))
    return (custom_id for custom_id in ids if isinstance(custom_id, str))


def records(folder: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each record stands, and the record."""
    for name in segments(os.listdir(folder), kind):
        yield from rows(os.path.join(folder, name), "predictions")
