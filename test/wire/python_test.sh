#!/bin/sh
# Runs a file of unittest cases: python_test.sh FILE [CASE...]
exec python3 -B "$@"
