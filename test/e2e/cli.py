#!/usr/bin/env python3
"""Help, version and manual pages from one table."""
import subprocess

from common import ROOT, case, finish, need_tool, run

COMMANDS = ("replay", "decode", "convert", "track", "demo", "help")


def help_texts():
    everything = run("--help").stdout.decode()
    for command in COMMANDS:
        assert f"  {command} " in everything
        text = run(command, "--help").stdout.decode()
        assert text.startswith(f"usage: airpicture {command}"), text[:80]
        assert all(len(line) <= 80 for line in text.splitlines()), "a line beyond 80 columns"
        assert text == run("help", command).stdout.decode()


def version():
    assert run("--version").stdout.startswith(b"airpicture ")


def manual_pages():
    mandoc = need_tool("mandoc")
    for command in ("", *COMMANDS):
        arguments = ["help", "--man", command] if command else ["help", "--man"]
        page = run(*arguments).stdout
        name = f"airpicture-{command}.1" if command else "airpicture.1"
        lint = subprocess.run([mandoc, "-Tlint", "-Wwarning"], input=page, stdout=subprocess.PIPE)
        assert lint.returncode == 0, lint.stdout.decode()[:400]
        committed = ROOT / "doc/man" / name
        assert committed.read_bytes() == page, f"doc/man/{name} is stale: run 'make man'"


case("help", help_texts)
case("version", version)
case("manual pages", manual_pages)
finish()
