#!/usr/bin/env python3
"""Playback in a browser, against a service that archives simulated traffic.

The cases are in web/test/browser/playback.mjs.
"""
import pathlib
import sys

import run as service
from common import PROGRAM, workdir
from run import Scene, get, wait_for
from web import in_browser, missing

ARCHIVED_S = 22
EMERGENCY = """
flights:
  - name: noradio
    equipment: mode_s
    route:
      - {{latitude_deg: 52.1, longitude_deg: 3.6, altitude_ft: 33000, speed_kt: 400}}
      - {{latitude_deg: 52.4, longitude_deg: 9.6}}
faults:
  - {{kind: emergency, flight: noradio, code: "7600", start_s: 12, end_s: 28}}
"""


def archive_is_long(scene):
    found = get(scene.http, "/api/v1/archive")
    return found.get("end_s", 0) - found.get("begin_s", 0) > ARCHIVED_S


def main():
    reason = missing()
    if reason:
        print(f"skip playback {reason}")
        return 0
    service.SCENARIO += EMERGENCY
    service.CONFIG += "archive: {{folder: archive, segment_s: 8}}\n"
    with workdir() as name:
        scene = Scene(pathlib.Path(name))
        try:
            scene.start()
            wait_for(lambda: scene.tracks())
            wait_for(lambda: archive_is_long(scene))
            return in_browser("playback.mjs", PROGRAM, scene.http,
                              scene.folder / "archive").returncode
        finally:
            scene.close()


if __name__ == "__main__":
    sys.exit(main())
