#!/usr/bin/env python3
"""The demo: a whole run, its files, and its errors against the truth."""
import json
import os
import pathlib
import pty
import re
import signal

from common import PROGRAM, ROOT, case, finish, run, workdir
from run import wait_for


def tool(path, words):
    """A program of a few words."""
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(0o755)
    return path


class OnTerminal:
    """`make demo` in a terminal, with nothing to build and a port of its own; on a desktop whose
    xdg-open writes down what it was asked for."""

    def __init__(self, folder, **desktop):
        folder.mkdir()
        self.asked = folder / "asked"
        tool(folder / "xdg-open", f'echo "$@" >> "{self.asked}"')
        self.given = folder / "given"
        program = tool(folder / "airpicture",
                       f'echo "$@" > "{self.given}"\nexec "{PROGRAM}" "$@" --port 0')
        names = {key: value for key, value in os.environ.items()
                 if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
        names["PATH"] = f"{folder}:{names['PATH']}"
        self.text = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execvpe("make", ["make", "-o", "build", f"PROGRAM={program}", "demo"],
                       {**names, **desktop})

    def reads(self):
        """True at the end of what it says."""
        try:
            part = os.read(self.terminal, 4096)
        except OSError:  # nobody has it open any more
            part = b""
        self.text += part
        return not part

    def address(self):
        while b"serves at" not in self.text or not self.text.endswith(b"\n"):
            assert not self.reads(), self.text
        return re.search(rb"serves at (http://127\.0\.0\.1:\d+)", self.text).group(1).decode()

    def end(self):
        """Ctrl-C: the program ends, and make, which heard of it too."""
        os.write(self.terminal, b"\x03")
        while not self.reads():
            pass
        os.close(self.terminal)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        assert status in (0, -signal.SIGINT) and b"ends, on a signal" in self.text, self.text


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        said = {}

        def browser():
            for i, desktop in enumerate(({"DISPLAY": ":7"}, {"WAYLAND_DISPLAY": "wayland-0"})):
                demo = OnTerminal(folder / f"desktop{i}", **desktop)
                address = demo.address()
                wait_for(lambda asked=demo.asked: asked.exists() and asked.read_text())
                demo.end()
                assert demo.asked.read_text() == f"{address}\n", demo.asked.read_text()

        def no_desktop():
            demo = OnTerminal(folder / "none")
            assert demo.address()
            demo.end()
            assert not demo.asked.exists(), demo.asked.read_text()
            assert "--at-end stay" in demo.given.read_text()  # also with 2>FILE

        def whole_run():
            done = run("demo", "--speed", "0", "-o", folder / "out", "--json",
                       folder / "score.json")
            said["text"] = done.stdout.decode()
            said.update(json.loads((folder / "score.json").read_text()))

        def files():
            for file in ("tracks.jsonl", "system.pcap", "archive.gpkg", "sensors.yaml",
                         "radars.pcap", "receiver.beast", "truth.csv"):
                path = folder / "out" / file
                assert path.exists() and path.stat().st_size > 0, file
                assert file in said["text"], f"{file} is not named at the end"

        def accuracy():
            assert said["completeness"] >= 0.97, said
            assert said["position_rms_m"] <= 150, said
            assert said["velocity_rms_mps"] <= 20, said
            assert said["false_track_seconds"] <= 60, said
            assert said["target_count"] >= 55, said

        case("on a terminal it serves, and opens the address in the desktop's browser", browser)
        case("without a desktop it serves, and opens nothing", no_desktop)
        case("whole run", whole_run)
        if said:
            case("files", files)
            case("errors against the truth", accuracy)


main()
finish()
