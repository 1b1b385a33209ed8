#!/usr/bin/env bash
# gcsfuse v3.11.2: each line that is appended and synced reads the whole file again, on a handle that stays open.
#   3 lines on a file of 8 MiB: 24 MiB read
#   in the bucket afterwards: 8 MiB and 21 bytes
. "$(dirname "$0")/shared/gcsfuse.sh"

head -c 8M /dev/zero >"$bucket/records"
mount_bucket
# One process: each that ends closes what it was given, and that would be a flush.
python3 - "$mounted/records" <<'PYTHON'
import os
import sys
with open(sys.argv[1], "ab", buffering=0) as file:
    for _ in range(3):
        file.write(b"a line\n")
        os.fsync(file.fileno())
PYTHON
read -r _ mib < <(reads_of records)
see "3 lines on a file of 8 MiB: $mib MiB read"
see "in the bucket afterwards: 8 MiB and $(($(stat -c %s "$bucket/records") - (8 << 20))) bytes"
conclude
