"""Files that are written once. In a bucket an object is certain to be there only after its close; a sync does not finish it."""

import os
from typing import IO, Any


def put(file: IO[Any], content: bytes) -> None:
    """All of it into a file without a buffer, and to the disk."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def write_whole(path: str, content: bytes, drafts: str) -> None:
    """A file that is either not there or complete, however this process ends. Its draft stands in the folder of drafts."""
    draft = os.path.join(drafts, os.path.basename(path) + ".new")
    with open(draft, "wb", buffering=0) as file:
        put(file, content)
    os.replace(draft, path)
