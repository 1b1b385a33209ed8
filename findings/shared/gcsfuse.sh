# Sourced by the findings on gcsfuse. The head of a finding is read: the version that it names is built, and the lines that begin with
# "#   " are what was seen. Gives it $bucket, a folder whose files are the objects, and mount_bucket, reads_of, see and conclude.
set -euo pipefail

# The finding runs as a group of processes of its own, below one that waits: who reads from a mount cannot be ended before gcsfuse is.
if [ -z "${FINDING_FOLDER:-}" ]; then
  folder=$(mktemp -d -t finding-XXXXXX)
  group=
  clean() {
    kill -KILL -- "-$group" 2>/dev/null || :
    for _ in {1..50}; do
      umount -l "$folder"/mount-* 2>/dev/null || :
      rm -rf --one-file-system "$folder" 2>/dev/null && return
      sleep 0.1
    done
  }
  trap clean EXIT
  trap 'exit 1' HUP INT TERM
  FINDING_FOLDER=$folder timeout 1200 "$BASH" "$0" &
  group=$!
  wait "$group"
  exit
fi
folder=$FINDING_FOLDER

MODULE=github.com/googlecloudplatform/gcsfuse/v3
VERSION=$(sed -n 's/^# gcsfuse \(v[0-9.]*\):.*/\1/p' "$0")
sed -n '2,/^[^#]/s/^# //p' "$0"

cannot() {
  echo "not run: $*"
  exit 77
}

for command in go python3; do
  command -v "$command" >/dev/null || cannot "there is no $command on PATH"
done
[ -c /dev/fuse ] || cannot 'there is no /dev/fuse'
[ "$(id -u)" = 0 ] || cannot 'only root may mount without fusermount'
unshare --mount true 2>/dev/null || cannot 'this root may not mount'

export GOBIN=$folder GOFLAGS=-trimpath CGO_ENABLED=0
(cd "$folder" && timeout --foreground 900 nice go install "$MODULE@$VERSION" >build.log 2>&1) \
  || cannot "go could not build it: $(tail -n 1 "$folder/build.log")"
go version -m "$folder/gcsfuse" | awk '$1 == "mod" { print "built: " $2 " " $3 }'

bucket=$folder/bucket
requests=$folder/requests
mkdir "$bucket"
exec {answers}< <(exec python3 -u - "$bucket" "$requests" 2>"$folder/bucket.log" <<'PYTHON'
"""Speaks of Cloud Storage's JSON API what gcsfuse asks of a flat bucket. A file is an object; its time of change is its generation."""
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ROOT, REQUESTS = Path(sys.argv[1]), open(sys.argv[2], "w", buffering=1)


def objects():
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file())


def resource(name):
    status = (ROOT / name).stat()
    return {
        "kind": "storage#object", "bucket": "models", "name": name, "size": str(status.st_size), "generation": str(status.st_mtime_ns),
        "metageneration": "1", "updated": "2026-01-01T00:00:00Z", "storageClass": "STANDARD",
    }


class Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for header in {"Content-Length": len(body), **dict(headers)}.items():
            self.send_header(header[0], str(header[1]))
        self.end_headers()
        self.wfile.write(body)

    def say(self, value, status=200):
        self.answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def store(self, name, content):
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(content)
        self.say(resource(name))

    def do(self):
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)) or self.chunks()
        upload, rest = re.match(r"(/upload)?(?:/storage/v1/b)?/models(.*)", url.path).groups() if "/models" in url.path else (None, None)
        if rest == "":
            self.say({"kind": "storage#bucket", "name": "models"})
        elif upload:
            # One part says the name, the other is the content.
            boundary = re.search('boundary="?([^";]+)', self.headers["Content-Type"])[1].encode()
            metadata, content = (part.split(b"\r\n\r\n", 1)[1] for part in body.split(b"--" + boundary)[1:3])
            self.store(json.loads(metadata)["name"], content[:-2])
        elif rest == "/o":
            self.list(query.get("prefix", ""), query.get("delimiter"))
        elif rest is None or self.name(rest) not in objects() and not rest.endswith("/compose"):
            self.say({"error": {"code": 404, "message": "not found"}}, 404)
        elif rest.endswith("/compose"):
            self.store(self.name(rest), b"".join((ROOT / source["name"]).read_bytes() for source in json.loads(body)["sourceObjects"]))
        elif self.command == "DELETE":
            (ROOT / self.name(rest)).unlink()
            self.answer(204)
        elif url.path.startswith("/storage"):
            self.say(resource(self.name(rest)))
        else:
            self.media(self.name(rest))

    do_GET = do_POST = do_DELETE = do

    @staticmethod
    def name(rest):
        return unquote(re.sub("^/(o/)?|/compose$", "", rest))

    def chunks(self):
        body = b""
        while self.headers["Transfer-Encoding"] and (size := int(self.rfile.readline(), 16)):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def list(self, prefix, delimiter):
        found = [name for name in objects() if name.startswith(prefix)]
        folders = {prefix + name[len(prefix):].split("/")[0] + "/" for name in found if delimiter and "/" in name[len(prefix):]}
        items = [resource(name) for name in found if not any(name.startswith(folder) for folder in folders)]
        self.say({"kind": "storage#objects", "prefixes": sorted(folders), "items": items})

    def media(self, name):
        wanted, of = re.match(r"bytes=(\d+)-(\d*)$", self.headers["Range"] or ""), resource(name)
        size = int(of["size"])
        start, end = (int(wanted[1]), min(int(wanted[2] or size), size - 1) + 1) if wanted else (0, size)
        REQUESTS.write(f"{name} {end - start}\n")
        content = {"Content-Range": f"bytes {start}-{end - 1}/{size}"} if wanted else {}
        self.answer(206 if wanted else 200, {"Content-Length": end - start, "x-goog-generation": of["generation"], **content})
        with open(ROOT / name, "rb") as file:
            self.connection.sendfile(file, start, end - start)


server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
print(server.server_port)
server.serve_forever()
PYTHON
)
read -r -t 30 port <&"$answers"
url=http://127.0.0.1:$port

# Mounts the bucket with these options. $mounted is where, $gcsfuse the process.
mount_bucket() {
  mounted=$(mktemp -d "$folder/mount-XXXXXX")
  # What is not on loopback, such as where a machine on Google Cloud asks what it is, goes to the stand-in, which knows nothing of it.
  GCE_METADATA_HOST=${url#http://} HTTP_PROXY=$url HTTPS_PROXY=$url "$folder/gcsfuse" --foreground --custom-endpoint="$url/storage/v1/" \
    --anonymous-access --enable-hns=false --machine-type=none --temp-dir="$folder" "$@" models "$mounted" >>"$folder/gcsfuse.log" 2>&1 &
  gcsfuse=$!
  disown
  until mountpoint -q "$mounted"; do
    kill -0 "$gcsfuse" 2>/dev/null || { cat "$folder/gcsfuse.log"; exit 1; }
    sleep 0.1
  done
}

# How many requests have read an object so far, and how many MiB they got.
reads_of() {
  awk -v name="$1" '$1 == name { count++; bytes += $2 } END { print count + 0, bytes / 2 ^ 20 }' "$requests"
}

see() {
  echo "seen: $*"
  echo "$*" >>"$folder/seen"
}

conclude() {
  diff <(sed -n 's/^#   //p' "$0") "$folder/seen" || { echo 'changed'; exit 1; }
  echo 'as it was'
}
