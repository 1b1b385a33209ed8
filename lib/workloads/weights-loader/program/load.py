"""The command that takes weights from the hub."""

from exits import DATA
from hub import Hub
from loader import Loader
from lock_file import agreed, read_lock
from refused import RefusedError
from wanted import Needs, served
from weights_manifest import Entry
from weights_names import is_served


def load(loader: Loader, hub: Hub, lock_file: str | None, needs: Needs) -> tuple[Entry, ...]:
    files = served(hub.model, hub.files(), needs, hub.read)
    if lock_file is not None:
        entries = read_lock(lock_file)
        # A second copy of the weights, which no server loads, is left out of the lock.
        named = {entry.path for entry in entries}
        files = agreed(tuple(file for file in files if file.path in named or not file.path.endswith(".safetensors")), entries, "at the hub")
    paths = {file.path for file in files}
    stray = sorted(path for path in loader.objects if is_served(path) and path.endswith(".safetensors") and path not in paths)
    if stray:
        names = ", ".join(stray[:5])
        raise RefusedError(DATA, f"{loader.bucket} holds {names}, which vLLM would load and the hub does not have; delete it")
    return loader.fill(files)
