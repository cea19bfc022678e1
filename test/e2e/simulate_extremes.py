#!/usr/bin/env python3
"""An object at 7 km/s and 199 km, one that falls from 70 km, a jet at Mach 2: no field of a format
is wrapped or makes its record vanish; what does not fit is left out, or told to be beyond."""
import csv
import json
import math
import pathlib

from common import case, finish, run, workdir

SCENARIO = """
name: Extremes
duration_s: 60
latitude_deg: 52
longitude_deg: 4
truth_step_s: 1
flights:
  - {name: fast, address: "4B0001", fall: {latitude_deg: 52, longitude_deg: 4, height_m: 199000,
     east_mps: 7000, up_mps: -1500}}
  - {name: high, address: "4B0002", fall: {latitude_deg: 52.1, longitude_deg: 4, height_m: 70000,
     east_mps: 100, up_mps: -7000}}
  - {name: jet, address: "4B0003", craft: jet, route: [
     {latitude_deg: 52, longitude_deg: 4, altitude_m: 15000, speed_mps: 640},
     {latitude_deg: 52, longitude_deg: 6}]}
sensors:
  - {name: radar, kind: combined, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 3.5, turn_s: 2,
     range_max_m: 470000, cone_deg: 90, elevation_sigma_deg: 0.1, registers: true,
     detection_probability: 0.9999, clutter_per_turn: 0}
  - {name: old, kind: ssr, format: cat001, sac: 1, sic: 2, latitude_deg: 52, longitude_deg: 3.5,
     turn_s: 2, range_max_m: 470000, cone_deg: 90}
  - {name: wam, kind: mlat, sac: 1, sic: 3, latitude_deg: 52, longitude_deg: 4.5, turn_s: 1,
     range_max_m: 470000}
  - {name: station, kind: adsb, format: cat021, sac: 1, sic: 4, latitude_deg: 52,
     longitude_deg: 4.6, turn_s: 1, range_max_m: 470000}
  - {name: other, kind: tracker, sac: 1, sic: 5, latitude_deg: 52, longitude_deg: 4.5, turn_s: 4,
     range_max_m: 470000}
  - {name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4.4,
     range_max_m: 470000}
"""
FT_M = 0.3048
ELEVATION_SIGMA_DEG = 0.1  # of the radar above
MODE_C_MAX_FL = 1267


def read_truth(path):
    truth = {}
    with open(path, newline="", encoding="ascii") as rows:
        for row in csv.DictReader(rows):
            truth[int(row["icao24"], 16), round(float(row["time_s"]))] = {
                key: float(row[key]) for key in ("height_m", "east_mps", "north_mps", "up_mps")}
    return truth


def records_of(out, name, category):
    done = run("decode", out / f"{name}.pcap")
    assert not done.stderr, done.stderr[:300]
    for line in done.stdout.splitlines():
        record = json.loads(line)
        assert "err" not in record and "error" not in record, line[:300]
        if record["cat"] == category:
            yield record["rec"]


def near(truth, address, time_s, key):
    """Least and greatest of it within a second or two."""
    values = [truth[address, t][key] for t in range(int(time_s) - 1, int(time_s) + 3)
              if (address, t) in truth]
    return min(values), max(values)


def height_at(truth, address, time_s):
    """Between two states a second apart."""
    second = int(time_s)
    before, after = (truth[address, t]["height_m"] for t in (second, second + 1))
    return before + (time_s - second) * (after - before)


def level(fl, truth, address, time_s, slack_fl=1.5):
    low, high = (h / FT_M / 100 for h in near(truth, address, time_s, "height_m"))
    if fl is None:
        assert high > MODE_C_MAX_FL, (address, time_s, high)
    else:
        assert low - slack_fl <= fl <= high + slack_fl, (address, time_s, fl, low, high)
    return fl is None


