"""Files with one JSON object a line."""

import json
from collections.abc import Iterator
from typing import Any

from exits import DATA
from job import EndError

# An answer of a batch has at most 64 MiB, and some escapes.
LONGEST_LINE_BYTES = 80 * 2**20


class SenselessError(EndError):
    """Labels or predictions that no figure can be computed from."""

    code = DATA


def rows(path: str, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each row stands, and the row."""
    with open(path, "rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE_BYTES + 1), b""), 1):
            if len(line) > LONGEST_LINE_BYTES:
                raise SenselessError(f"{what} {path}, line {number}: more than {LONGEST_LINE_BYTES >> 20} MiB")
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError):
                raise SenselessError(f"{what} {path}, line {number}: no JSON") from None
            if not isinstance(row, dict):
                raise SenselessError(f"{what} {path}, line {number}: no JSON object")
            yield f"{what} {path}, line {number}", row
