"""Whether the safetensors files of a model are whole, and all there."""

import json
from collections.abc import Mapping

from exits import DATA
from refused import RefusedError
from weights_bucket import Stored, WeightsBucket

# A header is JSON; the largest models have some hundred thousand tensors.
LONGEST_HEADER_BYTES = 100 * 2**20


def check_indexes(bucket: WeightsBucket, objects: Mapping[str, Stored], paths: set[str]) -> None:
    """Every shard that an index names must be among the paths."""
    for path in sorted(path for path in paths if path.endswith(".safetensors.index.json")):
        try:
            shards = {str(shard) for shard in json.loads(bucket.read(objects[path]))["weight_map"].values()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RefusedError(DATA, f"{path} is no index of safetensors: {error!r}") from error
        missing = sorted(shards - paths)
        if missing:
            raise RefusedError(DATA, f"{path} names {len(shards)} files, of which {len(missing)} are missing: {', '.join(missing[:5])}")


def check_safetensors(bucket: WeightsBucket, stored: Stored) -> None:
    """The tensors that the header names must fill the file exactly. https://huggingface.co/docs/safetensors"""
    try:
        header_bytes = int.from_bytes(bucket.read(stored, 0, 8), "little")
        if not 2 <= header_bytes <= min(LONGEST_HEADER_BYTES, stored.size - 8):
            raise ValueError(f"a header of {header_bytes} bytes")
        header = json.loads(bucket.read(stored, 8, 8 + header_bytes))
        ends = [int(tensor["data_offsets"][1]) for name, tensor in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise RefusedError(DATA, f"{bucket}{stored.path} is no safetensors file: {error}") from error
    expected = 8 + header_bytes + max(ends, default=0)
    if expected != stored.size:
        raise RefusedError(DATA, f"{bucket}{stored.path} has {stored.size} bytes, its header describes {expected}: it is not whole")
