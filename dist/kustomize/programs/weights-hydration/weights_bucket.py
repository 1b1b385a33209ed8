"""How weights lie in a bucket: the objects of one model at one revision under one prefix, a manifest, and last of all a marker.

Every write names the generation that it replaces (0: none), so that a second writer is noticed and a repeated request does no harm.
What has been verified says so in its own metadata: the sha256 of its content, and the crc32c that the bucket had computed by then.
"""

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import google_crc32c
import requests.exceptions
from exits import NO_INPUT, NO_PERMISSION, UNAVAILABLE
from google.api_core import exceptions as api_exceptions
from google.auth import exceptions as auth_exceptions
from google.cloud import storage
from google.cloud.storage import exceptions as storage_exceptions
from google.cloud.storage import fileio
from google.cloud.storage.retry import DEFAULT_RETRY
from refused import RefusedError, one_line
from weights_manifest import Manifest, parse_manifest
from weights_names import MANIFEST

CHUNK_BYTES = 16 * 2**20
# From the sending of a request to its answer.
ANSWER_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 30.0


class ChangedError(Exception):
    """An object is not of the generation that it was; another writer was here."""


@dataclass(frozen=True)
class Stored:
    """An object as the bucket has it. The path is relative to the prefix."""

    path: str
    size: int
    generation: int
    crc32c: str
    metadata: dict[str, str]

    @property
    def verified_sha256(self) -> str | None:
        """The sha256 of the content, when somebody has computed it; that of a copy or of an overwritten object does not count."""
        return self.metadata.get("sha256") if self.metadata.get("verified-crc32c") == self.crc32c else None


def crc32c_of(content: bytes) -> str:
    """The checksum of a content, as the bucket writes it."""
    return base64.b64encode(int(google_crc32c.value(content)).to_bytes(4, "big")).decode()


