"""The files that the bucket is to have."""

from collections.abc import Iterable
from dataclasses import dataclass

from exits import DATA
from refused import RefusedError
from weights_names import is_served


@dataclass(frozen=True)
class WantedFile:
    """A file, and what is known of its content: the hub has the sha256 of large files, and the digest that git gives to small ones."""

    path: str
    size: int
    sha256: str | None = None
    git_blob: str | None = None


def served(model: str, files: Iterable[WantedFile]) -> tuple[WantedFile, ...]:
    """The files that a server needs, when they are enough for one."""
    chosen = tuple(file for file in files if is_served(file.path))
    paths = {file.path for file in chosen}
    if not any(path.endswith(".safetensors") for path in paths):
        raise RefusedError(DATA, f"{model} has no *.safetensors; other formats run code when they are read, and are not loaded")
    if "config.json" not in paths:
        raise RefusedError(DATA, f"{model} has no config.json; vLLM cannot tell what it is")
    return chosen
