"""Mounts a bucket as the CSI driver does, and becomes gcsfuse: the process that started this one is its parent.

usage: mount.py BUCKET POINT CONFIG READ_ONLY GCSFUSE [FLAG …]

The driver opens /dev/fuse, mounts that descriptor, and leaves it to gcsfuse in the sidecar, which is a plain user.
https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/pkg/csi_mounter/csi_mounter.go
"""

import ctypes
import os
import sys

MS_RDONLY, MS_NOSUID, MS_NODEV = 1, 2, 4
SIDECAR_USER = 65534
DESCRIPTOR = 3

bucket, point, config, read_only, gcsfuse, *flags = sys.argv[1:]
device = os.open("/dev/fuse", os.O_RDWR)
options = f"allow_other,default_permissions,rootmode=40000,user_id=0,group_id=0,fd={device}"
libc = ctypes.CDLL(None, use_errno=True)
flags_of_mount = MS_NODEV | MS_NOSUID | (MS_RDONLY if read_only == "true" else 0)
if libc.mount(bucket.encode(), point.encode(), b"fuse", flags_of_mount, options.encode()) != 0:
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
# By its descriptor: it may lie where the sidecar's user sees nothing.
program = os.open(gcsfuse, os.O_RDONLY)
# It opens its own standard output again, as the user it is by then.
os.fchmod(1, 0o666)
if device != DESCRIPTOR:
    os.dup2(device, DESCRIPTOR)
    os.close(device)
os.set_inheritable(DESCRIPTOR, True)
os.setgroups([])
os.setgid(SIDECAR_USER)
os.setuid(SIDECAR_USER)
driver = ["--foreground", "--app-name=gke-gcs-fuse-csi", "--uid=0", "--gid=0", f"--config-file={config}"]
os.execve(program, [gcsfuse, *driver, *flags, bucket, f"/dev/fd/{DESCRIPTOR}"], dict(os.environ))
