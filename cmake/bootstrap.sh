#!/bin/sh
# Installs what Sinter needs to build and test on Debian and Ubuntu, and only what is missing. Idempotent; as root or with
# sudo. Other systems: prints the list and goes on. Arguments are further packages, for example `clang-format`; --peers is
# what `make bench-peers` compares with, and nothing else needs.
set -eu

if [ "${1:-}" = --peers ]; then
  shift
  set -- faust libfaust2 clang "$@"
fi

packages="g++ cmake ninja-build make pkg-config
  libasmjit-dev libxsimd-dev rapidjson-dev libkissfft-dev libsndfile1-dev libsamplerate0-dev
  libebur128-dev zlib1g-dev libcli11-dev doctest-dev libbenchmark-dev
  portaudio19-dev libboost-dev jackd2
  python3 python3-jsonschema graphviz sonic-pi-samples $*"

# Tests use these where they are there: the realtime sanitizer's runtime, and a second compiler for exported headers.
wanted="libclang-rt-19-dev clang"

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  echo "bootstrap: this is not Debian or Ubuntu, so nothing is installed. Sinter needs the equivalents of:" >&2
  echo "$packages" | tr -s ' \n' ' ' | fold -s -w 100 | sed 's/^ */  /' >&2
  echo "bootstrap: vcpkg.json names the libraries for vcpkg." >&2
  exit 0
fi

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || [ -z "$(apt-cache policy "$package" 2>/dev/null)" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  echo "bootstrap: not root and no sudo; please run as root: apt-get install$missing" >&2
  exit 1
fi

echo "bootstrap: installing$missing" >&2
$as_root apt-get update -q
# shellcheck disable=SC2086  # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
