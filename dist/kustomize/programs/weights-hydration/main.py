"""Copies the weights of a model from a bucket to a disk that servers read, and verifies every byte of them.

usage: weights_hydration.py MODEL REVISION BUCKET PREFIX DIRECTORY [--patience SECONDS]

The bucket has to be complete: MANIFEST.json (files with size and sha256) and the marker .complete-REVISION, as the loader leaves
them. A file gets its name on the disk only when it is verified; MANIFEST.json and the marker, which the servers insist on, are
written last. A run that was stopped goes on where it was: what is on the disk is verified, the rest is copied.

Exit codes as in sysexits.h. Another try cannot help: 64 wrong usage, 65 bucket or disk are not of this model, 66 there are no
weights in the bucket, 73 the disk is too small, 77 no permission. Another try may: 69 the bucket does not answer, 70 an error that
nobody foresaw, 74 the disk has an error, 75 stopped, or somebody changed the weights meanwhile.
"""

import argparse
import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import random
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from types import TracebackType
from typing import NoReturn

from weights_bucket import (
    CHUNK_BYTES,
    DATA,
    LONGEST_WAIT_SECONDS,
    MANIFEST,
    NO_INPUT,
    NO_PERMISSION,
    PATIENCE_SECONDS,
    TEMPORARY,
    UNAVAILABLE,
    USAGE,
    Entry,
    Manifest,
    Refused,
    Stored,
    WeightsBucket,
    crc32c_of,
    disagreements,
    marker_of,
    parse_manifest,
)

SOFTWARE, CANNOT_CREATE, INPUT_OUTPUT = 70, 73, 74
# Files on their way stand here, so that nobody takes them for whole ones.
PARTIAL = ".partial"
# Of the file system itself.
IGNORED = "lost+found"
FILES_AT_ONCE = 4
RANGES_AT_ONCE = 8
# Times that a file may arrive wrong before the bucket is.
WRONG_BYTES = 3
PROGRESS_SECONDS = 5.0
FIRST_WAIT_SECONDS = 0.5
# For what is written beside the files.
SPARE_BYTES = 2**20
LOAD_AGAIN = "load them again with the unit weights/ of this cell (kubectl apply -k CELL/weights), then apply this one again"


class Source:
    """The bucket, asked again where its client gives up too early, and only as long as somebody has patience."""

    def __init__(self, bucket: WeightsBucket, patience: float) -> None:
        self.bucket = bucket
        self.patience = patience

    def read(self, stored: Stored, start: int, end: int) -> bytes:
        """One range of exactly this generation. The client tries again on its own, but not for an answer of the wrong length."""
        deadline = time.monotonic() + self.patience
        longest = FIRST_WAIT_SECONDS
        while True:
            try:
                return self.bucket.read(stored, start, end)
            except Refused as refused:
                if refused.code == NO_INPUT and self.bucket.find(stored.path) is not None:
                    changed = f"{stored.path} was changed in {self.bucket} while it was copied"
                    raise Refused(TEMPORARY, f"{changed}; another run starts from what is there then") from refused
                pause = random.uniform(longest / 2, longest)
                if refused.code != UNAVAILABLE or time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            longest = min(2 * longest, LONGEST_WAIT_SECONDS)

    def complete_manifest(self, objects: dict[str, Stored], model: str, revision: str) -> Manifest:
        """What the bucket has, when it is all there and what was asked for."""
        if not objects:
            raise Refused(NO_INPUT, f"there is nothing in {self.bucket}; {LOAD_AGAIN}")
        for name in (marker_of(revision), MANIFEST):
            if name not in objects:
                raise Refused(NO_INPUT, f"{self.bucket} has no {name}: the weights are not loaded to the end; {LOAD_AGAIN}")
        manifest = parse_manifest(self._intact(objects[MANIFEST]))
        if (manifest.model, manifest.revision) != (model, revision):
            found = f"{manifest.model} at revision {manifest.revision}"
            raise Refused(DATA, f"{MANIFEST} of {self.bucket} is of {found}, not of {model} at {revision}; {LOAD_AGAIN}")
        wrong = disagreements(manifest, objects)
        if wrong:
            raise Refused(DATA, f"{self.bucket} is not what its {MANIFEST} says: {'; '.join(wrong[:5])}; {LOAD_AGAIN}")
        return manifest

    def _intact(self, stored: Stored) -> bytes:
        """A whole small object, with the checksum that the bucket has for it."""
        for _ in range(WRONG_BYTES):
            content = self.read(stored, 0, stored.size)
            if crc32c_of(content) == stored.crc32c:
                return content
        raise Refused(UNAVAILABLE, f"{stored.path} of {self.bucket} arrives damaged, {WRONG_BYTES} times in a row")


