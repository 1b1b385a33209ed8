"""A folder whose files are written once. In a bucket one is certain to be there only after its close; a sync does not finish it."""

import contextlib
import errno
import os
from typing import IO

from damage import TakenError


class Folder:
    """Stays open, since every folder on the way to a file is a request or two where nothing is believed from memory."""

    def __init__(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)
        self.path = path
        self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def names(self) -> list[str]:
        return os.listdir(self.path)

    def has(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._handle)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> bytes:
        with self._open(name, "rb") as file:
            return file.read()

    def put(self, name: str, content: bytes) -> None:
        """A new file. Raises TakenError when somebody else has made it."""
        try:
            self._write(name, "xb", content)
        except OSError as error:
            # So Cloud Storage FUSE says at the close that another mount has made the object meanwhile
            if error.errno in (errno.EEXIST, errno.ESTALE):
                raise TakenError(f"{self.path}/{name} is there already") from None
            raise

    def put_whole(self, name: str, content: bytes | bytearray, drafts: "Folder") -> None:
        """A file that is either not there or complete, however this process ends."""
        draft = f"{name}.new"
        drafts._write(draft, "wb", content)
        os.replace(draft, name, src_dir_fd=drafts._handle, dst_dir_fd=self._handle)

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.remove(name, dir_fd=self._handle)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)

    def _open(self, name: str, mode: str) -> IO[bytes]:
        return open(name, mode, buffering=0, opener=lambda _, flags: os.open(name, flags, 0o666, dir_fd=self._handle))

    def _write(self, name: str, mode: str, content: bytes | bytearray) -> None:
        with self._open(name, mode) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
            os.fsync(file.fileno())
