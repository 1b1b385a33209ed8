#!/usr/bin/env bash
# gcsfuse v3.11.2: with the profile aiml-serving a folder that was listed before it was complete is listed so for the life of the mount,
# while what came later can be opened by its name.
#   first listing: model-0
#   listing after model-1 came: model-0
#   model-1 by its name: there
#   listing without the profile: model-0 model-1
. "$(dirname "$0")/shared/gcsfuse.sh"

listing() { ls "$1" | paste -sd ' '; }

mkdir "$bucket/weights"
echo there >"$bucket/weights/model-0"
mount_bucket --implicit-dirs --only-dir=weights
plain=$mounted
mount_bucket --profile=aiml-serving --only-dir=weights
listing "$plain" >/dev/null
see "first listing: $(listing "$mounted")"
echo there >"$bucket/weights/model-1"
see "listing after model-1 came: $(listing "$mounted")"
see "model-1 by its name: $(cat "$mounted/model-1")"
see "listing without the profile: $(listing "$plain")"
conclude
