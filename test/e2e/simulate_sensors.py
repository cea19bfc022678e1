#!/usr/bin/env python3
"""Simulated multilateration, ADS-B station, receivers and another tracker, under faults: tshark
reads every record, and our own reader the values that the truth has."""
import bisect
import csv
import json
import pathlib
import subprocess

from common import case, finish, metres_between, need_tool, run, workdir

DURATION_S = 120
JAMMED_S = (60, 90)
OUT_S = (40, 70)
MAST = (52.0, 4.5)
LATE = "delta"  # its broadcasts are sent again

FLIGHT = ("  - {{name: {name}, address: \"{address:06X}\", mode_3a: \"{code:04o}\", nac_p: 9, "
          "route: [{{latitude_deg: {lat}, longitude_deg: 4.2, altitude_ft: {feet}, speed_kt: 400}},"
          " {{latitude_deg: {lat}, longitude_deg: 5.6}}]}}\n")
NAMES = ("alpha", "bravo", "charlie", LATE)
SCENARIO = """
name: Sensors
duration_s: {duration}
latitude_deg: 52
longitude_deg: 4.5
height_offset_m: 40
truth_step_s: 1
flights:
{flights}
sensors:
  - {{name: wam, kind: mlat, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4.5, turn_s: 1,
     arrival_sigma_ns: 20, detection_probability: 0.97}}
  - {{name: station, kind: adsb, format: cat021, sac: 1, sic: 2, latitude_deg: 52.1,
     longitude_deg: 4.6, height_m: 30, turn_s: 1, delay_s: 0.3, delay_jitter_s: 0.2, loss: 0.1}}
  - {{name: tracker, kind: tracker, sac: 1, sic: 3, latitude_deg: 52, longitude_deg: 4.5,
     turn_s: 4, position_sigma_m: 40, range_max_m: 400000}}
  - {{name: one, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4.4}}
  - {{name: two, kind: adsb, format: beast, clock: gps, latitude_deg: 52, longitude_deg: 4.4}}
faults:
  - {{kind: outage, sensor: wam, start_s: {out[0]}, end_s: {out[1]}}}
  - {{kind: jamming, start_s: {jammed[0]}, end_s: {jammed[1]}, latitude_deg: 52,
     longitude_deg: 4.5, radius_m: 500000}}
  - {{kind: ghosts, count: 3, start_s: 10, latitude_deg: {mast[0]}, longitude_deg: {mast[1]},
     radius_m: 40000}}
  - {{kind: replay, flight: {late}, start_s: 30, delay_s: 20}}
  - {{kind: emergency, flight: bravo, start_s: 50, code: "7600"}}
  - {{kind: altitude, flight: charlie, offset_ft: 1000}}
"""
ADDRESS = 0x4B0001
GHOST = 0xF18001
FEET = (30000, 31000, 32000, 33000)


def write_scenario(path):
    flights = "".join(FLIGHT.format(name=name, address=ADDRESS + i, code=0o1001 + i,
                                    lat=52.0 + 0.2 * i, feet=FEET[i])
                      for i, name in enumerate(NAMES))
    path.write_text(SCENARIO.format(flights=flights.rstrip("\n"), duration=DURATION_S,
                                    jammed=JAMMED_S, out=OUT_S, mast=MAST, late=LATE))


def read_truth(path):
    """{address: ([time], [(latitude, longitude)])}."""
    truth = {}
    with open(path, newline="", encoding="ascii") as rows:
        for row in csv.DictReader(rows):
            times, places = truth.setdefault(int(row["icao24"], 16), ([], []))
            times.append(float(row["time_s"]))
            places.append((float(row["latitude_deg"]), float(row["longitude_deg"])))
    return truth


def place_at(truth, address, time_s):
    """Between two states a second apart: off by some centimetres."""
    times, places = truth[address]
    k = min(max(bisect.bisect_right(times, time_s), 1), len(times) - 1)
    share = (time_s - times[k - 1]) / (times[k] - times[k - 1])
    return tuple(a + share * (b - a) for a, b in zip(places[k - 1], places[k]))


