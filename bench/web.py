#!/usr/bin/env python3
"""The page under 20,000 moving tracks, against its limits: web/test/browser/bench.mjs.

Arguments: seconds, then milliseconds between messages; or --minutes 10, the heap alone."""
import pathlib
import subprocess
import sys

WEB = pathlib.Path(__file__).resolve().parents[1] / "web"

if not (WEB / "dist/index.html").exists():
    sys.exit("the page is not built: install node and npm, then make build")
sys.exit(subprocess.run(["node", "test/browser/bench.mjs", *sys.argv[1:]], cwd=WEB).returncode)
