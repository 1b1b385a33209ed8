"""Fills a bucket with the weights of a model, so that servers can trust them.

usage: weights_loader.py load  MODEL REVISION BUCKET PREFIX [--files LOCK] [--token-file FILE] ...
       weights_loader.py adopt MODEL REVISION BUCKET PREFIX [--from PREFIX] ...

load takes them from the Hugging Face hub at a pinned commit; adopt takes what is in the bucket already, for example the output
of a fine-tuning job. Both verify every byte, then write MANIFEST.json (model, revision, files with size and sha256), and last of
all an empty .complete-REVISION, which the servers insist on. What a killed run has verified is not sent again.

Exit codes as in sysexits.h. Another try cannot help: 64 wrong usage, 65 the weights are not what was asked for, 66 no such model,
commit or bucket, 77 no permission. Another try may: 69 hub or bucket do not answer, 75 another loader is at work, or stopped,
1 a fault of this program.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, NoReturn

import google_crc32c  # type: ignore[import-not-found,import-untyped,unused-ignore]
from weights_bucket import (
    DATA,
    MANIFEST,
    NO_INPUT,
    TEMPORARY,
    UNAVAILABLE,
    USAGE,
    Changed,
    Entry,
    Manifest,
    Refused,
    Stored,
    WeightsBucket,
    crc32c_of,
    disagreements,
    is_plain_path,
    marker_of,
    one_line,
    parse_files,
)
from weights_hub import Hub, HubFile, Stop, is_served

LOCK = ".loading"
# Times that the bytes of a file may be wrong before the hub is.
WRONG_BYTES = 3
# It is JSON; the largest models have some hundred thousand tensors.
LONGEST_HEADER_BYTES = 100 * 2**20
PIECE_BYTES = 2**20


class Output:
    """Lines for a person, from which the token is always cut out."""

    token: str | None = None

    @classmethod
    def say(cls, text: str, error: bool = False) -> None:
        print(text.replace(cls.token, "***") if cls.token else text, file=sys.stderr if error else sys.stdout, flush=True)


def amount(count: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} bytes"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{rest} s" if minutes == 0 else f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Progress:
    """Every few seconds a line for each file under way, and one for all of them."""

    def __init__(self, sizes: dict[str, int], total_bytes: int, seconds: float) -> None:
        self.sizes = sizes
        self.total_bytes = total_bytes
        self.left_alone = total_bytes - sum(sizes.values())
        self.done: dict[str, int] = {}
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._report, args=(seconds,), daemon=True)

    def __enter__(self) -> "Progress":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.thread.join()

    def at(self, path: str, done: int) -> None:
        with self.lock:
            self.done[path] = done

    def _report(self, seconds: float) -> None:
        before: dict[str, int] = {}
        while not self.ended.wait(seconds):
            with self.lock:
                now = dict(self.done)
            rates = {path: max(0, done - before.get(path, 0)) / seconds for path, done in now.items()}
            for path in sorted(path for path, done in now.items() if done < self.sizes[path]):
                Output.say(f"{path}: {self._share(now[path], self.sizes[path])}, {rates[path] / 1e6:.1f} MB/s")
            done, rate = self.left_alone + sum(now.values()), sum(rates.values())
            left = f"{duration((self.total_bytes - done) / rate)} left" if rate > 0 else "nothing arrives"
            Output.say(f"all files: {self._share(done, self.total_bytes)}, {rate / 1e6:.1f} MB/s, {left}")
            before = now

    @staticmethod
    def _share(done: int, size: int) -> str:
        return f"{100 * done // max(1, size)} % of {amount(size)}"


class Digests:
    """Of a file's bytes as they pass: what we promise, what the hub knows of small files, and what the bucket computes."""

    def __init__(self, size: int, with_git_blob: bool) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._git_blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False) if with_git_blob else None
        self._crc32c = google_crc32c.Checksum()

    def update(self, piece: bytes) -> None:
        self.size += len(piece)
        self._sha256.update(piece)
        self._crc32c.update(piece)
        if self._git_blob is not None:
            self._git_blob.update(piece)

    @property
    def found(self) -> dict[str, str]:
        """As they are noted on the object."""
        return {"sha256": self._sha256.hexdigest(), **({"git-blob": self._git_blob.hexdigest()} if self._git_blob else {})}

    @property
    def crc32c(self) -> str:
        return base64.b64encode(self._crc32c.digest()).decode()


