"""The records of one shard, written so that a killed run goes on where it stopped.

A record counts once its commit has returned: the file was opened, appended to, synced and closed. On Cloud Storage FUSE an object is
certain to be in the bucket only after the close, because a sync does not finish an object that is streamed; what is appended is
uploaded, and the object is exchanged as a whole or not at all. Changing it means reading it again, so records go into files of a few
MiB each; a full one is never touched again. Several records make one commit, because an object takes one write a second.
https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md, https://cloud.google.com/storage/quotas#objects

A process that dies in mid-write may leave half a line: the next one cuts it off. Two processes that write the same shard are told
apart by the size of the file, which each of them knows: the slower one stops.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

from batch_names import ERRORS, PART, manifest_of, manifests, numbers_of, prefix_of, segment_of, summary_of
from exits import CONFIGURATION, TEMPORARY
from job import EndError

SEGMENT_BYTES = 8 * 2**20


class DamagedError(EndError):
    """The folder holds what this run cannot have written."""

    code = CONFIGURATION
    advice = "This run adds nothing to it: choose another folder, or the same input, model and parameters"


class TakenError(EndError):
    """Another process writes the same records."""

    code = TEMPORARY
    advice = "Somebody else writes the same records, so this run ends"


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


def write_whole(path: str, value: Any) -> None:
    """A small JSON file that is either not there or complete."""
    with open(f"{path}.new", "wb") as file:
        file.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


class _Segments:
    """One series of files, `part-00000-00000.jsonl` and so on: shard, then a number that counts up."""

    def __init__(self, folder: str, kind: str, shard: int) -> None:
        self._folder, self._kind, self._shard = folder, kind, shard
        found = numbers_of(os.listdir(folder), kind, shard)
        if found != list(range(len(found))):
            series = os.path.join(folder, prefix_of(kind, shard))
            raise DamagedError(f"files of {series}*.jsonl are missing: there are {', '.join(map(str, found))}")
        self._count = len(found)
        self._size = 0

    def _path(self, number: int) -> str:
        return os.path.join(self._folder, segment_of(self._kind, self._shard, number))

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Where each line stands, and the line. Half a line at the very end is cut off."""
        for number in range(self._count):
            path, at = self._path(number), 0
            with open(path, "rb") as file:
                for count, line in enumerate(file, 1):
                    if not line.endswith(b"\n"):
                        break
                    at += len(line)
                    yield f"{path}, line {count}", line
                torn = os.fstat(file.fileno()).st_size > at
            if torn and number + 1 < self._count:
                raise DamagedError(f"{path} ends in mid-line")
            if torn:
                with open(path, "r+b") as file:
                    file.truncate(at)
                    os.fsync(file.fileno())
            self._size = at

    def append(self, content: bytes) -> None:
        new = self._count == 0 or self._size >= SEGMENT_BYTES
        if new:
            self._count, self._size = self._count + 1, 0
        path = self._path(self._count - 1)
        try:
            with open(path, "xb" if new else "ab", buffering=0) as file:
                if os.fstat(file.fileno()).st_size != self._size:
                    raise TakenError(f"{path} has grown by itself")
                view = memoryview(content)
                while view:
                    view = view[file.write(view) :]
                os.fsync(file.fileno())
        except FileExistsError:
            raise TakenError(f"{path} is there already") from None
        self._size += len(content)


class Journal:
    """Holds the shard's folder until the process ends."""

    def __init__(self, folder: str, shard: int, manifest: Manifest) -> None:
        self._folder, self._shard = folder, shard
        os.makedirs(folder, exist_ok=True)
        self._refuse_other_runs(asdict(manifest))
        self._lock = self._claim(asdict(manifest))
        # Each with whether its records are errors.
        self._series = ((_Segments(folder, PART, shard), False), (_Segments(folder, ERRORS, shard), True))

    def _refuse_other_runs(self, given: dict[str, Any]) -> None:
        for name in manifests(os.listdir(self._folder)):
            there = self._manifest(name)
            other = [f"{key} is {json.dumps(given.get(key))} and was {json.dumps(there.get(key))}"
                     for key in sorted({*given, *there}) if given.get(key) != there.get(key)]
            if other:
                raise DamagedError(f"{self._folder} holds records of another run ({name}): {'; '.join(other)}")

    def _manifest(self, name: str) -> dict[str, Any]:
        path = os.path.join(self._folder, name)
        with open(path, encoding="utf-8") as file:
            try:
                return dict(json.load(file))
            except (ValueError, TypeError):
                raise DamagedError(f"{path} cannot be read") from None

    def _claim(self, given: dict[str, Any]) -> IO[bytes]:
        """The own manifest, locked."""
        own = manifest_of(self._shard)
        path = os.path.join(self._folder, own)
        if not os.path.exists(path):
            records = tuple(prefix_of(kind, self._shard) for kind in (PART, ERRORS))
            if any(name.startswith(records) for name in os.listdir(self._folder)):
                raise DamagedError(f"{self._folder} holds records, and {own} is missing, which says what they are of")
            write_whole(path, given)
        # On the same machine only: Cloud Storage FUSE knows no locks between mounts.
        lock = open(path, "rb")  # noqa: SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TakenError(f"another process works on shard {self._shard} in {self._folder}") from None
        return lock

    def read(self) -> dict[int, str | None]:
        """The lines of the input that have their record, with the code of the error if it is one."""
        done: dict[int, str | None] = {}
        for segments, is_error in self._series:
            for where, content in segments.read():
                try:
                    record = json.loads(content)
                    number = int(str(record["id"]).removeprefix("batch_req_"))
                    code = str(record["error"]["code"]) if is_error else None
                except (ValueError, KeyError, TypeError):
                    raise DamagedError(f"{where} is no record of a batch") from None
                if number in done:
                    raise DamagedError(f"{where}: line {number} of the input has a second record")
                done[number] = code
        return done

    def commit(self, records: list[dict[str, Any]]) -> None:
        """Returns when they are on the disk, or in the bucket."""
        for segments, is_error in self._series:
            content = b"".join(line_of(record) for record in records if (record["error"] is not None) == is_error)
            if content:
                segments.append(content)

    def finish(self, summary: dict[str, Any]) -> None:
        write_whole(os.path.join(self._folder, summary_of(self._shard)), summary)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._lock.close()
