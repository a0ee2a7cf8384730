#!/usr/bin/env bash
# Tries the tests: builds them once with the feature `planted`, runs them with each deliberate fault of `src/planted.rs` in turn, and prints
# which of them find it. Fails if nothing finds one, or if something fails without any.
#
#   tests/planted.sh                  every fault, each until something finds it
#   ALL=1 tests/planted.sh            every fault against every suite
#   BUGS="tie-passes" SUITES="committee simulation" tests/planted.sh
set -euo pipefail
cd "$(dirname "$0")/.."
suites=(${SUITES:-committee calendar handing_on workflow deliver people backup migrate damage simulation engine judging storm})
bugs=(${BUGS:-$(sed -n 's/^ *Bug::.* => "\(.*\)",$/\1/p' src/planted.rs)})
export MERIT_SEEDS="${MERIT_SEEDS:-8}" RUST_BACKTRACE=0 CI=true
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cargo test --quiet --features planted --no-run --message-format=json ${suites[@]/#/--test } >"$work/built"
program() { sed -n 's/.*"name":"'"$1"'".*"executable":"\([^"]*\)".*/\1/p' "$work/built" | tail -1; }
# Whether a suite finds a fault: it fails or dies. One that does not end in time has found nothing.
finds() {
  local code=0
  MERIT_PLANTED="$2" timeout "${PATIENCE:-900}" "$(program "$1")" --test-threads=4 >"$work/told.$1.$2" 2>&1 || code=$?
  [ "$code" -ne 0 ] && [ "$code" -ne 124 ]
}

for suite in "${suites[@]}"; do
  if [ -z "${QUICK:-}" ] && finds "$suite" none; then
    printf '%s fails with nothing planted:\n' "$suite"
    tail -20 "$work/told.$suite.none"
    exit 1
  fi
done
printf '| planted | found by |\n|---|---|\n'
missed=0
for bug in "${bugs[@]}"; do
  found=()
  for suite in "${suites[@]}"; do
    if finds "$suite" "$bug"; then
      found+=("$suite")
      [ -n "${ALL:-}" ] || break
    fi
  done
  [ "${#found[@]}" -gt 0 ] || missed=$((missed + 1))
  printf '| %s | %s |\n' "${bug//-/ }" "${found[*]:-nothing}"
done
[ "$missed" -eq 0 ]
