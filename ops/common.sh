# shellcheck shell=bash
# Sourced by the scripts beside it: they all work in the root of the checkout.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# One set of flags for every build: with other flags SwiftPM compiles everything again.
# shellcheck disable=SC2034
swift_flags=(--explicit-target-dependency-import-check error)

say() {
    printf '==> %s\n' "$*"
}

# Leaves with $1 as the exit code (1 failed check, 2 wrong usage, 3 environment).
fail() {
    local code=$1
    shift
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit "$code"
}