class Disk:
    """The directory that is filled: whole files under their names, each durable before the next step relies on it."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.partial = os.path.join(directory, PARTIAL)
        with self.errors("opening it"):
            self._lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(TEMPORARY, f"{directory} is being filled by another process; two would write over each other") from error

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    @contextlib.contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Says what the system's errors mean."""
        try:
            yield
        except OSError as error:
            what = f"{self.directory}: {action}: {error.strerror}"
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise Refused(CANNOT_CREATE, f"{what}. The disk is too small for the weights; its claim has to ask for more") from error
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise Refused(NO_PERMISSION, f"{what}. The disk has to be writable for user {os.getuid()}, group {os.getgid()}") from error
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise Refused(USAGE, f"{what}. Mount the disk there") from error
            raise Refused(INPUT_OUTPUT, what) from error

    def files(self) -> set[str]:
        """Names of everything that is there, whatever it is."""

        def refuse(error: OSError) -> NoReturn:
            raise error

        found = set()
        with self.errors("listing it"):
            for folder, folders, names in os.walk(self.directory, onerror=refuse):
                if folder == self.directory:
                    folders[:] = [name for name in folders if name not in (IGNORED, PARTIAL)]
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                found |= {os.path.relpath(os.path.join(folder, name), self.directory) for name in names + links}
        return found

    def has(self, entry: Entry) -> bool:
        """Whether the file is there with exactly these bytes."""
        path = self.path(entry.path)
        with self.errors(f"reading {entry.path}"):
            return os.path.isfile(path) and os.path.getsize(path) == entry.size and sha256_of(path) == entry.sha256

    def remove(self, name: str) -> None:
        with self.errors(f"removing {name}"), contextlib.suppress(FileNotFoundError):
            os.remove(self.path(name))
            self._sync_directory(os.path.dirname(self.path(name)))

    def clear_partial(self) -> None:
        with self.errors("removing what an earlier run left"):
            if os.path.isdir(self.partial):
                shutil.rmtree(self.partial)
            os.mkdir(self.partial)

    def free_bytes(self) -> int:
        with self.errors("asking for its free space"):
            status = os.statvfs(self.directory)
        return status.f_bavail * status.f_frsize

    def keep(self, file: int, partial: str, name: str) -> None:
        """Gives a whole file its name."""
        target = self.path(name)
        folder = os.path.dirname(target)
        with self.errors(f"keeping {name}"):
            os.fsync(file)
            os.makedirs(folder, exist_ok=True)
            os.replace(partial, target)
            while folder != self.directory:
                self._sync_directory(folder)
                folder = os.path.dirname(folder)
            self._sync_directory(folder)

    def write(self, name: str, content: bytes) -> None:
        partial = os.path.join(self.partial, name)
        with self.errors(f"writing {name}"), open(partial, "wb") as file:
            file.write(content)
            file.flush()
            self.keep(file.fileno(), partial, name)

    def finish(self, manifest: Manifest) -> None:
        """Manifest and marker, last of all.

        A snapshot may be taken while the disk is still mounted here. GKE mounts disks made from it without replaying the journal, so
        everything has to be in its place by then. https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver/pull/869
        """
        self.write(MANIFEST, manifest.to_json())
        os.sync()
        self.write(marker_of(manifest.revision), b"")
        with self.errors(f"removing {PARTIAL}"):
            os.rmdir(self.partial)
        os.sync()

    def _sync_directory(self, folder: str) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
        raise Refused(DATA, f"{wrong}; {LOAD_AGAIN}")

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


def say(text: str) -> None:
    print(text, flush=True)


