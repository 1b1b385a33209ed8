"""The bucket that weights come from."""

import hashlib
import time

from exits import DATA, NO_INPUT, TEMPORARY, UNAVAILABLE
from refused import RefusedError
from retry import pause
from weights_bucket import LONGEST_WAIT_SECONDS, Stored, WeightsBucket, crc32c_of, disagreements
from weights_manifest import Manifest, parse_manifest
from weights_names import MANIFEST, marker_of

FIRST_WAIT_SECONDS = 0.5
# Times that a file may arrive wrong before the bucket is.
WRONG_BYTES = 3
LOAD_AGAIN = "load them again with the unit weights/ of this cell (kubectl apply -k CELL/weights), then apply this one again"


class Source:
    """The bucket, asked again where its client gives up too early, and only as long as somebody has patience."""

    def __init__(self, bucket: WeightsBucket, patience: float) -> None:
        self.bucket = bucket
        self.patience = patience

    def read(self, stored: Stored, start: int, end: int) -> bytes:
        """One range of exactly this generation. The client tries again on its own, but not for an answer of the wrong length."""
        deadline = time.monotonic() + self.patience
        attempt = 0
        while True:
            try:
                return self.bucket.read(stored, start, end)
            except RefusedError as refused:
                if refused.code == NO_INPUT and self.bucket.find(stored.path) is not None:
                    changed = f"{stored.path} was changed in {self.bucket} while it was copied"
                    raise RefusedError(TEMPORARY, f"{changed}; another run starts from what is there then") from refused
                seconds = pause(attempt, FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)
                if refused.code != UNAVAILABLE or time.monotonic() + seconds > deadline:
                    raise
            time.sleep(seconds)
            attempt += 1

    def complete_manifest(self, objects: dict[str, Stored], model: str, revision: str, digest: str | None) -> Manifest:
        """What the bucket has, when it is all there and what was asked for; with a digest, when it is what the model lock says."""
        if not objects:
            raise RefusedError(NO_INPUT, f"there is nothing in {self.bucket}; {LOAD_AGAIN}")
        for name in (marker_of(revision), MANIFEST):
            if name not in objects:
                raise RefusedError(NO_INPUT, f"{self.bucket} has no {name}: the weights are not loaded to the end; {LOAD_AGAIN}")
        content = self._intact(objects[MANIFEST])
        if digest is not None and hashlib.sha256(content).hexdigest() != digest:
            other = f"{MANIFEST} of {self.bucket} is not what the model lock says; it was loaded without the lock, or written again since"
            raise RefusedError(DATA, f"{other}; {LOAD_AGAIN}")
        manifest = parse_manifest(content)
        if (manifest.model, manifest.revision) != (model, revision):
            found = f"{manifest.model} at revision {manifest.revision}"
            raise RefusedError(DATA, f"{MANIFEST} of {self.bucket} is of {found}, not of {model} at {revision}; {LOAD_AGAIN}")
        wrong = disagreements(manifest, objects)
        if wrong:
            raise RefusedError(DATA, f"{self.bucket} is not what its {MANIFEST} says: {'; '.join(wrong[:5])}; {LOAD_AGAIN}")
        return manifest

    def _intact(self, stored: Stored) -> bytes:
        """A whole small object, with the checksum that the bucket has for it."""
        for _ in range(WRONG_BYTES):
            content = self.read(stored, 0, stored.size)
            if crc32c_of(content) == stored.crc32c:
                return content
        raise RefusedError(UNAVAILABLE, f"{stored.path} of {self.bucket} arrives damaged, {WRONG_BYTES} times in a row")
