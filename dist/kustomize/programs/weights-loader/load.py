"""The command that takes weights from the hub."""

import json
from dataclasses import replace

from exits import DATA, NO_INPUT
from hub import Hub
from loader import Loader
from refused import RefusedError
from wanted import Needs, WantedFile, served
from weights_manifest import Entry, parse_files
from weights_names import is_served


def load(loader: Loader, hub: Hub, lock_file: str | None, needs: Needs) -> tuple[Entry, ...]:
    files = served(hub.model, hub.files(), needs, hub.read)
    if lock_file is not None:
        files = locked(files, lock_file)
    paths = {file.path for file in files}
    stray = sorted(path for path in loader.objects if is_served(path) and path.endswith(".safetensors") and path not in paths)
    if stray:
        names = ", ".join(stray[:5])
        raise RefusedError(DATA, f"{loader.bucket} holds {names}, which vLLM would load and the hub does not have; delete it")
    return loader.fill(files)


def locked(files: tuple[WantedFile, ...], lock_file: str) -> tuple[WantedFile, ...]:
    """The hub's files with the sha256 of a model lock, with which they have to agree."""
    entries = {entry.path: entry for entry in read_lock(lock_file)}
    differences = [f"{path} is not at the hub" for path in entries.keys() - {file.path for file in files} if is_served(path)]
    # A second copy of the weights, which no server loads, is left out of the lock.
    files = tuple(file for file in files if file.path in entries or not file.path.endswith(".safetensors"))
    for file in files:
        entry = entries.get(file.path)
        if entry is None:
            differences.append(f"{file.path} is not in the lock")
        elif entry.size != file.size:
            differences.append(f"{file.path} has {file.size} bytes at the hub, {entry.size} in the lock")
        elif file.sha256 not in (None, entry.sha256):
            differences.append(f"{file.path} has sha256 {file.sha256} at the hub, {entry.sha256} in the lock")
    if differences:
        found = "; ".join(sorted(differences))
        raise RefusedError(DATA, f"the lock is not of these weights: {found}. Make it again: npx cdk8s-vllm lock MODEL")
    return tuple(replace(file, sha256=entries[file.path].sha256) for file in files)


def read_lock(lock_file: str) -> tuple[Entry, ...]:
    """The files that a model lock names; the list alone will do as well."""
    try:
        with open(lock_file, encoding="utf-8") as opened:
            value = json.load(opened)
    except (OSError, ValueError) as error:
        raise RefusedError(NO_INPUT, f"{lock_file} cannot be read: {error}") from error
    return parse_files(value.get("files") if isinstance(value, dict) else value, lock_file)
