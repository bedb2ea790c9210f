#!/bin/bash
# The configuration is taken; one with a mistake is refused, with the place of it.
set -euo pipefail
cd examples/third_party_filter

./hello_proxy --mode validate -c sluice.textproto

sed 's|path: "/hello"|path: "hello"|' sluice.textproto >"$TEST_TMPDIR/wrong.textproto"
if ./hello_proxy --mode validate -c "$TEST_TMPDIR/wrong.textproto" 2>"$TEST_TMPDIR/errors"; then
  echo "a wrong path was taken" >&2
  exit 1
fi
grep 'typed_config.path: must begin with a slash' "$TEST_TMPDIR/errors"
