"""The disk that is filled."""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

from exits import CANNOT_CREATE, IO, NO_PERMISSION, TEMPORARY, USAGE
from refused import RefusedError
from weights_manifest import Entry, Manifest
from weights_names import MANIFEST, marker_of

# Files on their way stand here, so that nobody takes them for whole ones.
PARTIAL = ".partial"
# The file system keeps it for itself.
IGNORED = "lost+found"
TOO_SMALL = "The disk is too small for the weights; its claim has to ask for more"


class Disk:
    """The directory that is filled: whole files under their names, each durable before the next step relies on it."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.partial = os.path.join(directory, PARTIAL)
        with self.errors("opening it"):
            self._lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RefusedError(TEMPORARY, f"{directory} is being filled by another process; two would write over each other") from error

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    @contextlib.contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Says what the system's errors mean."""
        try:
            yield
        except OSError as error:
            what = f"{self.directory}: {action}: {error.strerror}"
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise RefusedError(CANNOT_CREATE, f"{what}. {TOO_SMALL}") from error
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                user = f"user {os.getuid()}, group {os.getgid()}"
                raise RefusedError(NO_PERMISSION, f"{what}. The disk has to be writable for {user}") from error
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise RefusedError(USAGE, f"{what}. Mount the disk there") from error
            raise RefusedError(IO, what) from error

    def files(self) -> set[str]:
        """Names of everything that is there, whatever it is."""

        def refuse(error: OSError) -> NoReturn:
            raise error

        found = set()
        with self.errors("listing it"):
            for folder, folders, names in os.walk(self.directory, onerror=refuse):
                if folder == self.directory:
                    folders[:] = [name for name in folders if name not in (IGNORED, PARTIAL)]
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                found |= {os.path.relpath(os.path.join(folder, name), self.directory) for name in names + links}
        return found

    def has(self, entry: Entry) -> bool:
        """Whether the file is there with exactly these bytes."""
        path = self.path(entry.path)
        with self.errors(f"reading {entry.path}"):
            return os.path.isfile(path) and os.path.getsize(path) == entry.size and sha256_of(path) == entry.sha256

    def remove(self, name: str) -> None:
        with self.errors(f"removing {name}"), contextlib.suppress(FileNotFoundError):
            os.remove(self.path(name))
            self._sync_directory(os.path.dirname(self.path(name)))

    def clear_partial(self) -> None:
        with self.errors("removing what an earlier run left"):
            if os.path.isdir(self.partial):
                shutil.rmtree(self.partial)
            os.mkdir(self.partial)

    def free_bytes(self) -> int:
        with self.errors("asking for its free space"):
            status = os.statvfs(self.directory)
        return status.f_bavail * status.f_frsize

    def keep(self, file: int, partial: str, name: str) -> None:
        """Gives a whole file its name."""
        target = self.path(name)
        folder = os.path.dirname(target)
        with self.errors(f"keeping {name}"):
            os.fsync(file)
            os.makedirs(folder, exist_ok=True)
            os.replace(partial, target)
            while folder != self.directory:
                self._sync_directory(folder)
                folder = os.path.dirname(folder)
            self._sync_directory(folder)

    def write(self, name: str, content: bytes) -> None:
        partial = os.path.join(self.partial, name)
        with self.errors(f"writing {name}"), open(partial, "wb") as file:
            file.write(content)
            file.flush()
            self.keep(file.fileno(), partial, name)

    def finish(self, manifest: Manifest) -> None:
        """Manifest and marker, last of all.

        A snapshot may be taken while the disk is still mounted here. GKE mounts disks made from it without replaying the journal, so
        everything has to be in its place by then. https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver/pull/869
        """
        self.write(MANIFEST, manifest.to_json())
        os.sync()
        self.write(marker_of(manifest.revision), b"")
        with self.errors(f"removing {PARTIAL}"):
            os.rmdir(self.partial)
        os.sync()

    def _sync_directory(self, folder: str) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sha256_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
