"""The manifest of a model at one revision: its files, with size and sha256."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from exits import DATA
from refused import RefusedError
from weights_names import MANIFEST


@dataclass(frozen=True)
class Entry:
    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    model: str
    revision: str
    files: tuple[Entry, ...]

    def to_json(self) -> bytes:
        files = [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in sorted(self.files, key=lambda file: file.path)]
        return (json.dumps({"model": self.model, "revision": self.revision, "files": files}, indent=2) + "\n").encode()

    @property
    def total_bytes(self) -> int:
        return sum(file.size for file in self.files)


def parse_files(value: Any, where: str) -> tuple[Entry, ...]:
    """A list of {path, size, sha256}, as in a manifest and in a model lock."""
    try:
        files = tuple(Entry(str(file["path"]), int(file["size"]), str(file["sha256"])) for file in value)
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError(DATA, f"{where} is no list of files with path, size and sha256: {error!r}") from error
    for file in files:
        problem = _problem(file)
        if problem is not None:
            raise RefusedError(DATA, f"{where}: {problem}")
    if not files:
        raise RefusedError(DATA, f"{where} names no file")
    twice = sorted(path for path, times in Counter(file.path for file in files).items() if times > 1)
    if twice:
        raise RefusedError(DATA, f"{where} names {', '.join(twice[:5])} more than once")
    return files


def _problem(file: Entry) -> str | None:
    if not is_plain_path(file.path):
        return f"{file.path!r} is not the path of a file below a folder; letters, digits and any of . _ + @ = - / are allowed"
    if file.size < 0:
        return f"{file.path} cannot have {file.size} bytes"
    if re.fullmatch(r"[0-9a-f]{64}", file.sha256) is None:
        return f"the sha256 of {file.path} ({file.sha256!r}) must have 64 hexadecimal digits"
    return None


def parse_manifest(content: bytes) -> Manifest:
    try:
        value = json.loads(content)
        model, revision, files = str(value["model"]), str(value["revision"]), value["files"]
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError(DATA, f"{MANIFEST} cannot be read: {error!r}; run the loader again") from error
    return Manifest(model, revision, parse_files(files, MANIFEST))


def is_plain_path(path: str) -> bool:
    """Whether a path stays where it is put: no root, no parent, nothing that a terminal or a file system takes amiss."""
    return re.fullmatch(r"[A-Za-z0-9_+@=-][A-Za-z0-9._+@=-]*(/[A-Za-z0-9_+@=-][A-Za-z0-9._+@=-]*)*", path) is not None
