"""Refuses weights that are missing, incomplete or of another revision, before a GPU waits for them.

usage: weights_check.py DIRECTORY MODEL REVISION [SHA256]

Loader and hydration write a manifest (model, revision, files with their sizes) and last of all an empty marker with the revision.
SHA256 is that of the manifest, where a model lock says what it has to be.
Exit codes as in sysexits.h: 0 complete, 64 wrong usage, 65 not what the server was made for.
"""

import hashlib
import json
import os
import sys

from exits import DATA, USAGE
from weights_names import MANIFEST, MARKER, marker_of


def fault(directory: str, model: str, revision: str, digest: str | None) -> str | None:
    """What is wrong with the weights, or nothing."""
    if not os.path.isdir(directory):
        return f"{directory} is not mounted"
    try:
        markers = sorted(name for name in os.listdir(directory) if name.startswith(MARKER))
    except OSError as error:
        return f"{directory} cannot be read: {error.strerror}; may this pod's service account read the weights?"
    if marker_of(revision) not in markers:
        if markers:
            others = ", ".join(marker.removeprefix(MARKER) for marker in markers)
            return f"there is revision {others}, not {revision}"
        return f"there is no marker {marker_of(revision)}: the weights are missing or not loaded to the end"
    try:
        with open(os.path.join(directory, MANIFEST), "rb") as file:
            content = file.read()
        manifest = json.loads(content)
        found = (manifest["model"], manifest["revision"])
        sizes = {entry["path"]: int(entry["size"]) for entry in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{MANIFEST} cannot be read: {error}"
    if found != (model, revision):
        return f"{MANIFEST} is of {found[0]} at revision {found[1]}"
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        return f"{MANIFEST} is not what the model lock says; they were loaded without it, or it was written again since"
    if not sizes:
        return f"{MANIFEST} names no file"
    for path, size in sorted(sizes.items()):
        try:
            actual = os.stat(os.path.join(directory, path)).st_size
        except OSError:
            return f"{path} is missing"
        if actual != size:
            return f"{path} has {actual} bytes instead of {size}"
    return None


def main() -> int:
    if len(sys.argv) not in (4, 5):
        print(__doc__, file=sys.stderr)
        return USAGE
    directory, model, revision, *digests = sys.argv[1:]
    problem = fault(directory, model, revision, digests[0] if digests else None)
    if problem is None:
        print(f"weights of {model} at revision {revision} are complete")
        return 0
    print(
        f"weights of {model} at revision {revision} cannot be served: {problem}.\n"
        "Weights in a bucket: kubectl apply -k CELL/weights, and wait until its Job is complete.\n"
        "Weights on a disk: then also kubectl delete -k CELL/server, and apply CELL/hydration, CELL/snapshot and CELL, each when the one"
        " before is complete.",
        file=sys.stderr,
    )
    return DATA


if __name__ == "__main__":
    sys.exit(main())
