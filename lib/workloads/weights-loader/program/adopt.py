"""The command that takes weights which are in the bucket already."""

from exits import DATA
from loader import Loader
from lock_file import agreed, read_lock
from output import Output
from refused import RefusedError
from shards import check_safetensors
from wanted import Needs, WantedFile, served
from weights_bucket import Stored, WeightsBucket
from weights_manifest import Entry, Manifest
from weights_names import MANIFEST, is_named
from words import amount

Lock = tuple[Entry, ...] | None


def adopt(loader: Loader, source: WeightsBucket | None, lock_file: str | None, needs: Needs) -> tuple[Entry, ...]:
    """`source` is where they are copied from; None: they are in their place."""
    lock = None if lock_file is None else read_lock(lock_file)
    manifest = loader.bucket.read_manifest(loader.objects)
    if source is not None:
        copy(source, loader, manifest, lock, needs)
    files = served_in(loader.bucket, loader.objects, lock, needs)
    check_no_second_copy(loader.bucket, loader.objects, files)
    for file in files:
        if file.path.endswith(".safetensors"):
            check_safetensors(loader.bucket, loader.objects[file.path])
    entries = loader.fill(files)
    check_same_as_before(loader.bucket, manifest, {entry.path: entry.sha256 for entry in entries})
    return entries


def served_in(bucket: WeightsBucket, objects: dict[str, Stored], lock: Lock, needs: Needs) -> tuple[WantedFile, ...]:
    there = (WantedFile(stored.path, stored.size) for stored in objects.values())
    files = served(str(bucket), there, needs, lambda file: bucket.read(objects[file.path]))
    return files if lock is None else agreed(files, lock, f"in {bucket}")


def check_no_second_copy(bucket: WeightsBucket, objects: dict[str, Stored], files: tuple[WantedFile, ...]) -> None:
    """vLLM would load whatever weights lie there."""
    more = sorted(path for path in objects.keys() - {file.path for file in files} if is_named(path, "secondCopy"))
    if more:
        raise RefusedError(DATA, f"{bucket} holds the weights twice: delete {', '.join(more[:5])}, which is the same by its maker's names")


def copy(source: WeightsBucket, loader: Loader, manifest: Manifest | None, lock: Lock, needs: Needs) -> None:
    """What is to be served, into the model's own place."""
    objects, there = loader.objects, source.list()
    different = {
        path: there[path] for path in (file.path for file in served_in(source, there, lock, needs))
        if path not in objects or (objects[path].size, objects[path].crc32c) != (there[path].size, there[path].crc32c)
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
