"""Prints the compute capabilities that compiled libraries have kernels for: kernels.py WHEEL_OR_LIBRARY…

The headers of a fat binary say it without any tool of CUDA's: a magic number, the size of what follows, and then one entry a kernel
image with its kind (2: machine code) and its capability times ten.
"""

import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

MAGIC = struct.pack("<I", 0xBA55ED50)
MACHINE_CODE = 2


def capabilities(library: bytes) -> set[float]:
    found: set[float] = set()
    position = library.find(MAGIC)
    while position >= 0:
        _, version, header, size = struct.unpack_from("<IHHQ", library, position)
        start = position + header
        if version == 1 and start + size <= len(library):
            found.update(entries(library, start, start + size))
        position = library.find(MAGIC, position + len(MAGIC))
    return found


def entries(library: bytes, start: int, end: int) -> Iterator[float]:
    while start < end:
        kind, _, header, size = struct.unpack_from("<HHIQ", library, start)
        (capability,) = struct.unpack_from("<I", library, start + 28)
        if kind == MACHINE_CODE:
            yield capability / 10
        start += header + size


def libraries(path: str) -> Iterator[tuple[str, bytes]]:
    if not path.endswith(".whl"):
        yield path, Path(path).read_bytes()
        return
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if name.endswith(".so"):
                yield name, wheel.read(name)


def main() -> None:
    for path in sys.argv[1:]:
        for name, library in libraries(path):
            found = sorted(capabilities(library))
            if found:
                print(f"{name}: {', '.join(map(str, found))}")


if __name__ == "__main__":
    main()