def amount(size: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.0f} bytes"


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def sha256_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_strangers(disk: Disk, manifest: Manifest) -> None:
    """A server would load them with the rest."""
    strangers = sorted(disk.files() - {file.path for file in manifest.files} - {MANIFEST, marker_of(manifest.revision)})
    if strangers:
        raise Refused(
            DATA, f"{disk.directory} has files that are not of {manifest.model} at {manifest.revision}: {', '.join(strangers[:5])}."
            " Start with an empty disk: kubectl delete -k CELL/hydration, then apply it again"
        )


def copy_all(pool: ThreadPoolExecutor, copy: Copy, files: list[Entry], objects: dict[str, Stored]) -> None:
    """All files, or the first thing that goes wrong. The largest first: the small ones fill the gaps."""
    left = {pool.submit(copy.file, file, objects[file.path]) for file in sorted(files, key=lambda file: -file.size)}
    while left:
        done, left = wait(left, timeout=PROGRESS_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if left:
            say(copy.progress.line())


def hydrate(model: str, revision: str, bucket: WeightsBucket, disk: Disk, patience: float) -> dict[str, object]:
    started = time.monotonic()
    source = Source(bucket, patience)
    objects = bucket.list()
    manifest = source.complete_manifest(objects, model, revision)
    refuse_strangers(disk, manifest)
    # From here on the disk is not complete until it is again.
    disk.remove(marker_of(revision))
    disk.clear_partial()
    pool = ThreadPoolExecutor(FILES_AT_ONCE)
    say(f"{model} at {revision}: {len(manifest.files)} files, {amount(manifest.total_bytes)}, from {bucket} to {disk.directory}")
    if any(os.path.exists(disk.path(file.path)) for file in manifest.files):
        say("verifying what is on the disk already")
    there = dict(zip(manifest.files, pool.map(disk.has, manifest.files), strict=True))
    missing = [file for file in manifest.files if not there[file]]
    for file in missing:
        disk.remove(file.path)
    needed, free = sum(file.size for file in missing), disk.free_bytes()
    if needed + SPARE_BYTES > free:
        raise Refused(
            CANNOT_CREATE, f"{disk.directory} has {amount(free)} free, {amount(needed)} are still to come. The disk is too small for the"
            " weights; its claim has to ask for more"
        )
    if len(missing) < len(manifest.files):
        say(f"{len(manifest.files) - len(missing)} files are right, {len(missing)} are to be copied")
    copy_all(pool, Copy(source, disk, Progress(needed)), missing, objects)
    disk.finish(manifest)
    return {
        "model": model, "revision": revision, "files": len(manifest.files), "bytes": manifest.total_bytes, "copiedFiles": len(missing),
        "copiedBytes": needed, "seconds": round(time.monotonic() - started, 1),
    }


def leave(code: int) -> NoReturn:
    """At once: open requests would hold the process for a minute."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def stopped(_signal: int, _frame: object) -> NoReturn:
    os.write(2, b"stopped; what is verified stays on the disk, and the next run goes on from there\n")
    os._exit(TEMPORARY)


def unforeseen(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> NoReturn:
    print(f"an error that nobody foresaw: {kind.__name__}: {error}", file=sys.stderr)
    leave(SOFTWARE)


class Usage(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{__doc__}\n{message}", file=sys.stderr)
        sys.exit(USAGE)


def main() -> NoReturn:
    signal.signal(signal.SIGTERM, stopped)
    sys.excepthook = unforeseen
    # What the libraries warn of is said in this program's own words.
    logging.disable()
    parser = Usage(add_help=False)
    for name in ("model", "revision", "bucket", "prefix", "directory"):
        parser.add_argument(name)
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS)
    options = parser.parse_args()
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]*", options.revision):
        parser.error(f"'{options.revision}' is no revision")
    try:
        disk = Disk(options.directory)
        bucket = WeightsBucket(options.bucket, options.prefix, first_wait_seconds=FIRST_WAIT_SECONDS, patience_seconds=options.patience)
        summary = hydrate(options.model, options.revision, bucket, disk, options.patience)
    except Refused as refused:
        print(f"{options.model} at {options.revision} cannot be copied: {refused}", file=sys.stderr)
        leave(refused.code)
    print(json.dumps(summary))
    leave(0)


if __name__ == "__main__":
    main()
