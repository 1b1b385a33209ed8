"""Digests of a file's bytes as they pass, and whether they are those of the file that is wanted."""

import base64
import hashlib

import google_crc32c
from wanted import WantedFile


class Digests:
    """What we promise, what the hub knows of small files, and what the bucket computes."""

    def __init__(self, file: WantedFile) -> None:
        self.size = 0
        self._file = file
        self._sha256 = hashlib.sha256()
        self._git_blob = None if file.git_blob is None else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
        self._crc32c = google_crc32c.Checksum()

    def update(self, piece: bytes) -> None:
        self.size += len(piece)
        self._sha256.update(piece)
        self._crc32c.update(piece)
        if self._git_blob is not None:
            self._git_blob.update(piece)

    @property
    def noted(self) -> dict[str, str]:
        """The digests that are noted on the object."""
        return {"sha256": self._sha256.hexdigest(), **({"git-blob": self._git_blob.hexdigest()} if self._git_blob else {})}

    @property
    def crc32c(self) -> str:
        """The checksum as the bucket writes it."""
        return base64.b64encode(self._crc32c.digest()).decode()

    @property
    def problem(self) -> str | None:
        """What is wrong with the bytes."""
        return difference(self._file, self.size, self.noted)


def difference(file: WantedFile, size: int, digests: dict[str, str]) -> str | None:
    """What is wrong with bytes of that size and with those digests, when they are to be this file."""
    if size != file.size:
        return f"{size} bytes instead of {file.size}"
    for name, expected in (("sha256", file.sha256), ("git-blob", file.git_blob)):
        if expected is not None and digests.get(name) != expected:
            return f"{name} {digests.get(name)} instead of {expected}"
    return None
