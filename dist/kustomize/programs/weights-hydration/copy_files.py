"""Copies files from the bucket to the disk, several of them and several ranges of each at once."""

import hashlib
import os
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from disk import Disk, sha256_of
from exits import DATA
from refused import RefusedError
from source import LOAD_AGAIN, WRONG_BYTES, Source
from weights_bucket import CHUNK_BYTES, Stored
from weights_manifest import Entry
from weights_names import MANIFEST
from words import amount, duration

RANGES_AT_ONCE = 8
PROGRESS_SECONDS = 5.0


def say(text: str) -> None:
    print(text, flush=True)


class Progress:
    """Bytes on their way, as lines that a person can follow."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._done = 0
        self._started = time.monotonic()
        self._open: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, path: str) -> None:
        with self._lock:
            self._open.add(path)

    def add(self, size: int) -> None:
        with self._lock:
            self._done += size

    def end(self, entry: Entry) -> None:
        with self._lock:
            self._open.discard(entry.path)
        say(f"{entry.path}: {amount(entry.size)} copied and verified")

    def line(self) -> str:
        with self._lock:
            done, names = self._done, ", ".join(sorted(self._open))
        rate = done / max(time.monotonic() - self._started, 0.001)
        left = f"{duration((self.total - done) / rate)} left" if rate > 0 else "waiting for the bucket"
        return f"{100 * done // max(self.total, 1):3d} % of {amount(self.total)}  {rate / 1e6:.0f} MB/s  {left}  {names}".rstrip()


class Copy:
    """Copies files from the bucket to the disk, several of them and several ranges of each at once."""

    def __init__(self, source: Source, disk: Disk, progress: Progress) -> None:
        self.source = source
        self.disk = disk
        self.progress = progress
        self.ranges = ThreadPoolExecutor(RANGES_AT_ONCE)

    def file(self, entry: Entry, stored: Stored) -> None:
        partial = os.path.join(self.disk.partial, entry.sha256 + hashlib.sha256(entry.path.encode()).hexdigest()[:16])
        self.progress.begin(entry.path)
        with self.disk.errors(f"writing {entry.path}"), open(partial, "wb+") as file:
            if entry.size > 0:
                os.posix_fallocate(file.fileno(), 0, entry.size)
            for _ in range(WRONG_BYTES):
                self._fill(file.fileno(), entry, stored)
                if sha256_of(partial) == entry.sha256:
                    self.disk.keep(file.fileno(), partial, entry.path)
                    self.progress.end(entry)
                    return
                say(f"{entry.path}: not the bytes that {MANIFEST} promises; copying it again")
                self.progress.add(-entry.size)
        wrong = f"{entry.path} has another sha256 than {MANIFEST} of {self.source.bucket} says, {WRONG_BYTES} times in a row"
        raise RefusedError(DATA, f"{wrong}; {LOAD_AGAIN}")

    def _fill(self, file: int, entry: Entry, stored: Stored) -> None:
        starts = range(0, entry.size, CHUNK_BYTES)
        pieces = [self.ranges.submit(self._piece, file, stored, start) for start in starts]
        for piece in pieces:
            piece.result()

    def _piece(self, file: int, stored: Stored, start: int) -> None:
        content = memoryview(self.source.read(stored, start, start + CHUNK_BYTES))
        self.progress.add(len(content))
        with self.disk.errors(f"writing {stored.path}"):
            while content:
                written = os.pwrite(file, content, start)
                content, start = content[written:], start + written


def copy_all(pool: ThreadPoolExecutor, copy: Copy, files: list[Entry], objects: dict[str, Stored]) -> None:
    """All files, or the first thing that goes wrong. The largest first: the small ones fill the gaps."""
    left = {pool.submit(copy.file, file, objects[file.path]) for file in sorted(files, key=lambda file: -file.size)}
    while left:
        done, left = wait(left, timeout=PROGRESS_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if left:
            say(copy.progress.line())
