"""Fills a bucket with the weights of a model, so that servers can trust them. --help prints its contract.

Every byte is verified, then a manifest is written (model, revision, files with size and sha256), and last of all an empty marker,
which the servers insist on. What a killed run has verified is not sent again.
"""

import argparse
import json
import os
import re
import sys
import threading
import time
from typing import Any

from adopt import adopt
from certificates import trusted
from contract import Contract
from exits import NO_INPUT, TEMPORARY, USAGE
from hub import Hub
from load import load
from loader import Loader
from output import Output
from refused import RefusedError, one_line
from stop import Stop, terminable
from wanted import Needs
from weights_bucket import ChangedError, WeightsBucket
from weights_manifest import Entry
from writer_lock import RENEWALS, WriterLock

CONTRACT = Contract()


def read_token(path: str | None) -> str | None:
    """A Secret that does not exist mounts as an empty directory."""
    if path is None or not os.path.exists(path):
        return None
    try:
        with open(path, encoding="ascii") as file:
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(NO_INPUT, f"the token in {path} cannot be read: {type(error).__name__}") from None
    if re.search(r"\s", token):
        raise RefusedError(NO_INPUT, f"the token in {path} has white space in it")
    return token or None


def needs_of(options: argparse.Namespace) -> Needs:
    return Needs(options.trust_remote_code, options.skip_tokenizer_init)


class Run:
    """One call of the program, for the bucket that its options name."""

    def __init__(self, options: argparse.Namespace) -> None:
        if options.command == "load" and not re.fullmatch(r"[0-9a-f]{40}", options.revision):
            raise RefusedError(
                USAGE, f"revision ({options.revision}) must be a commit of 40 hexadecimal digits: a branch is another model tomorrow"
            )
        self.options = options
        self.stop = Stop()
        self.bucket = self.bucket_at(options.prefix, options.patience_seconds)
        renewing = self.bucket_at(options.prefix, options.lock_seconds / RENEWALS)
        self.lock = WriterLock(self.bucket, renewing, options.lock_seconds, self.stop)

    def bucket_at(self, prefix: str, patience_seconds: float) -> WeightsBucket:
        return WeightsBucket(
            self.options.bucket, prefix, first_wait_seconds=self.options.retry_seconds, patience_seconds=patience_seconds
        )

    def fill(self) -> tuple[Loader, tuple[Entry, ...]]:
        with terminable(self.stop):
            try:
                self.lock.acquire()
                loader, files = self._load() if self.options.command == "load" else self._adopt()
                loader.finish(files)
            except ChangedError as error:
                raise RefusedError(TEMPORARY, f"{error}; one loader at a time, run it again") from error
            finally:
                self.lock.release()
        return loader, files

    def _load(self) -> tuple[Loader, tuple[Entry, ...]]:
        options = self.options
        hub = Hub(
            options.model, options.revision, Output.token, options.token_secret, self.stop, options.retry_seconds,
            trusted(options.ca_file),
        )
        loader = Loader(options, self.bucket, self.lock, hub)
        return loader, load(loader, hub, options.files, needs_of(options))

    def _adopt(self) -> tuple[Loader, tuple[Entry, ...]]:
        source = getattr(self.options, "from")
        loader = Loader(self.options, self.bucket, self.lock, None)
        there = None if source is None else self.bucket_at(source, self.options.patience_seconds)
        return loader, adopt(loader, there, self.options.files, needs_of(self.options))


def summary(options: argparse.Namespace) -> dict[str, Any]:
    begun = time.monotonic()
    if options.command == "load":
        Output.token = read_token(options.token_file)
    run = Run(options)
    loader, files = run.fill()
    return {
        "model": options.model, "revision": options.revision, "at": str(run.bucket), "files": len(files),
        "bytes": sum(file.size for file in files), "uploaded": loader.counts["uploaded"], "uploadedBytes": loader.uploaded_bytes,
        "verifiedInPlace": loader.counts["verified in place"], "kept": loader.counts["kept"], "seconds": round(time.monotonic() - begun, 1),
    }


def unexpected(_kind: object, error: BaseException, _trace: object) -> None:
    Output.say(f"{CONTRACT.name}: this should not happen: {type(error).__name__}: {one_line(error)}", error=True)


def main() -> int:
    sys.excepthook = unexpected
    threading.excepthook = lambda failure: unexpected(failure.exc_type, failure.exc_value or failure.exc_type(), failure.exc_traceback)
    options = CONTRACT.parse()
    try:
        done = summary(options)
    except RefusedError as error:
        Output.say(f"{CONTRACT.name}: {error}", error=True)
        return error.code
    Output.say(f"complete: {done['at']} can be served")
    Output.say(json.dumps(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
