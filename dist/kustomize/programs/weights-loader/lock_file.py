"""The files that a model lock names, with which what is loaded has to agree."""

import json
from dataclasses import replace

from exits import DATA, NO_INPUT
from refused import RefusedError
from wanted import WantedFile
from weights_manifest import Entry, parse_files
from weights_names import is_served


def read_lock(path: str) -> tuple[Entry, ...]:
    """The list alone will do as well as a whole lock."""
    try:
        with open(path, encoding="utf-8") as opened:
            value = json.load(opened)
    except (OSError, ValueError) as error:
        raise RefusedError(NO_INPUT, f"{path} cannot be read: {error}") from error
    return parse_files(value.get("files") if isinstance(value, dict) else value, path)


def agreed(files: tuple[WantedFile, ...], lock: tuple[Entry, ...], where: str) -> tuple[WantedFile, ...]:
    """The files with the sha256 of a model lock, with which they have to agree. `where` they are is said in the refusal."""
    entries = {entry.path: entry for entry in lock}
    differences = [f"{path} is not {where}" for path in entries.keys() - {file.path for file in files} if is_served(path)]
    for file in files:
        entry = entries.get(file.path)
        if entry is None:
            differences.append(f"{file.path} is not in the lock")
        elif entry.size != file.size:
            differences.append(f"{file.path} has {file.size} bytes {where}, {entry.size} in the lock")
        elif file.sha256 not in (None, entry.sha256):
            differences.append(f"{file.path} has sha256 {file.sha256} {where}, {entry.sha256} in the lock")
    if differences:
        found = "; ".join(sorted(differences))
        raise RefusedError(DATA, f"the lock is not of these weights: {found}. Make it again: npx cdk8s-vllm lock MODEL")
    return tuple(replace(file, sha256=entries[file.path].sha256) for file in files)
