"""Files that are either not there or complete, however the process ends that writes them."""

import contextlib
import os
from collections.abc import Iterator
from typing import TextIO


@contextlib.contextmanager
def whole_file(path: str) -> Iterator[TextIO]:
    """A text to write. A killed process closes its files as well, so in a bucket, too, what is half written needs another name."""
    draft = f"{path}.new"
    with open(draft, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
