#!/usr/bin/env bash
# gcsfuse v3.11.2: fsync of a new file returns without an error, and the bucket has nothing. A program that is killed before close loses
# what it had synced.
#   objects after a file was closed: 1
#   fsync of another: no error
#   objects after fsync: 1
#   objects after gcsfuse was killed: 1
. "$(dirname "$0")/shared/gcsfuse.sh"

objects() { find "$bucket" -type f | wc -l; }

mount_bucket
echo 'a line' >"$mounted/closed"
see "objects after a file was closed: $(objects)"
# One process: each that ends closes what it was given, and that would be a flush.
python3 - "$mounted" "$bucket" "$gcsfuse" >"$folder/said" <<'PYTHON'
import contextlib
import os
import signal
import sys
mounted, bucket, gcsfuse = sys.argv[1:]
file = os.open(f"{mounted}/records", os.O_CREAT | os.O_WRONLY)
os.write(file, b"a line\n")
try:
    os.fsync(file)
    print("fsync of another: no error")
except OSError as error:
    print("fsync of another:", error)
print("objects after fsync:", len(os.listdir(bucket)))
os.kill(int(gcsfuse), signal.SIGKILL)
with contextlib.suppress(OSError):
    while True:  # until nobody answers
        os.statvfs(mounted)
PYTHON
while read -r line; do see "$line"; done <"$folder/said"
see "objects after gcsfuse was killed: $(objects)"
conclude
