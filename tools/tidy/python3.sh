#!/bin/sh
# Runs a Python program as a Bazel test.
exec python3 "$@"
