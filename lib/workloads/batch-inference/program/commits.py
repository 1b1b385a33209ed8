"""The records of a shard that are in no file of a series yet: each commit is a file of its own.

A commit is written once, closed, and never touched again until it is removed. On Cloud Storage FUSE that is one object and its bytes go up
once; a line that is appended to an object has it read and uploaded again as a whole, and the bucket keeps what was before for a week.
https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md, https://cloud.google.com/storage/docs/soft-delete

`00003-00017.jsonl` is commit 17 of those that become the files 3 of the series. The numbers are what two processes on two nodes compete
for, since Cloud Storage FUSE knows no locks between them: a number is given once, and who wants one that is given has to end. An empty
commit closes the row: what comes before it is all that its files will ever hold.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from damage import TakenError
from whole_file import put

# Each small object costs a round trip or two.
AT_ONCE = 16
# So that a start has little to read, whatever a commit's size
MOST_COMMITS = 512
MOST_BYTES = 8 * 2**20


def commits_in(folder: str) -> dict[int, set[int]]:
    """The numbers of the commits that are there, by the number of the files that they become."""
    found: dict[int, set[int]] = {}
    for match in filter(None, map(re.compile(r"(\d{5})-(\d{5})\.jsonl").fullmatch, os.listdir(folder))):
        found.setdefault(int(match[1]), set()).add(int(match[2]))
    return found


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


class Commits:
    """The row of commits that become the files `number` of the series, of which `joined` is the last one to be written."""

    def __init__(self, folder: str, number: int, there: set[int], joined: str) -> None:
        self._folder, self.number, self._joined = folder, number, joined
        self._missing = [commit for commit in range(max(there, default=-1)) if commit not in there]
        self._count = max(there, default=-1) + 1
        self._bytes = 0
        self._emptied = self._ended = False

    @property
    def closed(self) -> bool:
        """Whether nothing may be added; known once they are read. A gap closes them as well, lest somebody fill it later."""
        return self._emptied or bool(self._missing)

    @property
    def full(self) -> bool:
        return self._bytes >= MOST_BYTES or self._count >= MOST_COMMITS

    @property
    def empty(self) -> bool:
        return self._count == 0

    def _path(self, commit: int) -> str:
        return os.path.join(self._folder, f"{self.number:05d}-{commit:05d}.jsonl")

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Where each line stands, and the line. Half a line at the end is of a process that was killed: its commit never returned."""
        paths = [self._path(commit) for commit in range(self._count) if commit not in self._missing]
        self._bytes, self._emptied = 0, False
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for path, content in zip(paths, pool.map(_content, paths), strict=True):
                    self._bytes, self._ended = self._bytes + len(content), not content
                    self._emptied = self._emptied or self._ended
                    for count, line in enumerate(content.splitlines(keepends=True), 1):
                        if line.endswith(b"\n"):
                            yield f"{path}, line {count}", line
            except FileNotFoundError as error:
                raise TakenError(f"{error.filename} is gone") from None

    def add(self, content: bytes) -> None:
        self._write(self._count, content)
        self._count, self._bytes = self._count + 1, self._bytes + len(content)

    def close(self) -> None:
        """From here on nobody can add anything to them."""
        for commit in self._missing:
            self._write(commit, b"")
        self._missing = []
        if not self._ended:
            self.add(b"")
            self._emptied = self._ended = True

    def _write(self, commit: int, content: bytes) -> None:
        path = self._path(commit)
        try:
            with open(path, "xb", buffering=0) as file:
                put(file, content)
        except FileExistsError:
            raise TakenError(f"{path} is there already") from None
        except OSError as error:
            # So Cloud Storage FUSE says that another mount has made the object meanwhile
            if error.errno == errno.ESTALE:
                raise TakenError(f"{path} was written by somebody else") from None
            raise
        # The number may have been free again because others have joined and removed them all.
        if os.path.exists(self._joined):
            raise TakenError(f"{self._joined} is there already")

    def remove(self) -> None:
        remove(self._folder, self.number, range(self._count))


def remove(folder: str, number: int, commits: Iterable[int]) -> None:
    """Those that have been joined."""

    def one(commit: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(folder, f"{number:05d}-{commit:05d}.jsonl"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, commits))
