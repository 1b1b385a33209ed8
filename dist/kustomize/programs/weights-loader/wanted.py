"""The files that the bucket is to have."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from repository import Repository


@dataclass(frozen=True)
class WantedFile:
    """A file, and what is known of its content: the hub has the sha256 of large files, and the digest that git gives to small ones."""

    path: str
    size: int
    sha256: str | None = None
    git_blob: str | None = None


@dataclass(frozen=True)
class Needs:
    """What the server will be told that decides which files it needs."""

    trust_remote_code: bool
    skip_tokenizer_init: bool


def served(model: str, files: Iterable[WantedFile], needs: Needs, read: Callable[[WantedFile], bytes]) -> tuple[WantedFile, ...]:
    """The files that a server needs, when they are enough for one."""
    there = {file.path: file for file in files}
    repository = Repository(model, frozenset(there), lambda path: read(there[path]))
    return tuple(there[path] for path in repository.served(needs.trust_remote_code, needs.skip_tokenizer_init))