def difference(file: HubFile, size: int, digests: dict[str, str]) -> str | None:
    """What is wrong with bytes that are to be this file."""
    if size != file.size:
        return f"{size} bytes instead of {file.size}"
    for name, expected in (("sha256", file.sha256), ("git-blob", file.git_blob)):
        if expected is not None and digests.get(name) != expected:
            return f"{name} {digests.get(name)} instead of {expected}"
    return None


class WriterLock:
    """One loader at a time: an object that its holder rewrites. Who has not rewritten it for long enough is dead."""

    def __init__(self, bucket: WeightsBucket, renewing: WeightsBucket, seconds: float, stop: Stop) -> None:
        self.bucket = bucket
        self.renewing = renewing
        self.seconds = seconds
        self.stop = stop
        self.content = {"holder": os.environ.get("HOSTNAME", "a loader"), "id": uuid.uuid4().hex, "renewals": 0}
        self.stored: Stored | None = None
        self.renewed = 0.0
        self.lost = False
        self.guard = threading.Lock()
        self.ended = threading.Event()

    def acquire(self) -> None:
        while True:
            found = self.bucket.find(LOCK)
            if found is not None:
                self._wait_for_death(found)
            try:
                self._write(self.bucket, 0 if found is None else found.generation)
                break
            except Changed:
                continue
        threading.Thread(target=self._keep, daemon=True).start()

    def _wait_for_death(self, found: Stored) -> None:
        """Clocks differ between machines, so what counts is whether the object changes while we look."""
        Output.say(f"{self.bucket}{LOCK} is another loader's; watching for {duration(self.seconds)} whether it is alive")
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            self.stop.wait(min(1.0, self.seconds / 10))
            self.stop.check()
            now = self.bucket.find(LOCK)
            if now is None:
                return
            if now.generation != found.generation:
                holder = self._holder(now)
                raise Refused(TEMPORARY, f"{self.bucket} is being filled by {holder}; one loader at a time. Try again when it is done")
        Output.say("it is not: going on in its place")

    def _holder(self, stored: Stored) -> str:
        with contextlib.suppress(Refused, ValueError, KeyError, TypeError):
            return str(json.loads(self.bucket.read(stored))["holder"])
        return "another loader"

    def _write(self, bucket: WeightsBucket, generation: int) -> None:
        begun = time.monotonic()
        self.content["renewals"] = int(str(self.content["renewals"])) + 1
        self.stored = bucket.write(LOCK, json.dumps(self.content).encode(), generation)
        self.renewed = begun

    def _keep(self) -> None:
        while not self.ended.wait(self.seconds / 4):
            with contextlib.suppress(Refused, ValueError, AttributeError):
                self.renew()

    def renew(self) -> None:
        with self.guard:
            if self.stored is None or self.lost:
                return
            begun = time.monotonic()
            try:
                self._write(self.renewing, self.stored.generation)
            except Changed:
                # Perhaps by this program: a renewal whose answer was lost
                found = self.renewing.find(LOCK)
                if found is None or json.loads(self.renewing.read(found)).get("id") != self.content["id"]:
                    self.lost = True
                else:
                    self.stored, self.renewed = found, begun

    def check(self) -> None:
        """Raises when somebody else may be the holder by now, or when all has to stop."""
        self.stop.check()
        if self.lost or time.monotonic() - self.renewed > self.seconds * 0.8:
            raise Refused(TEMPORARY, f"{self.bucket} was taken over by another loader, or could not be reached; run it again")

    def release(self) -> None:
        self.ended.set()
        with self.guard, contextlib.suppress(Refused, Changed):
            if self.stored is not None and not self.lost:
                self.renewing.delete(self.stored)
            self.stored = None


