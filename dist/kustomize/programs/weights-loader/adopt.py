"""The command that takes weights which are in the bucket already."""

from exits import DATA
from loader import Loader
from output import Output
from refused import RefusedError
from shards import check_safetensors
from wanted import WantedFile, served
from weights_bucket import WeightsBucket
from weights_manifest import Entry, Manifest
from weights_names import MANIFEST, is_served
from words import amount


def adopt(loader: Loader, source: WeightsBucket | None) -> tuple[Entry, ...]:
    """`source` is where they are copied from; None: they are in their place."""
    manifest = loader.bucket.read_manifest(loader.objects)
    if source is not None:
        copy(source, loader, manifest)
    files = served(str(loader.bucket), (WantedFile(stored.path, stored.size) for stored in loader.objects.values()))
    for file in files:
        if file.path.endswith(".safetensors"):
            check_safetensors(loader.bucket, loader.objects[file.path])
    entries = loader.fill(files)
    check_same_as_before(loader.bucket, manifest, {entry.path: entry.sha256 for entry in entries})
    return entries


def copy(source: WeightsBucket, loader: Loader, manifest: Manifest | None) -> None:
    """What is to be served, into the model's own place."""
    objects = loader.objects
    different = {
        path: stored for path, stored in source.list().items()
        if is_served(path) and (path not in objects or (objects[path].size, objects[path].crc32c) != (stored.size, stored.crc32c))
    }
    if manifest is not None:
        check_same_as_before(loader.bucket, manifest, {file.path: file.sha256 for file in manifest.files if file.path not in different})
    for path, stored in sorted(different.items()):
        loader.lock.check()
        objects[path] = loader.bucket.copy_from(source, stored, objects[path].generation if path in objects else 0)
        Output.say(f"{path}: copied from {source}, {amount(stored.size)}")


def check_same_as_before(bucket: WeightsBucket, manifest: Manifest | None, found: dict[str, str]) -> None:
    """A revision that was adopted once means those weights for ever."""
    before = found if manifest is None else {file.path: file.sha256 for file in manifest.files}
    changed = sorted({path for path, _ in before.items() ^ found.items()})
    if changed:
        raise RefusedError(
            DATA,
            f"{bucket} was adopted before, with other content of {', '.join(changed[:5])}. Weights that were trained again need a revision"
            f" of their own (or delete {MANIFEST} there, if no server runs on them)",
        )