def records_of(path, category):
    for line in run("decode", path).stdout.splitlines():
        record = json.loads(line)
        assert "err" not in record and "error" not in record, line[:300]
        if record.get("cat") == category:
            yield record["rec"]


def check_tshark(tshark, path):
    ports = [word for port in range(8601, 8604) for word in ("-d", f"udp.port=={port},asterix")]

    def fields(*arguments):
        done = subprocess.run([tshark, "-r", str(path), *ports, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=120, check=True)
        return done.stdout.decode().split("\n")[:-1]
    bad = fields("-Y", "_ws.malformed || _ws.expert.severity >= 6291456")
    assert not bad, bad[:3]
    seen = {int(c) for line in fields("-T", "fields", "-e", "asterix.category")
            for c in line.split(",") if c}
    assert seen == {19, 20, 21, 23, 62, 63, 65}, seen


class Run:
    def __init__(self, out):
        self.out = out
        self.truth = read_truth(out / "truth.csv")
        self.about = json.loads((out / "about.json").read_text())
        start = self.about["scenario"]["start"]
        hours, minutes, seconds = start.rstrip("Z").split("T")[1].split(":")
        self.start_tod_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)

    def error_m(self, address, tod_s, latitude, longitude):
        true = place_at(self.truth, address, tod_s - self.start_tod_s)
        return metres_between(latitude, longitude, *true)


def rms(values):
    return (sum(v * v for v in values) / len(values)) ** 0.5


def multilateration(r):
    errors, ghosts, times = [], 0, set()
    for rec in records_of(r.out / "wam.pcap", 20):
        assert rec["020"]["SIM"] == 1
        address, time_s = rec["220"], rec["140"] - r.start_tod_s
        at = rec["041"]["LAT"], rec["041"]["LON"]
        times.add(int(time_s))
        if address >= GHOST:
            assert metres_between(*at, *MAST) < 100, at
            ghosts += 1
            continue
        from_mast = metres_between(*at, *MAST) < 100
        error = r.error_m(address, rec["140"], *at)
        if address == ADDRESS + 3 and error > 500:
            assert from_mast and time_s > 29.9, (at, time_s)  # the recording
            continue
        errors.append(error)
        if address == ADDRESS + 1:
            assert rec["070"]["MODE3A"] == ("7600" if time_s >= 50 else "1002"), rec
    assert rms(errors) < 40, rms(errors)
    assert ghosts > 150, ghosts
    quiet = set(range(OUT_S[0] + 1, OUT_S[1] - 1))
    assert not times & quiet, sorted(times & quiet)
    assert len(times) > DURATION_S - len(quiet) - 5


def station(r):
    errors, jammed, levels, count = [], 0, set(), 0
    for rec in records_of(r.out / "station.pcap", 21):
        assert rec["040"]["SIM"] == 1
        address, sent_s = rec["080"], rec["077"] - r.start_tod_s
        count += 1
        if address == ADDRESS + 2:
            levels.add(rec["145"])
        if address == ADDRESS + 3:  # and its recording, which has the jammed messages later
            continue
        if "131" not in rec:
            jammed += 1
            assert JAMMED_S[0] <= sent_s < JAMMED_S[1] + 0.4 and rec["090"]["NACP"] == 0
        elif address >= GHOST:
            assert address < GHOST + 3 and rec["090"]["NACP"] == 9
        else:
            assert rec["071"] == rec["073"] or abs(rec["071"] - rec["073"]) < 0.01
            assert rec["090"]["NACP"] == 9 and rec["090"]["NUCPNIC"] == 8
            errors.append(r.error_m(address, rec["073"], rec["131"]["LAT"], rec["131"]["LON"]))
    assert rms(errors) < 15, rms(errors)
    assert levels == {FEET[2] / 100 + 10}, levels  # 1,000 ft off
    assert 70 < jammed <= 92, jammed  # three aircraft for 30 s, a tenth lost on the line
    # four aircraft, three ghosts and a recording each second, a tenth lost on the line
    assert 700 < count < 860, count


