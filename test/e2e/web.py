#!/usr/bin/env python3
"""The display in a browser, against the service with simulated traffic.

The cases are in web/test/browser/page.mjs.
"""
import os
import pathlib
import shutil
import subprocess
import sys

from common import PROGRAM, ROOT, WAIT_S

WEB = ROOT / "web"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def missing():
    if not shutil.which("node"):
        return "node is not installed"
    if not pathlib.Path(CHROMIUM).exists():
        return f"there is no browser at {CHROMIUM} (set CHROMIUM)"
    if not (WEB / "node_modules/playwright-core").is_dir():
        return "tools/install-page has not run"
    if not (WEB / "dist/index.html").exists():
        return "the page is not built"
    return None


def in_browser(script, *arguments, **options):
    """Runs a script of web/test/browser; returns the finished process."""
    return subprocess.run(["node", f"test/browser/{script}", *map(str, arguments)], cwd=WEB,
                          timeout=8 * WAIT_S, env={**os.environ, "CHROMIUM": CHROMIUM}, **options)


def run_cases(name):
    """Runs the cases of a script, or says why it cannot; returns an exit status."""
    reason = missing()
    if reason:
        print(f"skip {name} {reason}")
        return 0
    return in_browser(name, PROGRAM).returncode


if __name__ == "__main__":
    sys.exit(run_cases("page.mjs"))
