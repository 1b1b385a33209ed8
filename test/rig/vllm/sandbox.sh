#!/bin/bash
# Run a command as a container runtime would: as process 1, as a plain user without capabilities, with nothing but the system's
# libraries and the given directories, all of it read-only, and writable directories only where they are asked for.
#
#   unshare --mount --pid --fork --kill-child sandbox.sh UID [ro:TARGET=SOURCE | rw:TARGET]... -- COMMAND...
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

user=$1
shift
root=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$root"

for path in /bin /sbin /lib /lib64 /usr /etc /sys; do
  if [ -L "$path" ]; then
    cp -P "$path" "$root$path"
  elif [ -e "$path" ]; then
    mkdir -p "$root$path"
    mount --rbind "$path" "$root$path"
    mount -o remount,bind,ro "$root$path"
  fi
done

mkdir "$root/proc" "$root/dev" "$root/tmp"
mount -t proc proc "$root/proc"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
# every container gets this one, also with a read-only root
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/dev/shm"

while [ "$1" != -- ]; do
  target=${1#*:}
  case $1 in
    ro:*)
      mkdir -p "$root${target%%=*}"
      mount --bind "${target#*=}" "$root${target%%=*}"
      mount -o remount,bind,ro "$root${target%%=*}"
      ;;
    rw:*)
      mkdir -p "$root$target"
      mount -t tmpfs -o mode=777 tmpfs "$root$target"
      ;;
  esac
  shift
done
shift

cd "$root"
mkdir .old
pivot_root . .old
umount -l /.old
rmdir /.old
mount -o remount,ro /
# --kill-child is forgotten when the user changes
exec setpriv --pdeathsig KILL --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