def radars(out, truth):
    left_out = heights = count = 0
    for rec in records_of(out, "radar", 48):
        if "220" not in rec:
            continue
        time_s = rec["140"] - 43200
        count += 1
        left_out += level(rec.get("090", {}).get("FL"), truth, rec["220"], time_s)
        height_ft = rec.get("110", {}).get("3DH")
        if rec["220"] == 0x4B0001:
            assert height_ft is None, rec["110"]
        elif height_ft is not None and (rec["220"], int(time_s) + 1) in truth:
            heights += 1
            # Noise of elevation at this range, a step of 25 ft, and of time while it falls.
            sigma_m = math.radians(ELEVATION_SIGMA_DEG) * rec["040"]["RHO"] * 1852
            off_m = height_ft * FT_M - height_at(truth, rec["220"], time_s)
            slack_m = 5 * sigma_m + 25 * FT_M + 7000 / 128
            assert abs(off_m) < slack_m, (rec["220"], time_s, off_m, slack_m)
    assert count > 3 * 30 - 10 and left_out > 20 and heights > 20, (count, left_out, heights)
    levels = [rec.get("090", {}).get("HGT") for rec in records_of(out, "old", 1) if "070" in rec]
    assert levels.count(None) > 20 and len(levels) > 70, levels
    assert all(fl is None or 0 < fl <= MODE_C_MAX_FL for fl in levels), levels


def multilateration(out, truth):
    left_out = [level(rec.get("090", {}).get("FL"), truth, rec["220"], rec["140"] - 43200)
                for rec in records_of(out, "wam", 20)]
    assert len(left_out) > 120 and sum(left_out) > 40, (len(left_out), sum(left_out))


def station(out, truth):
    seen = set()
    for rec in records_of(out, "station", 21):
        address, time_s = rec["080"], rec["073"] - 43200
        seen.add((address, level(rec.get("145"), truth, address, time_s)))
        low_ft, high_ft = (h / FT_M for h in near(truth, address, time_s, "height_m"))
        limit_ft = 32767 * 6.25
        assert min(low_ft, limit_ft) - 50 <= rec["140"] <= min(high_ft, limit_ft) + 50, rec
        low, high = (v * 60 / FT_M for v in near(truth, address, time_s, "up_mps"))
        rate, limit = rec["155"], 16383 * 6.25
        if rate["RE"]:
            assert abs(rate["BVR"]) == limit and low < -limit, (rate, low)
        else:
            assert low - 50 <= rate["BVR"] <= high + 50, (rate, low, high)
        slowest = min(abs(v) for v in near(truth, address, time_s, "east_mps"))
        speed_mps = rec["160"]["GS"] * 1852
        assert rec["160"]["RE"] == (address == 0x4B0001), (address, rec["160"])
        assert rec["160"]["RE"] or speed_mps > slowest - 1, (speed_mps, slowest)
    assert {(0x4B0001, True), (0x4B0002, True), (0x4B0002, False), (0x4B0003, False)} == seen, seen


def tracker(out, truth):
    seen = set()
    for rec in records_of(out, "other", 62):
        address, time_s = rec["380"]["ADR"], rec["070"] - 43200
        level(rec.get("136"), truth, address, time_s)
        low, high = near(truth, address, time_s, "east_mps")
        assert low - 20 < rec["185"]["VX"] < high + 20, (rec["185"], low, high)
        low, high = (v * 60 / FT_M for v in near(truth, address, time_s, "up_mps"))
        rate = rec.get("220")
        seen.add((address, rate is None))
        if rate is None:
            assert low < -32767 * 6.25
        else:
            assert low - 50 <= rate <= high + 50, (rate, low, high)
    assert (0x4B0001, True) in seen and (0x4B0003, False) in seen, seen


def receiver(out, _):
    """Speeds of 1022 kt and more a component are told in steps of 4 kt (subtype 2)."""
    speeds, altitudes = [], []
    for line in run("decode", out / "rx.beast").stdout.splitlines():
        frame = json.loads(line)
        if frame["icao24"] == "4b0003" and frame.get("type_code") == 19:
            speeds.append(frame["ground_speed_kt"])
        if frame["icao24"] == "4b0001":
            altitudes.append(frame.get("altitude_ft"))
    assert len(speeds) > 50 and all(abs(kt - 640 * 3600 / 1852) < 8 for kt in speeds), speeds[:5]
    assert len(altitudes) > 50 and all(a is None for a in altitudes), altitudes[:5]


def main():
    with workdir() as name:
        out = pathlib.Path(name) / "out"
        (pathlib.Path(name) / "x.yaml").write_text(SCENARIO)
        run("simulate", "-q", pathlib.Path(name) / "x.yaml", "-o", out)
        truth = read_truth(out / "truth.csv")
        for test in (radars, multilateration, station, tracker, receiver):
            case(test.__name__, test, out, truth)
    finish()


if __name__ == "__main__":
    main()
