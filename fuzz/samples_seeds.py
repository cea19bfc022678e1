#!/usr/bin/env python3
"""Writes the seeds of the samples target: truth and tracks of a scene that our simulator makes.

    fuzz/samples_seeds.py [PROGRAM]      writes fuzz/corpus/samples/
"""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/airpicture"
CORPUS = ROOT / "fuzz/corpus/samples"
SCENE = """name: seeds
duration_s: 20
latitude_deg: 50
longitude_deg: 8
traffic: [{kind: en_route, count: 2, radius_nmi: 20, mode_s_share: 1, adsb_share: 0}]
sensors:
  - {name: a, kind: mode_s, sac: 1, sic: 1, latitude_deg: 50, longitude_deg: 8, height_m: 90,
     turn_s: 4, range_max_nmi: 60}
"""
# Metres of a plane, and the names that other programs use.
PLANE = """time_s,target_id,x,y,z,vx,vy,vz,sxx,sxy,syy
0,1,1000.5,-2e3,9000,200,0,0,900,0,1600
4.25,1,1850.5,-2000,9000,200,0,0,900,-12.5,1600
0,"two",-1,1,,,,,,,
"""
OTHER = """\
icao24,time_utc,lat,lon,altitude_ft,ground_speed_kt,track_deg,squawk,callsign,on_ground,state\r
3c0001,2024-03-01T12:00:00Z,50.1,8.2,35000,450,271.5,7700, DLH1 ,0,coasting\r
3c0001,2024-03-01T12:00:04.5Z,50.1,8.1,35000,450,271.5,7700,DLH1,false,tentative\r
"""


def lines(path, count):
    return "".join(path.read_text().splitlines(keepends=True)[:count])


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "scene.yaml").write_text(SCENE)
        run = [PROGRAM, "simulate", "-q", work / "scene.yaml", "-o", work / "s"]
        subprocess.run(run, check=True)
        for form in ("jsonl", "csv"):
            run = [PROGRAM, "replay", "-q", "-c", work / "s/sensors.yaml", work / "s/merged.pcap",
                   "-o", work / f"tracks.{form}"]
            subprocess.run(run, check=True)
        seeds = {"truth": lines(work / "s/truth.csv", 8), "plane": PLANE,
                 "tracks-jsonl": lines(work / "tracks.jsonl", 5),
                 "tracks-csv": lines(work / "tracks.csv", 5), "other": OTHER}
    for name, text in seeds.items():
        (CORPUS / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
