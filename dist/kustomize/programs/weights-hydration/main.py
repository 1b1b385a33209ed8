"""Copies the weights of a model from a bucket to a disk that servers read, and verifies every byte. --help prints its contract.

The bucket has to be complete: a manifest (files with size and sha256) and a marker, as the loader leaves them. Whoever writes to the
bucket can write both, so a model with a lock has to have the lock's manifest. A file gets its name on the disk only when it is verified;
manifest and marker, which the servers insist on, are written last. A run that was stopped goes on where it was: what is on the disk is
verified, the rest is copied.
"""

import argparse
import json
import logging
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import NoReturn

from contract import Contract
from copy_files import Copy, Progress, copy_all, say
from disk import TOO_SMALL, Disk
from exits import CANNOT_CREATE, DATA, SOFTWARE, TEMPORARY
from refused import RefusedError
from source import FIRST_WAIT_SECONDS, Source
from weights_bucket import WeightsBucket
from weights_manifest import Entry, Manifest
from weights_names import MANIFEST, marker_of
from words import amount

FILES_AT_ONCE = 4
# What is written beside the files needs some room as well.
SPARE_BYTES = 2**20


def refuse_strangers(disk: Disk, manifest: Manifest) -> None:
    """A server would load them with the rest."""
    strangers = sorted(disk.files() - {file.path for file in manifest.files} - {MANIFEST, marker_of(manifest.revision)})
    if strangers:
        raise RefusedError(
            DATA, f"{disk.directory} has files that are not of {manifest.model} at {manifest.revision}: {', '.join(strangers[:5])}."
            " Start with an empty disk: kubectl delete -k CELL/hydration, then apply it again"
        )


def missing_files(pool: ThreadPoolExecutor, disk: Disk, manifest: Manifest) -> list[Entry]:
    """The files that have to be copied; what is on the disk under their names is removed."""
    if any(os.path.exists(disk.path(file.path)) for file in manifest.files):
        say("verifying what is on the disk already")
    there = dict(zip(manifest.files, pool.map(disk.has, manifest.files), strict=True))
    missing = [file for file in manifest.files if not there[file]]
    for file in missing:
        disk.remove(file.path)
    if len(missing) < len(manifest.files):
        say(f"{len(manifest.files) - len(missing)} files are right, {len(missing)} are to be copied")
    return missing


def require_room(disk: Disk, needed: int) -> None:
    free = disk.free_bytes()
    if needed + SPARE_BYTES > free:
        raise RefusedError(
            CANNOT_CREATE, f"{disk.directory} has {amount(free)} free, {amount(needed)} are still to come. {TOO_SMALL}"
        )


def hydrate(model: str, revision: str, digest: str | None, source: Source, disk: Disk) -> dict[str, object]:
    started = time.monotonic()
    if digest is None:
        say(f"{model} has no model lock: {source.bucket} alone vouches for what is copied. npx cdk8s-vllm lock writes one")
    objects = source.bucket.list()
    manifest = source.complete_manifest(objects, model, revision, digest)
    refuse_strangers(disk, manifest)
    # From here on the disk is not complete until it is again.
    disk.remove(marker_of(revision))
    disk.clear_partial()
    say(f"{model} at {revision}: {len(manifest.files)} files, {amount(manifest.total_bytes)}, from {source.bucket} to {disk.directory}")
    pool = ThreadPoolExecutor(FILES_AT_ONCE)
    missing = missing_files(pool, disk, manifest)
    needed = sum(file.size for file in missing)
    require_room(disk, needed)
    copy_all(pool, Copy(source, disk, Progress(needed)), missing, objects)
    disk.finish(manifest)
    return {
        "model": model, "revision": revision, "files": len(manifest.files), "bytes": manifest.total_bytes, "copiedFiles": len(missing),
        "copiedBytes": needed, "locked": digest is not None, "seconds": round(time.monotonic() - started, 1),
    }


def run(options: argparse.Namespace) -> dict[str, object]:
    disk = Disk(options.directory)
    bucket = WeightsBucket(options.bucket, options.prefix, first_wait_seconds=FIRST_WAIT_SECONDS, patience_seconds=options.patience)
    return hydrate(options.model, options.revision, options.manifest_sha256, Source(bucket, options.patience), disk)


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


def main() -> NoReturn:
    signal.signal(signal.SIGTERM, stopped)
    sys.excepthook = unforeseen
    # What the libraries warn of is said in this program's own words.
    logging.disable()
    options = Contract().parse()
    try:
        summary = run(options)
    except RefusedError as refused:
        print(f"{options.model} at {options.revision} cannot be copied: {refused}", file=sys.stderr)
        leave(refused.code)
    print(json.dumps(summary))
    leave(0)


if __name__ == "__main__":
    main()
