"""One series of files of a shard, `part-00000-00000.jsonl` and so on: shard, then a number that counts up."""

import os
from collections.abc import Iterator

from batch_names import numbers_of, segment_of
from damage import DamagedError


class Series:
    """Its files are written as a whole and never touched again."""

    def __init__(self, folder: str, kind: str, shard: int) -> None:
        self._folder, self._kind, self._shard = folder, kind, shard
        self.numbers = numbers_of(os.listdir(folder), kind, shard)

    def read(self, below: int) -> Iterator[tuple[str, bytes]]:
        """Where each line stands, and the line.

        Release 0.1 appended to the last file, so that it may end in half a line, which is cut off.
        """
        for number in filter(below.__gt__, self.numbers):
            path, at = os.path.join(self._folder, segment_of(self._kind, self._shard, number)), 0
            with open(path, "rb") as file:
                for count, line in enumerate(file, 1):
                    if not line.endswith(b"\n"):
                        break
                    at += len(line)
                    yield f"{path}, line {count}", line
                torn = os.fstat(file.fileno()).st_size > at
            if torn and number != self.numbers[-1]:
                raise DamagedError(f"{path} ends in mid-line")
            if torn:
                with open(path, "r+b") as file:
                    file.truncate(at)
                    os.fsync(file.fileno())