def tracker(r):
    errors, numbers = [], {}
    for rec in records_of(r.out / "tracker.pcap", 62):
        assert rec["080"]["SIM"] == 1
        address = rec["380"]["ADR"]
        numbers.setdefault(address, set()).add(rec["040"])
        errors.append(r.error_m(address, rec["070"], rec["105"]["LAT"], rec["105"]["LON"]))
    assert sorted(numbers) == [ADDRESS + i for i in range(4)], numbers
    assert all(len(n) == 1 for n in numbers.values()), numbers
    # 40 m an axis; four flights with two waves an axis: a small sample
    assert 30 < rms(errors) < 85, rms(errors)


def clocks(r):
    """At one place by two clocks: the same frames at the same times of the day."""
    def frames(name, kind):
        config = r.out / f"{name}.yaml"
        config.write_text("sensors:\n  - {name: " + name + ", kind: adsb, input: 1, "
                          "latitude_deg: 52, longitude_deg: 4.4, height_m: 0, clock: " + kind +
                          "}\n")
        found = {}
        for line in run("decode", "-c", config, r.out / f"{name}.beast").stdout.splitlines():
            frame = json.loads(line)
            if frame.get("type_code") == 11 and int(frame["icao24"], 16) < ADDRESS + 3:
                found.setdefault(frame["frame"], frame["time_s"])
        return found
    one, two = frames("one", "ticks"), frames("two", "gps")
    both = one.keys() & two.keys()
    assert len(both) > 0.5 * len(one), (len(both), len(one), len(two))
    assert all(abs(one[k] - two[k]) < 2e-6 for k in both), [
        (one[k], two[k]) for k in both if abs(one[k] - two[k]) >= 2e-6][:3]


def lines(r):
    sent = {one["name"]: one for one in r.about["sent"]}
    for name, one in sent.items():
        assert one["duplicate_count"] == one["reordered_count"] == 0, one
        assert (one["outage_count"] > 0) == (name == "wam"), one
        assert (one["lost_count"] > 0) == (name == "station"), one
        # what is on its way at the end does not arrive
        rest = one["left_count"] - one["outage_count"] - one["lost_count"] - one["packet_count"]
        assert 0 <= rest < 6, one
    lost, left = sent["station"]["lost_count"], sent["station"]["left_count"]
    assert abs(lost - 0.1 * left) < 4 * (0.09 * left) ** 0.5, (lost, left)


def receiver(r):
    addresses, blank = {}, 0
    for line in run("decode", r.out / "one.beast").stdout.splitlines():
        frame = json.loads(line)
        address = int(frame["icao24"], 16)
        addresses[address] = addresses.get(address, 0) + 1
        second = frame["time_s"] - r.start_tod_s
        blank += frame.get("type_code") == 0
        if address == ADDRESS and JAMMED_S[0] <= second < JAMMED_S[1]:
            assert "cpr_odd" not in frame and frame.get("type_code") != 19, line
    wanted = {ADDRESS + i for i in range(4)} | {GHOST + i for i in range(3)}
    assert wanted <= set(addresses), addresses
    assert blank > 200, blank  # four aircraft, two a second for 30 s, but for what is not heard
    # its own frames and, from 30 s on, those of 20 s before
    assert addresses[ADDRESS + 3] > 1.5 * addresses[ADDRESS], addresses


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        out = folder / "out"
        scenario = folder / "sensors.yaml"
        write_scenario(scenario)
        run("simulate", "-q", scenario, "-o", out)
        r = Run(out)
        case("tshark", lambda: check_tshark(need_tool("tshark"), out / "merged.pcap"))
        case("multilateration", multilateration, r)
        case("station", station, r)
        case("tracker", tracker, r)
        case("receiver", receiver, r)
        case("clocks", clocks, r)
        case("lines", lines, r)
    finish()


if __name__ == "__main__":
    main()
