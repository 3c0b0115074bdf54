#!/bin/sh
# libbursar as a stranger meets it: installed, found by pkg-config, and giving nothing but bursar_*
# names. Compiles the example against the shared and the static library and runs both.
# Usage: library.sh <source folder> <build folder> <version>
set -eu
source_root=$1
build_root=$2
version=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "library.sh: $*" >&2
    exit 1
}

# Nothing but bursar_*, and at least the whole header's worth of it.
check_names() {
    strangers=$(nm "$@" | awk 'NF == 3 && $3 !~ /^bursar_/ {print $3}')
    [ -z "$strangers" ] || fail "$* also gives: $strangers"
    for name in $(grep -o 'bursar_[a-z_0-9]*(' "$include/bursar.h" | tr -d '('); do
        nm "$@" | grep -q " T $name\$" || fail "$* lacks $name"
    done
}

DESTDIR="$work/root" meson install -C "$build_root" --no-rebuild --quiet
pc=$(find "$work/root" -name bursar.pc)
[ -n "$pc" ] || fail "no bursar.pc was installed"
export PKG_CONFIG_PATH="${pc%/*}"
prefix="$work/root$(pkg-config --variable=prefix bursar)"
ask() { pkg-config --define-variable=prefix="$prefix" "$@"; }
include=$(ask --variable=includedir bursar)
library=$(ask --variable=libdir bursar)

[ "$(ask --modversion bursar)" = "$version" ] || fail "bursar.pc does not say $version"
check_names -D --defined-only "$library/libbursar.so"
check_names -g --defined-only "$library/libbursar.a"

example=$source_root/examples/balances.c
# shellcheck disable=SC2046
cc -Wall -Werror "$example" $(ask --cflags --libs bursar) -o "$work/shared"
# shellcheck disable=SC2046
cc -Wall -Werror "$source_root/examples/post.c" $(ask --cflags --libs bursar) -o "$work/post"
# shellcheck disable=SC2046
cc -Wall -Werror "$example" $(ask --cflags bursar) "$library/libbursar.a" \
    $(pkg-config --libs $(pkg-config --print-requires-private bursar | sed 's/[ >=].*//')) \
    -pthread -o "$work/static"

[ "$(LD_LIBRARY_PATH=$library "$work/shared" --version)" = "libbursar $version" ] ||
    fail "the example with the shared library does not run"
[ "$("$work/static" --version)" = "libbursar $version" ] ||
    fail "the example with the static library does not run"
[ "$(LD_LIBRARY_PATH=$library "$work/post" --version)" = "libbursar $version" ] ||
    fail "the example that posts does not run"
readelf -d "$work/shared" | grep -q 'libbursar.so.0' || fail "the shared library has no soname"
if readelf -d "$work/static" | grep -q 'libbursar'; then
    fail "the static example needs the shared library"
fi
if LD_LIBRARY_PATH=$library "$work/shared" 2>"$work/message"; then
    fail "the example runs without an endpoint"
fi
grep -q 'an endpoint is required' "$work/message" || fail "the example does not say what is wrong"

# The header is C++ too.
if command -v c++ >/dev/null; then
    printf '#include <bursar.h>\nint main() { return *bursar_version() ? 0 : 1; }\n' >"$work/x.cpp"
    # shellcheck disable=SC2046
    c++ -Wall -Wextra -Werror "$work/x.cpp" $(ask --cflags --libs bursar) -o "$work/cpp"
    LD_LIBRARY_PATH=$library "$work/cpp" || fail "the C++ program does not run"
fi
echo "library.sh: shared and static, $(nm -D --defined-only "$library/libbursar.so" | wc -l) names"
