#!/usr/bin/env bash
# gcsfuse v3.11.2: parallel downloads fetch a file of 256 MiB by 2 requests, although parallel-downloads-per-file is 16:
# a chunk has 200 MiB.
#   by default: 2 requests, 256 MiB
#   with download-chunk-size-mb 25: 11 requests, 256 MiB
. "$(dirname "$0")/shared/gcsfuse.sh"

# Reads an object through a cache of its own.
read_all() {
  mount_bucket --cache-dir="$folder/cache-$2" --file-cache-max-size-mb=-1 --file-cache-enable-parallel-downloads "${@:3}"
  cat "$mounted/$2" >/dev/null
  read -r count mib < <(reads_of "$2")
  see "$1: $count requests, $mib MiB"
}

truncate -s 256M "$bucket/model-0" "$bucket/model-1"
read_all 'by default' model-0
read_all 'with download-chunk-size-mb 25' model-1 --file-cache-download-chunk-size-mb=25
conclude
