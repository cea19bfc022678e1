#!/usr/bin/env python3
"""Simulated radars to bytes: every record is read whole by `decode` and by tshark, with the same
values, marked as simulated, and where it tells a place that is the truth within the told noise."""
import csv
import functools
import json
import math
import pathlib
import subprocess

from common import case, finish, need_tool, run, workdir

SCENARIO = """
name: Radars
duration_s: 90
latitude_deg: 52
longitude_deg: 4.5
height_offset_m: 40
truth_step_s: 0.25
traffic:
  - {kind: mixed, count: 60, radius_m: 120000, adsb_share: 0.5, mode_s_share: 0.1,
     mode_ac_share: 0.3}
flights:
  - name: bus
    craft: vehicle
    equipment: none
    route:
      - {latitude_deg: 52.01, longitude_deg: 4.51, altitude_m: -38, speed_mps: 10}
      - {latitude_deg: 52.02, longitude_deg: 4.51}
sensors:
  - {name: combined, kind: combined, port: 8601, sac: 1, sic: 1, latitude_deg: 52.3,
     longitude_deg: 4.7, height_m: 60, turn_s: 4, range_max_nmi: 120, registers: true, merges: true,
     split_probability: 0.05, fruit_per_turn: 3, clutter_per_turn: 10, elevation_sigma_deg: 0.2,
     clutter_areas: [{latitude_deg: 52.2, longitude_deg: 4.2, plots_per_turn: 20}]}
  - {name: old, kind: combined, format: cat001, port: 8602, sac: 1, sic: 2, latitude_deg: 51.8,
     longitude_deg: 4.2, height_m: 60, turn_s: 6, range_max_nmi: 150, garbles: true, merges: true,
     fruit_per_turn: 3,
     reflectors: [{azimuth_deg: 10, range_m: 3000, length_m: 2000, normal_deg: 200, gain: 0.9}]}
  - {name: psr, kind: psr, port: 8603, sac: 1, sic: 4, latitude_deg: 52.1, longitude_deg: 5,
     height_m: 60, turn_s: 5, reference_area_m2: 10}
  - {name: modes, kind: mode_s, port: 8604, sac: 1, sic: 5, latitude_deg: 51.6, longitude_deg: 5,
     height_m: 60, turn_s: 8, garbles: true, clutter_per_turn: 0, plot_cap_per_sector: 2}
  - {name: smr, kind: smr, port: 8605, sac: 1, sic: 3, latitude_deg: 52.005, longitude_deg: 4.505,
     height_m: 50, clutter_per_turn: 3}
"""
SENSORS = ("combined", "old", "psr", "modes", "smr")
SITES = {"combined": (52.3, 4.7, 60), "modes": (51.6, 5, 60), "smr": (52.005, 4.505, 50)}
# Items of a plot that are compared with tshark: path in our JSON, tshark's field, its step.
COMPARED = {
    48: ((("040", "RHO"), 1 / 256), (("040", "THETA"), 360 / 65536), (("140",), 1 / 128),
         (("090", "FL"), 0.25), (("110", "3DH"), 25), (("020", "TYP"), 0), (("020", "SIM"), 0)),
    1: ((("040", "RHO"), 1 / 128), (("040", "THETA"), 360 / 65536), (("141",), 1 / 128),
        (("090", "HGT"), 0.25), (("020", "SIM"), 0), (("070", "G"), 0)),
    10: ((("040", "RHO"), 1), (("040", "TH"), 360 / 65536), (("042", "X"), 1), (("042", "Y"), 1),
         (("140",), 1 / 128), (("020", "SIM"), 0), (("000",), 0)),
    34: ((("030",), 1 / 128), (("020",), 360 / 256), (("041",), 1 / 128), (("000",), 0)),
    2: ((("030",), 1 / 128), (("020",), 360 / 256), (("041",), 1 / 128), (("000",), 0)),
}
SERVICE = (2, 34)


