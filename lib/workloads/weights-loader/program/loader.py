"""Puts files into the bucket, one by one or side by side, and says in the end that they are all there."""

import argparse
import contextlib
import os
import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, NoReturn

from digests import Digests, difference
from exits import DATA, TEMPORARY, UNAVAILABLE
from hub import WRONG_BYTES, Hub
from output import Output
from progress import Progress
from refused import RefusedError
from shards import check_indexes
from stop import STOPPED
from wanted import WantedFile
from weights_bucket import Stored, WeightsBucket, crc32c_of, disagreements
from weights_manifest import Entry, Manifest
from weights_names import MANIFEST, marker_of
from words import amount
from writer_lock import WriterLock


class Loader:
    """The bucket while it is filled. Without a hub every file has to be there already."""

    def __init__(self, options: argparse.Namespace, bucket: WeightsBucket, lock: WriterLock, hub: Hub | None) -> None:
        self.options = options
        self.bucket = bucket
        self.lock = lock
        self.hub = hub
        self.marker = marker_of(options.revision)
        self.objects = bucket.list()
        self.counts = {"uploaded": 0, "verified in place": 0, "kept": 0}
        self.uploaded_bytes = 0
        self.counting = threading.Lock()

    def fill(self, files: Iterable[WantedFile]) -> tuple[Entry, ...]:
        """Every file in the bucket, verified; those that already are stay untouched."""
        wanted = sorted(files, key=lambda file: file.path)
        kept = [file for file in wanted if self._is_verified(file)]
        pending = [file for file in wanted if file not in kept]
        self.counts["kept"] = len(kept)
        total = sum(file.size for file in wanted)
        Output.say(f"{len(wanted)} files, {amount(total)}; {len(kept)} of them are in {self.bucket} and verified")
        if pending:
            self._withdraw_marker("not everything is there")
        self._place_all(pending, total)
        return tuple(Entry(file.path, file.size, str(self.objects[file.path].verified_sha256)) for file in wanted)

    def _place_all(self, pending: list[WantedFile], total_bytes: int) -> None:
        sizes = {file.path: file.size for file in pending}
        with (
            Progress(sizes, total_bytes, self.options.progress_seconds) as progress,
            ThreadPoolExecutor(max_workers=self.options.at_once) as pool,
        ):
            # The longest first, so that none is left alone in the end.
            running = [pool.submit(self._place, file, progress) for file in sorted(pending, key=lambda file: -file.size)]
            try:
                wait(running, return_when=FIRST_EXCEPTION)
                failed = [error for future in running if future.done() and (error := future.exception()) is not None]
            except BaseException:
                abandon(self.lock)
                raise
            if failed:
                self.lock.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise failed[0]

    def _is_verified(self, file: WantedFile) -> bool:
        stored = self.objects.get(file.path)
        return stored is not None and stored.verified_sha256 is not None and difference(file, stored.size, stored.metadata) is None

    def _withdraw_marker(self, reason: str) -> None:
        if self.marker in self.objects:
            Output.say(f"{self.marker} is taken away until all is well: {reason}")
            self.bucket.delete(self.objects.pop(self.marker))

    def _place(self, file: WantedFile, progress: Progress) -> None:
        self.lock.check()
        stored = self.objects.get(file.path)
        if stored is not None and stored.size == file.size:
            digests = self._read_back(file, stored, progress)
            if digests.problem is None:
                self._verified(file, stored, digests, "verified in place")
                return
            if self.hub is None:
                raise RefusedError(DATA, f"{self.bucket}{file.path} is not what the model lock says: {digests.problem}")
            Output.say(f"{file.path}: what is in the bucket is wrong: {digests.problem}")
        if self.hub is None:
            raise RefusedError(DATA, f"{self.bucket}{file.path} changed while it was read; run it again when nobody writes there")
        for _ in range(WRONG_BYTES):
            problem = self._upload(self.hub, file, progress)
            if problem is None:
                return
            Output.say(f"{file.path}: what came from the hub is wrong: {problem}; once more")
        raise RefusedError(DATA, f"{file.path}: the hub sends {problem}, {WRONG_BYTES} times; nothing of it was kept")

    def _read_back(self, file: WantedFile, stored: Stored, progress: Progress) -> Digests:
        digests = Digests(file)
        for piece in self.bucket.stream(stored):
            self.lock.check()
            digests.update(piece)
            progress.at(file.path, digests.size)
        if digests.crc32c != stored.crc32c:
            raise RefusedError(UNAVAILABLE, f"{self.bucket}{file.path}: what was read is not what is stored; run it again")
        return digests

    def _upload(self, hub: Hub, file: WantedFile, progress: Progress) -> str | None:
        """What is wrong with the hub's bytes; then nothing of them is in the bucket."""
        before = self.objects.get(file.path)
        digests = Digests(file)
        with self.bucket.errors(f"uploading {file.path}"):
            writer = self.bucket.writer(file.path, 0 if before is None else before.generation)
            try:
                for piece in hub.stream(file):
                    self.lock.check()
                    digests.update(piece)
                    writer.write(piece)
                    progress.at(file.path, digests.size)
                self.lock.check()
            except BaseException:
                give_up(writer)
                raise
            if digests.problem is not None:
                give_up(writer)
                return digests.problem
            # Before this call the object does not exist, or is what it was.
            writer.close()
        stored = self.bucket.find(file.path)
        if stored is None or (stored.size, stored.crc32c) != (digests.size, digests.crc32c):
            raise RefusedError(UNAVAILABLE, f"{self.bucket}{file.path}: the bucket has other bytes than it was sent; run it again")
        with self.counting:
            self.uploaded_bytes += stored.size
        self._verified(file, stored, digests, "uploaded")
        return None

    def _verified(self, file: WantedFile, stored: Stored, digests: Digests, how: str) -> None:
        self.objects[file.path] = self.bucket.mark_verified(stored, digests.noted)
        with self.counting:
            self.counts[how] += 1
        Output.say(f"{file.path}: {how}, {amount(file.size)}, sha256 {digests.noted['sha256']}")

    def finish(self, files: tuple[Entry, ...]) -> None:
        """Manifest, then the marker, and between them one more look at everything."""
        manifest = Manifest(self.options.model, self.options.revision, files)
        check_indexes(self.bucket, self.objects, {file.path for file in files})
        content, there = manifest.to_json(), self.objects.get(MANIFEST)
        if there is None or there.crc32c != crc32c_of(content):
            self._withdraw_marker(f"{MANIFEST} is another")
            self.lock.check()
            there = self.bucket.write(MANIFEST, content, 0 if there is None else there.generation)
        self.lock.check()
        now = self.bucket.list()
        wrong = disagreements(manifest, now) + [f"{file.path} is not verified" for file in files if not self._is_same(now.get(file.path))]
        if now.get(MANIFEST) != there or wrong:
            raise RefusedError(TEMPORARY, f"{self.bucket} changed while it was filled: {'; '.join(wrong) or MANIFEST}; run it again")
        if self.marker not in now:
            self.lock.check()
            self.bucket.write(self.marker, b"", 0)

    def _is_same(self, stored: Stored | None) -> bool:
        return stored is not None and stored == self.objects.get(stored.path)


def give_up(writer: Any) -> None:
    """An upload that is not closed leaves nothing; that it cannot even be cancelled does not matter then."""
    with contextlib.suppress(OSError):
        writer.terminate()


def abandon(lock: WriterLock) -> NoReturn:
    """Ends at once, whatever the other threads wait for: nothing that they could still finish is unverified."""
    lock.release()
    Output.say(STOPPED, error=True)
    os._exit(TEMPORARY)
