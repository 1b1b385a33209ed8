"""One loader at a time: an object in the bucket that its holder writes again and again."""

import contextlib
import json
import os
import threading
import time
import uuid

from exits import TEMPORARY
from output import Output
from refused import RefusedError
from stop import Stop
from weights_bucket import ChangedError, Stored, WeightsBucket
from words import duration

LOCK = ".loading"
# A holder that could not renew for this part of the time must stop before another loader may begin.
SAFE_PART = 0.8
RENEWALS = 4


class WriterLock:
    """A holder that has not written the object again for `seconds` is dead.

    `bucket` takes the lock; `renewing`, the same bucket with less patience, keeps it.
    """

    def __init__(self, bucket: WeightsBucket, renewing: WeightsBucket, seconds: float, stop: Stop) -> None:
        self.bucket = bucket
        self.renewing = renewing
        self.seconds = seconds
        self.stop = stop
        self.holder = os.environ.get("HOSTNAME", "a loader")
        self.id = uuid.uuid4().hex
        self.writes = 0
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
                with self.stop.held_back():
                    self._write(self.bucket, 0 if found is None else found.generation)
                break
            except ChangedError:
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
                raise RefusedError(TEMPORARY, f"{self.bucket} is being filled by {holder}; one loader at a time. Try again when it is done")
        Output.say("it is not: going on in its place")

    def _holder(self, stored: Stored) -> str:
        with contextlib.suppress(RefusedError, ValueError, KeyError, TypeError):
            return str(json.loads(self.bucket.read(stored))["holder"])
        return "another loader"

    def _write(self, bucket: WeightsBucket, generation: int) -> None:
        begun = time.monotonic()
        self.writes += 1
        content = {"holder": self.holder, "id": self.id, "renewals": self.writes}
        self.stored = bucket.write(LOCK, json.dumps(content).encode(), generation)
        self.renewed = begun

    def _keep(self) -> None:
        while not self.ended.wait(self.seconds / RENEWALS):
            with contextlib.suppress(RefusedError, ValueError, AttributeError):
                self.renew()

    def renew(self) -> None:
        with self.guard:
            if self.stored is None or self.lost:
                return
            begun = time.monotonic()
            try:
                self._write(self.renewing, self.stored.generation)
            except ChangedError:
                # Perhaps by this program: a renewal whose answer was lost
                found = self.renewing.find(LOCK)
                if found is None or json.loads(self.renewing.read(found)).get("id") != self.id:
                    self.lost = True
                else:
                    self.stored, self.renewed = found, begun

    def check(self) -> None:
        """Raises when somebody else may be the holder by now, or when all has to stop."""
        self.stop.check()
        if self.lost or time.monotonic() - self.renewed > self.seconds * SAFE_PART:
            raise RefusedError(TEMPORARY, f"{self.bucket} was taken over by another loader, or could not be reached; run it again")

    def release(self) -> None:
        self.ended.set()
        with self.guard, contextlib.suppress(RefusedError, ChangedError):
            if self.stored is not None and not self.lost:
                self.renewing.delete(self.stored)
            self.stored = None