@functools.lru_cache(maxsize=None)
def records_of(folder, sensor):
    lines = run("decode", folder / "out" / f"{sensor}.pcap").stdout.splitlines()
    return [json.loads(line) for line in lines]


def find(record, path):
    for key in path:
        if not isinstance(record, dict) or key not in record:
            return None
        record = record[key]
    return record


def whole(folder, sensor):
    """Every record is read, and every plot says that it is simulated."""
    plots = 0
    for line in records_of(folder, sensor):
        assert "error" not in line and "rec" in line, line
        is_message = line["cat"] == 10 and line["rec"]["000"] != 1
        if line["cat"] in SERVICE or is_message:
            continue
        assert line["rec"]["020"]["SIM"] == 1 and not line["rec"]["020"].get("TST"), line
        plots += 1
    assert plots > 50, plots


def as_numbers(text):
    return [float(int(v, 16)) if v.startswith("0x") else float(v)
            for v in text.split(",") if v]


@functools.lru_cache(maxsize=None)
def known_to(tshark):
    """Names of its fields: one that it does not know would read as nothing."""
    done = subprocess.run([tshark, "-G", "fields"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    return {line.split("\t")[2] for line in done.stdout.decode().splitlines()
            if "\tasterix." in line}


def dissected(tshark, folder, sensor):
    """tshark finds nothing malformed and reads the same numbers in the same order."""
    path = folder / "out" / f"{sensor}.pcap"
    ports = [w for p in range(8601, 8606) for w in ("-d", f"udp.port=={p},asterix")]
    known = known_to(tshark)
    ours = records_of(folder, sensor)
    compared, fields = [], []
    for category in sorted({line["cat"] for line in ours}):
        for item, step in COMPARED[category]:
            name = "asterix.%03d_%s" % (category, "_".join(item))
            name += "_VALUE" if len(item) == 1 else ""
            assert name in known, f"tshark has no {name}"
            compared.append((category, item, step))
            fields.append(name)
    done = subprocess.run(
        [tshark, "-r", str(path), *ports, "-T", "fields", "-E", "separator=|", "-e",
         "_ws.malformed", "-e", "asterix.category", *[w for f in fields for w in ("-e", f)]],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    rows = [line.split("|") for line in done.stdout.decode().splitlines()]
    assert rows and not any(row[0] for row in rows), "malformed"
    assert all(row[1] for row in rows), "a datagram without ASTERIX"
    for column, (category, item, step) in enumerate(compared, 2):
        theirs = [v for row in rows for v in as_numbers(row[column])]
        mine = [find(line["rec"], item) for line in ours if line["cat"] == category]
        mine = [float(v) for v in mine if v is not None]
        assert len(theirs) == len(mine), (category, item, len(theirs), len(mine))
        assert all(abs(a - b) <= step / 1000 + 1e-9 for a, b in zip(theirs, mine)), (category, item)


def ecef(lat_deg, lon_deg, height_m):
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    n = 6378137.0 / math.sqrt(1 - 0.0066943799901413165 * math.sin(lat) ** 2)
    return ((n + height_m) * math.cos(lat) * math.cos(lon),
            (n + height_m) * math.cos(lat) * math.sin(lon),
            (n * (1 - 0.0066943799901413165) + height_m) * math.sin(lat))


def polar(site, place):
    """Slant range and azimuth from WGS-84 by rotation of ECEF."""
    lat, lon = math.radians(site[0]), math.radians(site[1])
    dx, dy, dz = (a - b for a, b in zip(ecef(*place), ecef(*site)))
    east = -math.sin(lon) * dx + math.cos(lon) * dy
    north = (-math.sin(lat) * (math.cos(lon) * dx + math.sin(lon) * dy) + math.cos(lat) * dz)
    return math.sqrt(dx * dx + dy * dy + dz * dz), math.atan2(east, north)


def truth_of(folder, key):
    flown = {}
    with open(folder / "out" / "truth.csv", newline="") as f:
        for row in csv.DictReader(f):
            flown.setdefault(row[key], {})[float(row["time_s"])] = tuple(
                float(row[k]) for k in ("latitude_deg", "longitude_deg", "height_m"))
    return flown


def place_at(states, time_s):
    before = math.floor(time_s * 4) / 4
    if before not in states or before + 0.25 not in states:
        return None
    share = (time_s - before) * 4
    return tuple(a + share * (b - a) for a, b in zip(states[before], states[before + 0.25]))


def errors(plots, sigma_m, sigma_rad):
    """Each residual over its deviation: mean and square are those of a unit normal."""
    assert len(plots) > 60, len(plots)
    for index, sigma in ((0, sigma_m), (1, sigma_rad)):
        unit = [plot[index] / sigma for plot in plots]
        mean = sum(unit) / len(unit)
        square = sum(u * u for u in unit) / len(unit)
        assert abs(mean) < 3.3 / math.sqrt(len(unit)), (index, mean, len(unit))
        assert abs(square - 1) < 3.3 * math.sqrt(2 / len(unit)), (index, square, len(unit))


def residual(site, place, range_m, azimuth_deg):
    true_m, true_rad = polar(site, place)
    off_rad = math.radians(azimuth_deg) - true_rad
    return range_m - true_m, (off_rad + math.pi) % (2 * math.pi) - math.pi


def addressed(folder, sensor, sigma_m, sigma_deg):
    """Plots with an address lie where that flight was at their time."""
    flown, plots = truth_of(folder, "icao24"), []
    for line in records_of(folder, sensor):
        record = line["rec"]
        if line["cat"] != 48 or "220" not in record:
            continue
        place = place_at(flown["%06x" % record["220"]], record["140"] - 43200)
        if place:
            plots.append(residual(SITES[sensor], place, record["040"]["RHO"] * 1852,
                                  record["040"]["THETA"]))
    errors(plots, sigma_m, math.radians(sigma_deg))


def surface(folder):
    """The bus is seen in every turn but few, in its place, and the cycle is told once a turn."""
    bus, plots, cycles = truth_of(folder, "target_id")["1"], [], 0
    for line in records_of(folder, "smr"):
        record = line["rec"]
        cycles += record["000"] == 2
        if record["000"] != 1:
            continue
        place = place_at(bus, record["140"] - 43200)
        off = residual(SITES["smr"], place, record["040"]["RHO"], record["040"]["TH"]) \
            if place else (1e9, 0)
        if abs(off[0]) < 40 and abs(off[1]) < 0.02:
            plots.append(off)
    assert 88 <= cycles <= 91, cycles
    assert 75 <= len(plots) <= 92, len(plots)
    errors(plots, math.hypot(5, 1 / math.sqrt(12)), math.radians(0.1))


def lost(folder):
    """What there was no room for is told in about.json and in the service messages."""
    about = json.loads((folder / "out" / "about.json").read_text())
    overloaded = sum(line["rec"]["050"]["COM"]["OVLXMT"]
                     for line in records_of(folder, "modes") if line["cat"] == 34)
    assert overloaded > 0
    assert about["unsent_count"] > 0


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "radars.yaml").write_text(SCENARIO)
        run("simulate", folder / "radars.yaml", "-o", folder / "out")
        for sensor in SENSORS:
            case(f"{sensor}: our reader", whole, folder, sensor)
        case("combined against the truth", addressed, folder, "combined",
             math.hypot(70, 7.2 / math.sqrt(12)), 0.08)
        case("Mode S against the truth", addressed, folder, "modes",
             math.hypot(30, 7.2 / math.sqrt(12)), 0.06)
        case("the bus against the truth", surface, folder)
        case("full sectors", lost, folder)
        for sensor in SENSORS:
            case(f"{sensor}: tshark", lambda s: dissected(need_tool("tshark"), folder, s), sensor)


main()
finish()
