"""The records of one shard, written so that a killed run goes on where it stopped.

A record counts once its commit has returned: by then a small file with it is closed. Several records make one commit, because every file
of a bucket takes its time. When there are enough commits, at the end of a run and where an earlier one was killed while it did so, they
are joined into the next file of each series, and then removed. At every moment a record stands in a file of a series, in a commit, or in
both: then a commit is one whose files of the series are there, and only waits for its removal.

Two processes that write the same shard are told apart by the numbers of the commits, of which each of them wants the next one. The files
of a series follow from the commits that they are made of, so it does not matter who of them writes these.
"""

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass
from itertools import chain
from typing import IO, Any

from batch_names import ERRORS, PART, drafts_of, manifest_of, manifests, prefix_of, segment_of, summary_of
from commits import Commits, commits_in, remove
from damage import DamagedError, TakenError
from folder import Folder
from series import Series


@dataclass(frozen=True)
class Manifest:
    """What the records are of. Only a run of the same goes on with them."""

    input_sha256: str
    model: str
    revision: str | None
    parameters: dict[str, Any]
    completions: int


def line_of(record: dict[str, Any]) -> bytes:
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except UnicodeEncodeError:
        # Half a surrogate pair, as a model may write it: it stays an escape
        return json.dumps(record, allow_nan=False).encode() + b"\n"


def json_of(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def number_and_code(where: str, line: bytes) -> tuple[int, str | None]:
    """Of the line of the input that a record is about; without a code it is an answer."""
    try:
        record = json.loads(line)
        error = record["error"]
        return int(str(record["id"]).removeprefix("batch_req_")), None if error is None else str(error["code"])
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"{where} is no record of a batch") from None


class Journal:
    """Holds the shard's folder until the process ends."""

    def __init__(self, folder: str, shard: int, manifest: Manifest) -> None:
        self._folder, self._shard = Folder(folder), shard
        self._refuse_other_runs(asdict(manifest))
        self._drafts = Folder(os.path.join(folder, drafts_of(shard)))
        self._lock = self._claim(asdict(manifest))
        self._commits = self._row()

    def _refuse_other_runs(self, given: dict[str, Any]) -> None:
        for name in manifests(self._folder.names()):
            there = self._manifest(name)
            other = [f"{key} is {json.dumps(given.get(key))} and was {json.dumps(there.get(key))}"
                     for key in sorted({*given, *there}) if given.get(key) != there.get(key)]
            if other:
                raise DamagedError(f"{self._folder.path} holds records of another run ({name}): {'; '.join(other)}")

    def _manifest(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self._folder.read(name)))
        except (ValueError, TypeError):
            raise DamagedError(f"{self._folder.path}/{name} cannot be read") from None

    def _claim(self, given: dict[str, Any]) -> IO[bytes]:
        """The own manifest, locked."""
        own = manifest_of(self._shard)
        if not self._folder.has(own):
            records = tuple(prefix_of(kind, self._shard) for kind in (PART, ERRORS))
            if commits_in(self._drafts) or any(name.startswith(records) for name in self._folder.names()):
                raise DamagedError(f"{self._folder.path} holds records, and {own} is missing, which says what they are of")
            self._folder.put_whole(own, json_of(given), self._drafts)
        # On the same machine only: Cloud Storage FUSE knows no locks between mounts.
        lock = open(os.path.join(self._folder.path, own), "rb")  # noqa: SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TakenError(f"another process works on shard {self._shard} in {self._folder.path}") from None
        return lock

    def _row(self) -> Commits:
        """The commits that are still to be joined. What is there of others has been."""
        # In this order: whoever joins writes the file first, and removes the commits then.
        there = commits_in(self._drafts)
        numbers = {number for series in self._series() for number in series.numbers}
        for joined in there.keys() & set(self._series()[-1].numbers):
            remove(self._drafts, joined, there.pop(joined))
        number = min(there, default=max(numbers, default=-1) + 1)
        for wanted in range(max([number, *there, *numbers])):
            if wanted == number or wanted not in numbers:
                raise DamagedError(f"{self._folder.path}/{segment_of(PART, self._shard, wanted)} is missing, and later records are there")
        return self._next(there.get(number, set()), number)

    def _next(self, there: set[int], number: int) -> Commits:
        return Commits(self._drafts, number, there, lambda: self._folder.has(segment_of(PART, self._shard, number)))

    def _series(self) -> list[Series]:
        return [Series(self._folder.path, kind, self._shard) for kind in (ERRORS, PART)]

    def read(self) -> dict[int, str | None]:
        """The lines of the input that have their record, with the code of the error if it is one."""
        done: dict[int, str | None] = {}
        # Errors whose answers are missing yet are in the commits as well
        for where, line in chain(*(series.read(self._commits.number) for series in self._series()), self._commits.read()):
            number, code = number_and_code(where, line)
            if number in done:
                raise DamagedError(f"{where}: line {number} of the input has a second record")
            done[number] = code
        if self._commits.closed:
            self.join()
        return done

    def commit(self, records: list[dict[str, Any]]) -> None:
        """Returns when they are on the disk, or in the bucket."""
        self._commits.add(b"".join(map(line_of, records)))

    def join_full(self) -> None:
        """Bounds what a start has to look through. Nothing that is committed waits for it."""
        if self._commits.full:
            self.join()

    def join(self) -> None:
        """Makes files of the series of all commits."""
        if self._commits.empty:
            return
        self._commits.close()
        contents = {ERRORS: bytearray(), PART: bytearray()}
        for where, line in self._commits.read():
            _, code = number_and_code(where, line)
            contents[PART if code is None else ERRORS] += line
        # The answers last, even if there are none: with their file all is there
        for kind, content in contents.items():
            if content or kind == PART:
                self._folder.put_whole(segment_of(kind, self._shard, self._commits.number), content, self._drafts)
        self._commits.remove()
        self._commits = self._next(set(), self._commits.number + 1)

    def finish(self, summary: dict[str, Any]) -> None:
        self.join()
        self._folder.put_whole(summary_of(self._shard), json_of(summary), self._drafts)
        # What somebody else may have left there is no record any more
        with contextlib.suppress(OSError):
            os.rmdir(self._drafts.path)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._lock.close()
        self._drafts.close()
        self._folder.close()
