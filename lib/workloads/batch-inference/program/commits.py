"""The records of a shard that are in no file of a series yet: each commit is a file of its own.

A commit is written once, closed, and never touched again until it is removed. On Cloud Storage FUSE that is one object and its bytes go up
once; a line that is appended to an object has it read and uploaded again as a whole, and the bucket keeps what was before for a week.
https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md, https://cloud.google.com/storage/docs/soft-delete

`00003-00017.jsonl` is commit 17 of those that become the files 3 of the series. The numbers are what two processes on two nodes compete
for, since Cloud Storage FUSE knows no locks between them: a number is given once, and who wants one that is given has to end. An empty
commit closes the row: what comes before it is all that its files will ever hold.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from damage import TakenError
from folder import Folder

# Each small object costs a round trip or two.
AT_ONCE = 16
# So that a start has little to read, whatever a commit's size
MOST_COMMITS = 512
MOST_BYTES = 8 * 2**20


def commits_in(folder: Folder) -> dict[int, set[int]]:
    """The numbers of the commits that are there, by the number of the files that they become."""
    found: dict[int, set[int]] = {}
    for match in filter(None, map(re.compile(r"(\d{5})-(\d{5})\.jsonl").fullmatch, folder.names())):
        found.setdefault(int(match[1]), set()).add(int(match[2]))
    return found


class Commits:
    """The row of commits that become the files `number` of the series; they are joined once the last one of these is written."""

    def __init__(self, folder: Folder, number: int, there: set[int], is_joined: Callable[[], bool]) -> None:
        self._folder, self.number, self._is_joined = folder, number, is_joined
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

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Where each line stands, and the line. Half a line at the end is of a process that was killed: its commit never returned."""
        names = [_name(self.number, commit) for commit in range(self._count) if commit not in self._missing]
        self._bytes, self._emptied = 0, False
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for name, content in zip(names, pool.map(self._folder.read, names), strict=True):
                    self._bytes, self._ended = self._bytes + len(content), not content
                    self._emptied = self._emptied or self._ended
                    for count, line in enumerate(content.splitlines(keepends=True), 1):
                        if line.endswith(b"\n"):
                            yield f"{self._folder.path}/{name}, line {count}", line
            except FileNotFoundError as error:
                raise TakenError(f"{self._folder.path}/{error.filename} is gone") from None

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
        self._folder.put(_name(self.number, commit), content)
        # The number may have been free again because others have joined and removed them all.
        if self._is_joined():
            raise TakenError(f"somebody else has joined the commits {self.number:05d} in {self._folder.path}")

    def remove(self) -> None:
        remove(self._folder, self.number, range(self._count))


def remove(folder: Folder, number: int, commits: Iterable[int]) -> None:
    """Those that have been joined."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(folder.remove, (_name(number, commit) for commit in commits)))


def _name(number: int, commit: int) -> str:
    return f"{number:05d}-{commit:05d}.jsonl"
