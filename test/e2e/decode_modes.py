#!/usr/bin/env python3
"""Registers of Comm-B replies in what `decode` prints: names, fields, JSON against CSV."""
import csv
import io
import json

from common import case, finish, lines_of_gz, need_data, run

# Fields of the reference decoder and ours.
SAME_FIELDS = {
    "5,0": {"roll": "roll_deg", "true_track": "track_deg", "track_rate": "track_rate_degps",
            "true_airspeed": "true_airspeed_kt"},
    "6,0": {"magnetic_heading": "heading_deg", "indicated_airspeed": "indicated_airspeed_kt",
            "mach": "mach", "baro_vertical_rate": "baro_rate_fpm",
            "inertial_vertical_rate": "inertial_rate_fpm"},
    "4,0": {"selected_altitude_mcp": "mcp_altitude_ft", "selected_altitude_fms": "fms_altitude_ft",
            "baro_pressure_setting": "baro_setting_hpa"},
}
outputs = {}


def decode():
    recording = need_data("modes/jet1090_tutorial.beast.gz")
    text = run("decode", "--to", "jsonl", recording).stdout.decode()
    outputs["json"] = [json.loads(line) for line in text.splitlines()]
    text = run("decode", "--to", "csv", recording).stdout.decode()
    outputs["csv"] = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(outputs["json"]) == len(outputs["csv"]) == 71939


def reference():
    return csv.DictReader(lines_of_gz(need_data("modes/jet1090_tutorial_reference.csv.gz")))


def check_names():
    other = [(row["n"], row["bds"], frame.get("bds"))
             for row, frame in zip(reference(), outputs["json"])
             if row["df"] in ("20", "21") and row["bds"] and frame.get("bds") != row["bds"]]
    assert not other, f"{len(other)} named otherwise, first {other[:3]}"
    assert all(0.9 <= frame["bds_score"] <= 1 for frame in outputs["json"] if "bds" in frame)


def check_fields():
    """Every value that the reference has for 4,0 5,0 6,0, and each register of 1,7."""
    count = 0
    for row, frame in zip(reference(), outputs["json"]):
        if row["df"] not in ("20", "21") or not row["other"] or "bds" not in frame:
            continue
        said = json.loads(row["other"])
        for theirs, ours in SAME_FIELDS.get(frame["bds"], {}).items():
            if theirs not in said:
                continue
            assert abs(said[theirs] - frame["register"][ours]) % 360 < 1e-5, (row["n"], ours)
            count += 1
        if frame["bds"] == "1,7":
            assert said["supported_bds"] == frame["register"]["registers"], row["n"]
            count += 1
    assert count > 100000, count


def check_csv():
    for frame, row in zip(outputs["json"], outputs["csv"]):
        assert None not in row and row["bds"] == frame.get("bds", "")
        assert {key for key, value in row.items() if value} == set(frame)
        members = dict(cell.split("=") for cell in row["register"].split(";") if cell)
        assert set(members) == set(frame.get("register", {})), row["frame"]


def main():
    case("decode of the recording", decode)
    case("register names of the reference", check_names)
    case("register fields of the reference", check_fields)
    case("CSV says what JSON says", check_csv)


main()
finish()
