"""Reads every shard of a folder as a loader does, one after the other, and prints the seconds.

usage: read_weights.py sequential|mmap FOLDER
"""

import mmap
import os
import sys
import time

BLOCK = 16 << 20
PAGE = 4096


def sequential(file: int) -> None:
    while os.read(file, BLOCK):
        pass


def mapped(file: int) -> None:
    with mmap.mmap(file, 0, prot=mmap.PROT_READ) as content:
        for offset in range(0, len(content), PAGE):
            content[offset]


how, folder = sys.argv[1:]
names = sorted(os.listdir(folder))
for name in names:
    # What the kernel still has of an earlier read is no read of the mount.
    file = os.open(os.path.join(folder, name), os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)
start = time.monotonic()
for name in names:
    file = os.open(os.path.join(folder, name), os.O_RDONLY)
    (sequential if how == "sequential" else mapped)(file)
    os.close(file)
print(time.monotonic() - start)
