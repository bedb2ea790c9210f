#!/usr/bin/env python3
"""Side-by-side proxy benchmark: see README.md beside this file."""
import sys

from proxybench import cli

if __name__ == '__main__':
    sys.exit(cli.main())
