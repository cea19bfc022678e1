#!/usr/bin/env python3
"""The display in a browser, against the service with recorded traffic: pictures, login, restart.

The cases are in web/test/browser/recorded.mjs.
"""
import sys

from web import run_cases

if __name__ == "__main__":
    sys.exit(run_cases("recorded.mjs"))