class Loader:
    """Puts files into the bucket, one by one or side by side, and says in the end that they are all there."""

    def __init__(self, options: argparse.Namespace, bucket: WeightsBucket, lock: WriterLock, hub: Hub | None) -> None:
        self.options = options
        self.bucket = bucket
        self.lock = lock
        self.hub = hub
        self.objects = bucket.list()
        self.counts = {"uploaded": 0, "verified in place": 0, "kept": 0}
        self.uploaded_bytes = 0
        self.counting = threading.Lock()

    @property
    def marker(self) -> str:
        return marker_of(self.options.revision)

    def fill(self, files: Iterable[HubFile]) -> tuple[Entry, ...]:
        """Every file in the bucket, verified; those that already are stay untouched."""
        wanted = sorted(files, key=lambda file: file.path)
        kept = [file for file in wanted if self._is_verified(file)]
        pending = [file for file in wanted if file not in kept]
        self.counts["kept"] = len(kept)
        total = sum(file.size for file in wanted)
        Output.say(f"{len(wanted)} files, {amount(total)}; {len(kept)} of them are in {self.bucket} and verified")
        if pending:
            self._withdraw_marker("not everything is there")
        sizes = {file.path: file.size for file in pending}
        with (
            Progress(sizes, total, self.options.progress_seconds) as progress,
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
        return tuple(Entry(file.path, file.size, str(self.objects[file.path].verified_sha256)) for file in wanted)

    def _is_verified(self, file: HubFile) -> bool:
        stored = self.objects.get(file.path)
        return stored is not None and stored.verified_sha256 is not None and difference(file, stored.size, stored.metadata) is None

    def _withdraw_marker(self, reason: str) -> None:
        if self.marker in self.objects:
            Output.say(f"{self.marker} is taken away until all is well: {reason}")
            self.bucket.delete(self.objects.pop(self.marker))

    def _place(self, file: HubFile, progress: Progress) -> None:
        self.lock.check()
        stored = self.objects.get(file.path)
        if stored is not None and stored.size == file.size:
            digests = self._read_back(file, stored, progress)
            problem = difference(file, digests.size, digests.found)
            if problem is None:
                self._verified(file, stored, digests, "verified in place")
                return
            Output.say(f"{file.path}: what is in the bucket is wrong: {problem}")
        if self.hub is None:
            raise Refused(DATA, f"{self.bucket}{file.path} changed while it was read; run it again when nobody writes there")
        for _ in range(WRONG_BYTES):
            problem = self._upload(self.hub, file, progress)
            if problem is None:
                return
            Output.say(f"{file.path}: what came from the hub is wrong: {problem}; once more")
        raise Refused(DATA, f"{file.path}: the hub sends {problem}, {WRONG_BYTES} times; nothing of it was kept")

    def _read_back(self, file: HubFile, stored: Stored, progress: Progress) -> Digests:
        digests = Digests(stored.size, file.git_blob is not None)
        for piece in self.bucket.stream(stored):
            self.lock.check()
            digests.update(piece)
            progress.at(file.path, digests.size)
        if digests.crc32c != stored.crc32c:
            raise Refused(UNAVAILABLE, f"{self.bucket}{file.path}: what was read is not what is stored; run it again")
        return digests

    def _upload(self, hub: Hub, file: HubFile, progress: Progress) -> str | None:
        """What is wrong with the hub's bytes; then nothing of them is in the bucket."""
        before = self.objects.get(file.path)
        digests = Digests(file.size, file.git_blob is not None)
        with self.bucket.errors(f"uploading {file.path}"):
            writer = self.bucket.writer(file.path, 0 if before is None else before.generation)
            try:
                for piece in hub.stream(file):
                    self.lock.check()
                    digests.update(piece)
                    writer.write(piece)
                    progress.at(file.path, digests.size)
                problem = difference(file, digests.size, digests.found)
                self.lock.check()
            except BaseException:
                give_up(writer)
                raise
            if problem is not None:
                give_up(writer)
                return problem
            # Before this call the object does not exist, or is what it was.
            writer.close()
        stored = self.bucket.find(file.path)
        if stored is None or (stored.size, stored.crc32c) != (digests.size, digests.crc32c):
            raise Refused(UNAVAILABLE, f"{self.bucket}{file.path}: the bucket has other bytes than it was sent; run it again")
        with self.counting:
            self.uploaded_bytes += stored.size
        self._verified(file, stored, digests, "uploaded")
        return None

    def _verified(self, file: HubFile, stored: Stored, digests: Digests, how: str) -> None:
        self.objects[file.path] = self.bucket.mark_verified(stored, digests.found)
        with self.counting:
            self.counts[how] += 1
        Output.say(f"{file.path}: {how}, {amount(file.size)}, sha256 {digests.found['sha256']}")

    def finish(self, files: tuple[Entry, ...]) -> None:
        """Manifest, then the marker, and between them one more look at everything."""
        manifest = Manifest(self.options.model, self.options.revision, files)
        self._check_indexes({file.path for file in files})
        content, there = manifest.to_json(), self.objects.get(MANIFEST)
        if there is None or there.crc32c != crc32c_of(content):
            self._withdraw_marker(f"{MANIFEST} is another")
            self.lock.check()
            there = self.bucket.write(MANIFEST, content, 0 if there is None else there.generation)
        self.lock.check()
        now = self.bucket.list()
        wrong = disagreements(manifest, now) + [f"{file.path} is not verified" for file in files if not self._is_same(now.get(file.path))]
        if now.get(MANIFEST) != there or wrong:
            raise Refused(TEMPORARY, f"{self.bucket} changed while it was filled: {'; '.join(wrong) or MANIFEST}; run it again")
        if self.marker not in now:
            self.lock.check()
            self.bucket.write(self.marker, b"", 0)

    def _is_same(self, stored: Stored | None) -> bool:
        return stored is not None and stored == self.objects.get(stored.path)

    def _check_indexes(self, paths: set[str]) -> None:
        """Every shard that an index names is there."""
        for path in sorted(path for path in paths if path.endswith(".safetensors.index.json")):
            try:
                shards = {str(shard) for shard in json.loads(self.bucket.read(self.objects[path]))["weight_map"].values()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise Refused(DATA, f"{path} is no index of safetensors: {error!r}") from error
            missing = sorted(shards - paths)
            if missing:
                raise Refused(DATA, f"{path} names {len(shards)} files, of which {len(missing)} are missing: {', '.join(missing[:5])}")


def give_up(writer: Any) -> None:
    """An upload that is not closed leaves nothing; that it cannot even be cancelled does not matter then."""
    with contextlib.suppress(OSError):
        writer.terminate()


def abandon(lock: WriterLock) -> NoReturn:
    """Ends at once, whatever the other threads wait for: nothing that they could still finish is unverified."""
    lock.release()
    Output.say("stopped; run it again, it goes on where it stopped", error=True)
    os._exit(TEMPORARY)


def served(model: str, files: Iterable[HubFile]) -> tuple[HubFile, ...]:
    chosen = tuple(file for file in files if is_served(file.path))
    paths = {file.path for file in chosen}
    if not any(path.endswith(".safetensors") for path in paths):
        raise Refused(DATA, f"{model} has no *.safetensors; other formats run code when they are read, and are not loaded")
    if "config.json" not in paths:
        raise Refused(DATA, f"{model} has no config.json; vLLM cannot tell what it is")
    return chosen


def locked(files: tuple[HubFile, ...], lock_file: str) -> tuple[HubFile, ...]:
    """The hub's files with the sha256 of a model lock, with which they have to agree."""
    try:
        with open(lock_file, encoding="utf-8") as opened:
            value = json.load(opened)
    except (OSError, ValueError) as error:
        raise Refused(NO_INPUT, f"{lock_file} cannot be read: {error}") from error
    entries = {entry.path: entry for entry in parse_files(value["files"] if isinstance(value, dict) else value, lock_file)}
    differences = [f"{path} is not at the hub" for path in entries.keys() - {file.path for file in files} if is_served(path)]
    # a second copy of the weights, which no server loads, is left out of the lock
    files = tuple(file for file in files if file.path in entries or not file.path.endswith(".safetensors"))
    for file in files:
        entry = entries.get(file.path)
        if entry is None:
            differences.append(f"{file.path} is not in the lock")
        elif entry.size != file.size:
            differences.append(f"{file.path} has {file.size} bytes at the hub, {entry.size} in the lock")
        elif file.sha256 not in (None, entry.sha256):
            differences.append(f"{file.path} has sha256 {file.sha256} at the hub, {entry.sha256} in the lock")
    if differences:
        raise Refused(DATA, f"the lock is not of these weights: {'; '.join(sorted(differences))}. Make it anew: npx cdk8s-vllm lock MODEL")
    return tuple(replace(file, sha256=entries[file.path].sha256) for file in files)


def load(options: argparse.Namespace, loader: Loader, hub: Hub) -> tuple[Entry, ...]:
    files = served(options.model, hub.files())
    if options.files is not None:
        files = locked(files, options.files)
    paths = {file.path for file in files}
    stray = sorted(path for path in loader.objects if is_served(path) and path.endswith(".safetensors") and path not in paths)
    if stray:
        raise Refused(DATA, f"{loader.bucket} holds {', '.join(stray[:5])}, which vLLM would load and the hub does not have; delete it")
    return loader.fill(files)


def adopt(options: argparse.Namespace, loader: Loader) -> tuple[Entry, ...]:
    manifest = loader.bucket.read_manifest(loader.objects)
    if options.source is not None:
        copy(WeightsBucket(options.bucket, options.source, first_wait_seconds=options.retry_seconds), loader, manifest)
    files = served(str(loader.bucket), (HubFile(stored.path, stored.size, None, None) for stored in loader.objects.values()))
    for file in files:
        if file.path.endswith(".safetensors"):
            check_safetensors(loader.bucket, loader.objects[file.path])
    entries = loader.fill(files)
    check_same_as_before(loader.bucket, manifest, {entry.path: entry.sha256 for entry in entries})
    return entries


def check_same_as_before(bucket: WeightsBucket, manifest: Manifest | None, found: dict[str, str]) -> None:
    """A revision that was adopted once means those weights for ever."""
    before = found if manifest is None else {file.path: file.sha256 for file in manifest.files}
    changed = sorted({path for path, _ in before.items() ^ found.items()})
    if changed:
        raise Refused(
            DATA,
            f"{bucket} was adopted before, with other content of {', '.join(changed[:5])}. Weights that were trained anew need a revision"
            f" of their own (or delete {MANIFEST} there, if no server runs on them)",
        )


def copy(source: WeightsBucket, loader: Loader, manifest: Manifest | None) -> None:
    """What is to be served, into the model's own place."""
    objects = loader.objects
    different = {
        path: stored for path, stored in source.list().items()
        if is_served(path) and (path not in objects or (objects[path].size, objects[path].crc32c) != (stored.size, stored.crc32c))
    }
    if manifest is not None:
        check_same_as_before(loader.bucket, manifest, {file.path: file.sha256 for file in manifest.files if file.path not in different})
    for path, stored in sorted(different.items()):
        loader.lock.check()
        objects[path] = loader.bucket.copy_from(source, stored, objects[path].generation if path in objects else 0)
        Output.say(f"{path}: copied from {source}, {amount(stored.size)}")


def check_safetensors(bucket: WeightsBucket, stored: Stored) -> None:
    """The tensors that the header names fill the file exactly. https://huggingface.co/docs/safetensors"""
    try:
        header_bytes = int.from_bytes(bucket.read(stored, 0, 8), "little")
        if not 2 <= header_bytes <= min(LONGEST_HEADER_BYTES, stored.size - 8):
            raise ValueError(f"a header of {header_bytes} bytes")
        header = json.loads(bucket.read(stored, 8, 8 + header_bytes))
        ends = [int(tensor["data_offsets"][1]) for name, tensor in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise Refused(DATA, f"{bucket}{stored.path} is no safetensors file: {error}") from error
    expected = 8 + header_bytes + max(ends, default=0)
    if expected != stored.size:
        raise Refused(DATA, f"{bucket}{stored.path} has {stored.size} bytes, its header describes {expected}: it is not whole")


def read_token(path: str | None) -> str | None:
    """A Secret that does not exist mounts as an empty directory."""
    if path is None or not os.path.exists(path):
        return None
    try:
        with open(path, encoding="ascii") as file:
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(NO_INPUT, f"the token in {path} cannot be read: {type(error).__name__}") from None
    if re.search(r"\s", token):
        raise Refused(NO_INPUT, f"the token in {path} has white space in it")
    return token or None


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(USAGE, f"{message}\n{__doc__}")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(allow_abbrev=False, usage=argparse.SUPPRESS, add_help=False)
    parser.add_argument("mode", choices=["load", "adopt"])
    for name in ("model", "revision", "bucket", "prefix"):
        parser.add_argument(name)
    parser.add_argument("--files", help="JSON with the files of a model lock")
    parser.add_argument("--token-file")
    parser.add_argument("--token-secret", default="hugging-face-token", help="only to say it")
    parser.add_argument("--from", dest="source", help="prefix to copy from")
    parser.add_argument("--at-once", type=int, default=4, help="files")
    parser.add_argument("--lock-seconds", type=float, default=60.0, help="after which a silent loader is taken for dead")
    parser.add_argument("--retry-seconds", type=float, default=1.0, help="before the first further try")
    parser.add_argument("--patience-seconds", type=float, default=300.0, help="until a bucket that does not answer is given up")
    parser.add_argument("--progress-seconds", type=float, default=10.0)
    options = parser.parse_args(arguments)
    if options.mode == "load" and not re.fullmatch(r"[0-9a-f]{40}", options.revision):
        raise Refused(USAGE, f"REVISION ({options.revision}) is no commit of 40 hexadecimal digits; a branch is another model tomorrow")
    if not is_plain_path(options.revision) or "/" in options.revision or not is_plain_path(options.model):
        raise Refused(USAGE, f"MODEL ({options.model}) or REVISION ({options.revision}) is none")
    for name in ("lock_seconds", "retry_seconds", "patience_seconds", "progress_seconds", "at_once"):
        if getattr(options, name) <= 0:
            raise Refused(USAGE, f"--{name.replace('_', '-')} must be above 0")
    return options


def run(options: argparse.Namespace) -> dict[str, Any]:
    begun = time.monotonic()
    stop = Stop()
    token = Output.token = read_token(options.token_file)
    waits = {"first_wait_seconds": options.retry_seconds}
    bucket = WeightsBucket(options.bucket, options.prefix, **waits, patience_seconds=options.patience_seconds)
    renewing = WeightsBucket(options.bucket, options.prefix, **waits, patience_seconds=options.lock_seconds / 4)
    lock = WriterLock(bucket, renewing, options.lock_seconds, stop)
    with terminable(stop):
        try:
            lock.acquire()
            hub = Hub(options.model, options.revision, token, options.token_secret, stop, options.retry_seconds)
            loader = Loader(options, bucket, lock, hub if options.mode == "load" else None)
            files = load(options, loader, hub) if options.mode == "load" else adopt(options, loader)
            loader.finish(files)
        except Changed as error:
            raise Refused(TEMPORARY, f"{error}; one loader at a time, run it again") from error
        finally:
            lock.release()
    return {
        "model": options.model, "revision": options.revision, "at": str(bucket), "files": len(files),
        "bytes": sum(file.size for file in files), "uploaded": loader.counts["uploaded"], "uploadedBytes": loader.uploaded_bytes,
        "verifiedInPlace": loader.counts["verified in place"], "kept": loader.counts["kept"], "seconds": round(time.monotonic() - begun, 1),
    }


@contextlib.contextmanager
def terminable(stop: Stop) -> Iterator[None]:
    def end(*_signal: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop.set()
        stop.check()

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def unexpected(_kind: object, error: BaseException, _trace: object) -> None:
    Output.say(f"weights_loader: this should not happen: {type(error).__name__}: {one_line(error)}", error=True)


def main() -> int:
    sys.excepthook = unexpected
    threading.excepthook = lambda failure: unexpected(failure.exc_type, failure.exc_value or failure.exc_type(), failure.exc_traceback)
    try:
        options = parse(sys.argv[1:])
        summary = run(options)
    except Refused as error:
        Output.say(f"weights_loader: {error}", error=True)
        return error.code
    Output.say(f"complete: {summary['at']} can be served")
    Output.say(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
