# Shared by the scripts: where the build tools live, and how a script speaks.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Build tools are kept outside the checkout, so that every clone finds them.
TOOLS=${REALTID_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/realtid}
export REALTID_TOOLS=$TOOLS
export PATH="$TOOLS/bin:$TOOLS/node_modules/.bin:$PATH"

TRUNK_VERSION=0.21.14
BINARYEN_VERSION=132.0.0
TERSER_VERSION=5.51.2
SOCKETIO_VERSION=4.8.4
TWIGGY_VERSION=0.8.0

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'realtid: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The version of a package in Cargo.lock, so that a tool and its library never part.
locked() {
  awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub(/"/, "", $3); print $3; exit }' "$ROOT/Cargo.lock"
}

# apt NAME...: installs Debian packages, as root or through sudo.
apt() {
  local sudo=()
  have apt-get || die "needs the packages '$*', and this is not Debian: install them by hand, then run this again"
  if [ "$(id -u)" != 0 ]; then
    have sudo || die "needs the packages '$*': run 'apt-get install $*' as root, then run this again"
    sudo=(sudo)
  fi
  say "installing $*"
  if [ ! -e "$TOOLS/.apt-updated" ] || [ -n "$(find "$TOOLS/.apt-updated" -mtime +0)" ]; then
    "${sudo[@]}" apt-get update -qq || die "'apt-get update' failed: see above"
    mkdir -p "$TOOLS" && touch "$TOOLS/.apt-updated"
  fi
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$TOOLS/apt.log" 2>&1 ||
    { tail -n 5 "$TOOLS/apt.log" >&2; die "'apt-get install $*' failed: see above"; }
}

# How this machine builds for wasm32: 'rustup' where the toolchain has the standard library's
# sources, which are built along, 'debian' where Debian's rustc-web stands in for it, otherwise
# nothing. REALTID_WASM=debian takes the latter even where both are there.
wasm_toolchain() {
  if [ "${REALTID_WASM:-rustup}" = rustup ] && [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    echo rustup
  elif dpkg -s rustc-web cargo-web rust-web-src lld-19 >/dev/null 2>&1; then
    echo debian
  fi
}
