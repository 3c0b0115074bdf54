#!/bin/sh
# After installation: one object in libbursar.a, in which only bursar_* is global, so that a program
# may have a wipe() or a seal() of its own.
# Usage: localize.sh <library folder, relative to the prefix> <objcopy> <ar> <compiler...>
set -eu
archive=$MESON_INSTALL_DESTDIR_PREFIX/$1/libbursar.a
objcopy=$2
ar=$3
shift 3
[ -f "$archive" ] || exit 0 # this part was not installed
object=$archive.o
"$@" -nostdlib -r -Wl,--whole-archive "$archive" -o "$object"
"$objcopy" --wildcard --keep-global-symbol='bursar_*' "$object"
rm "$archive"
"$ar" rcsD "$archive" "$object"
rm "$object"
