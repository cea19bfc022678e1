#!/usr/bin/env python3
"""Targets of SBS, aircraft.json and GDL90 as inputs of decode and replay."""
import json
import pathlib

from common import case, finish, run, workdir

SBS = [f"MSG,3,1,1,400F99,1,2024/06/06,10:00:{second:02d}.000,,,,30000,,,"
       f"{50 + second * 0.002:.6f},2.000000,,,0,0,0,0" for second in range(40)]


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def replay(name, text):
    with workdir() as folder:
        folder = pathlib.Path(folder)
        (folder / name).write_text(text)
        done = run("replay", folder / name, "--tracks", folder / "tracks.jsonl", "--reports",
                   folder / "reports.jsonl")
        return (lines_of((folder / "tracks.jsonl").read_text()),
                lines_of((folder / "reports.jsonl").read_text()), done.stdout.decode())


def decode(text, *options, status=0):
    done = run("decode", *options, "-", stdin=text.encode(), status=status)
    return done.stdout.decode(), done.stderr.decode()


def sbs_becomes_a_track():
    tracks, reports, summary = replay("a.sbs", "\r\n".join(SBS) + "\r\n")
    assert len(reports) == 40, len(reports)
    assert tracks and tracks[-1]["icao24"] == "400f99", tracks[-1]
    assert abs(tracks[-1]["latitude_deg"] - (50 + 39 * 0.002)) < 0.01, tracks[-1]
    assert "adsb" in summary


def bad_lines_are_counted():
    text, told = decode("\n".join(SBS[:2] + ["MSG,3,1,1,40", "STA,,5"] + SBS[2:4]))
    assert len(text.splitlines()) == 4, text
    assert "1 syntax" in told and "1 status_frame" in told, told


def synthetic_stays_marked():
    documents = "".join(json.dumps({"now": 1717668000.5 + k, "messages": k, "aircraft": [
        {"hex": "400f99", "type": "mlat", "mlat": ["lat", "lon"], "alt_baro": 30000,
         "lat": 50 + 0.002 * k, "lon": 2, "seen_pos": 0.5, "seen": 0.1},
        {"hex": "400f9a", "type": "adsb_icao", "alt_baro": 20000, "lat": 51 + 0.002 * k, "lon": 2,
         "seen_pos": 0.2, "seen": 0.1, "nac_p": 9, "nic": 8}]}) for k in range(20))
    _, reports, summary = replay("aircraft.json", documents)
    assert len(reports) == 40, len(reports)
    assert "receiver 1 mlat" in summary and "receiver 1 " in summary, summary
    sensors = {report["icao24"]: report["sensor"] for report in reports}
    assert sensors["400f99"] != sensors["400f9a"], sensors
    rows = lines_of(decode(documents)[0])
    assert [row["synthetic"] for row in rows[:2]] == [True, False], rows[:2]


def csv_is_refused():
    _, told = decode("\n".join(SBS), "--to", "csv", status=64)
    assert "JSON lines" in told, told


case("SBS becomes a track", sbs_becomes_a_track)
case("bad SBS lines are counted", bad_lines_are_counted)
case("synthetic positions stay marked", synthetic_stays_marked)
case("a CSV of targets is refused", csv_is_refused)
finish()