class WeightsBucket:
    """The objects under one prefix, with bounded retries, and with errors that a person understands."""

    def __init__(self, bucket: str, prefix: str, *, first_wait_seconds: float, patience_seconds: float) -> None:
        self.name = bucket
        self.answer_seconds = min(ANSWER_SECONDS, patience_seconds)
        self.prefix = prefix.strip("/") + "/"
        # Waits are chosen at random below a limit that doubles. The library retries only what does no harm twice.
        self.retry = DEFAULT_RETRY.with_delay(initial=first_wait_seconds, maximum=LONGEST_WAIT_SECONDS, multiplier=2.0).with_timeout(
            patience_seconds
        )
        with self.errors("connecting"):
            self._bucket = storage.Client().bucket(bucket)

    def __str__(self) -> str:
        return f"gs://{self.name}/{self.prefix}"

    @contextlib.contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Says what the libraries' errors mean."""
        try:
            yield
        except api_exceptions.PreconditionFailed as error:
            raise ChangedError(f"{action}: another writer changed it") from error
        except storage_exceptions.InvalidResponse as error:
            # What the upload classes raise has the answer, but not its class.
            if error.response.status_code == 412:
                raise ChangedError(f"{action}: another writer changed it") from error
            raise self._refusal(action, int(error.response.status_code), error) from error
        except api_exceptions.RetryError as error:
            raise self._refusal(action, 0, error.cause or error) from error
        except api_exceptions.GoogleAPICallError as error:
            raise self._refusal(action, int(error.code or 0), error) from error
        except auth_exceptions.GoogleAuthError as error:
            raise RefusedError(
                UNAVAILABLE, f"{self}: {action}: no credentials ({one_line(error)}); is Workload Identity on, here and on the node pool?"
            ) from error
        except (OSError, requests.exceptions.RequestException, storage_exceptions.DataCorruption) as error:
            raise self._refusal(action, 0, error) from error

    def _refusal(self, action: str, status: int, error: BaseException) -> RefusedError:
        if status in (401, 403):
            return RefusedError(
                NO_PERMISSION,
                f"{self}: {action}: permission denied ({status}). Grant this pod's service account its role on the bucket, for example"
                f" roles/storage.objectUser: {one_line(error)}",
            )
        if status == 404:
            return RefusedError(NO_INPUT, f"{self}: {action}: not found. Is there a bucket {self.name}, and is the object still there?")
        return RefusedError(UNAVAILABLE, f"{self}: {action}: the bucket does not answer as it should: {one_line(error)}")

    def _blob(self, path: str, generation: int | None = None) -> Any:
        return self._bucket.blob(self.prefix + path, generation=generation)

    def _stored(self, blob: Any) -> Stored:
        return Stored(
            path=str(blob.name).removeprefix(self.prefix), size=int(blob.size), generation=int(blob.generation), crc32c=str(blob.crc32c),
            metadata={str(key): str(value) for key, value in (blob.metadata or {}).items()},
        )

    def list(self) -> dict[str, Stored]:
        """All objects under the prefix, by path."""
        with self.errors("listing"):
            blobs = self._bucket.client.list_blobs(self._bucket, prefix=self.prefix, retry=self.retry, timeout=self.answer_seconds)
            return {stored.path: stored for stored in map(self._stored, blobs) if stored.path != ""}

    def find(self, path: str) -> Stored | None:
        with self.errors(f"looking for {path}"):
            blob = self._bucket.get_blob(self.prefix + path, retry=self.retry, timeout=self.answer_seconds)
            return None if blob is None else self._stored(blob)

    def read(self, stored: Stored, start: int = 0, end: int | None = None) -> bytes:
        """Bytes from start up to, not including, end, of exactly this generation."""
        stop = stored.size if end is None else min(end, stored.size)
        if start >= stop:
            return b""
        with self.errors(f"reading {stored.path}"):
            content = bytes(
                self._blob(stored.path, stored.generation).download_as_bytes(
                    start=start, end=stop - 1, raw_download=True, checksum=None, retry=self.retry, timeout=self.answer_seconds,
                )
            )
        if len(content) != stop - start:
            raise RefusedError(UNAVAILABLE, f"{self}: reading {stored.path}: {len(content)} bytes came instead of {stop - start}")
        return content

    def stream(self, stored: Stored) -> Iterator[bytes]:
        """The whole object in pieces; what holds for one read holds for each."""
        for start in range(0, stored.size, CHUNK_BYTES):
            yield self.read(stored, start, start + CHUNK_BYTES)

    def write(self, path: str, content: bytes, generation: int) -> Stored:
        """A small object, in place of the given generation; 0: there must be none. Raises ChangedError."""
        with self.errors(f"writing {path}"):
            blob = self._blob(path)
            try:
                blob.upload_from_string(
                    content, "application/octet-stream", if_generation_match=generation, checksum="crc32c", retry=self.retry,
                    timeout=self.answer_seconds,
                )
            except (api_exceptions.PreconditionFailed, storage_exceptions.InvalidResponse):
                # The answer to a first try may have been lost, then it is this program's own.
                found = self.find(path)
                if found is None or found.generation == generation or found.crc32c != crc32c_of(content) or found.size != len(content):
                    raise
                return found
            return self._stored(blob)

    def writer(self, path: str, generation: int) -> Any:
        """A resumable upload to write() to. Nothing is visible before close(); terminate() gives it up."""
        return fileio.BlobWriter(
            self._blob(path), chunk_size=CHUNK_BYTES, retry=self.retry, if_generation_match=generation, checksum="crc32c",
            content_type="application/octet-stream", timeout=self.answer_seconds,
        )

    def mark_verified(self, stored: Stored, digests: dict[str, str]) -> Stored:
        """Notes on the object that its content has these digests. Raises ChangedError when it is another by now."""
        with self.errors(f"noting that {stored.path} is verified"):
            blob = self._blob(stored.path)
            blob.metadata = {**stored.metadata, **digests, "verified-crc32c": stored.crc32c}
            blob.patch(if_generation_match=stored.generation, retry=self.retry, timeout=self.answer_seconds)
            return self._stored(blob)

    def delete(self, stored: Stored) -> None:
        """Exactly this generation; that it is gone already is all right."""
        with self.errors(f"deleting {stored.path}"), contextlib.suppress(api_exceptions.NotFound):
            self._blob(stored.path).delete(if_generation_match=stored.generation, retry=self.retry, timeout=self.answer_seconds)

    def copy_from(self, source: "WeightsBucket", stored: Stored, generation: int) -> Stored:
        """Within the storage: no byte comes here. Raises ChangedError."""
        with self.errors(f"copying {source}{stored.path}"):
            target, token = self._blob(stored.path), None
            while True:
                token, _, _ = target.rewrite(
                    source._blob(stored.path, stored.generation), token=token, if_generation_match=generation, retry=self.retry,
                    timeout=self.answer_seconds,
                )
                if token is None:
                    return self._stored(target)

    def read_manifest(self, objects: dict[str, Stored]) -> Manifest | None:
        return parse_manifest(self.read(objects[MANIFEST])) if MANIFEST in objects else None


def disagreements(manifest: Manifest, objects: dict[str, Stored]) -> list[str]:
    """Where the bucket is not what the manifest says; of a size alone, when nobody has verified the content."""
    found = []
    for file in manifest.files:
        stored = objects.get(file.path)
        if stored is None:
            found.append(f"{file.path} is missing")
        elif stored.size != file.size:
            found.append(f"{file.path} has {stored.size} bytes instead of {file.size}")
        elif stored.verified_sha256 not in (None, file.sha256):
            found.append(f"{file.path} has another sha256")
    return found
