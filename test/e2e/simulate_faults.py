#!/usr/bin/env python3
"""Faults of flights and of sensors, each in the bytes of every sensor that can tell of it, read by
our own reader. Outage, jamming, ghosts and replay: simulate_sensors.py; north_lost:
simulate_radars.py."""
import collections
import csv
import json
import pathlib

from common import case, finish, metres_between, run, workdir

DURATION_S = 110
ON_S, OFF_S = 30, 60
ALERT_S = 18  # of a temporary alert
ADDRESS = 0x4B0001
ALIEN = 0x3C0AFE
NAMES = ("calm", "emergency", "copy", "drawn", "address", "altitude", "late", "silent", "ramp",
         "area")
FLIGHT = ("  - {{name: {name}, address: \"{address:06X}\", mode_3a: \"{code:04o}\", nac_p: 9, "
          "route: [{{latitude_deg: {lat:.2f}, longitude_deg: 4.2, altitude_ft: 30000, "
          "speed_kt: 400}}, {{latitude_deg: {lat:.2f}, longitude_deg: 5.6}}]}}\n")
SCENARIO = """
name: Faults
duration_s: {duration}
latitude_deg: 52
longitude_deg: 4.5
truth_step_s: 1
flights:
{flights}
sensors:
  - {{name: radar, kind: combined, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 3.5, turn_s: 2,
     range_max_m: 250000}}
  - {{name: old, kind: ssr, format: cat001, sac: 1, sic: 2, latitude_deg: 52, longitude_deg: 3.5,
     turn_s: 2, range_max_m: 250000}}
  - {{name: wam, kind: mlat, sac: 1, sic: 3, latitude_deg: 52, longitude_deg: 4.5, turn_s: 1}}
  - {{name: station, kind: adsb, format: cat021, sac: 1, sic: 4, latitude_deg: 52,
     longitude_deg: 4.6, turn_s: 1}}
  - {{name: other, kind: tracker, sac: 1, sic: 5, latitude_deg: 52, longitude_deg: 4.5,
     turn_s: 4, range_max_m: 400000}}
  - {{name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4.4}}
  - {{name: jumpy, kind: mode_s, sac: 1, sic: 6, latitude_deg: 52, longitude_deg: 3.5, turn_s: 2,
     range_max_m: 250000}}
  - {{name: lossy, kind: mode_s, sac: 1, sic: 7, latitude_deg: 52, longitude_deg: 3.5, turn_s: 2,
     range_max_m: 250000}}
faults:
  - {{kind: emergency, flight: emergency, code: "7500", {when}}}
  - {{kind: wrong_code, flight: copy, code_of: calm, {when}}}
  - {{kind: wrong_code, flight: drawn, {when}}}
  - {{kind: wrong_address, flight: address, address: "{alien:06X}", {when}}}
  - {{kind: altitude, flight: altitude, offset_ft: -2000, {when}}}
  - {{kind: latency, flight: late, age_s: 10, {when}}}
  - {{kind: silent, flight: silent, {when}}}
  - {{kind: ramp, flight: ramp, drift_mps: 30, direction_deg: 0, {when}}}
  - {{kind: ramp, latitude_deg: {area:.2f}, longitude_deg: 4.3, radius_m: 20000, drift_mps: 30,
     direction_deg: 180, {when}}}
  - {{kind: azimuth_jump, sensor: jumpy, jump_deg: 7, {when}}}
  - {{kind: time_jump, sensor: lossy, jump_s: -5, {when}}}
  - {{kind: loss, sensor: lossy, chance: 0.5, start_s: 70, end_s: 110}}
"""


def latitude_of(index):
    """The last one is alone in its area."""
    return 51.6 + 0.1 * index + (0.4 if index == len(NAMES) - 1 else 0)


def write_scenario(path):
    flights = "".join(FLIGHT.format(name=name, address=ADDRESS + i, code=0o1001 + i,
                                    lat=latitude_of(i)) for i, name in enumerate(NAMES))
    path.write_text(SCENARIO.format(flights=flights.rstrip("\n"), duration=DURATION_S,
                                    when=f"start_s: {ON_S}, end_s: {OFF_S}", alien=ALIEN,
                                    area=latitude_of(len(NAMES) - 1)))


class Run:
    """Records by sensor: (seconds since the start, record)."""

    def __init__(self, out):
        self.out = out
        self.about = json.loads((out / "about.json").read_text())
        hours, minutes, seconds = self.about["scenario"]["start"].rstrip("Z").split("T")[1].split(
            ":")
        self.start_tod_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        self.truth, self.altitude = {}, {}
        with open(out / "truth.csv", newline="", encoding="ascii") as rows:
            for row in csv.DictReader(rows):
                place = float(row["latitude_deg"]), float(row["longitude_deg"])
                key = row["target_id"], round(float(row["time_s"]))
                self.truth[key] = place
                self.altitude[key] = row["pressure_altitude_ft"]
        self.frames = [json.loads(line)
                       for line in run("decode", out / "rx.beast").stdout.splitlines()]

    def records(self, name, category, time):
        for line in run("decode", self.out / f"{name}.pcap").stdout.splitlines():
            record = json.loads(line)
            if record["cat"] == category:
                time_s = record["rec"].get(time, 0) - self.start_tod_s
                yield time_s % 512 if category == 1 else time_s, record["rec"]

    def told(self):
        """What each sensor says of each address: sensor, second, address, code, record."""
        for name, category, time, who in (("radar", 48, "140", ("220",)),
                                          ("wam", 20, "140", ("220",)),
                                          ("station", 21, "073", ("080",)),
                                          ("other", 62, "070", ("380", "ADR"))):
            for time_s, rec in self.records(name, category, time):
                address = rec
                for key in who:
                    address = address.get(key) if address else None
                if address:
                    code = rec["060" if category == 62 else "070"]["MODE3A"]
                    yield name, time_s, address, code, rec

    def place(self, index, time_s):
        """Between two states a second apart."""
        second = min(max(int(time_s), 0), DURATION_S - 2)
        before = self.truth[str(index + 1), second]
        after = self.truth[str(index + 1), second + 1]
        return tuple(a + (time_s - second) * (b - a) for a, b in zip(before, after))


def sides(time_s, margin_s=1.0):
    """Within the fault, outside of it, or too near an edge (None)."""
    if min(abs(time_s - ON_S), abs(time_s - OFF_S)) < margin_s:
        return None
    return ON_S <= time_s < OFF_S


def alert_of(name, rec):
    """0 none, 1 permanent, 2 temporary; formats that cannot tell which say 1."""
    if name == "station":
        return rec["200"]["SS"]
    return rec["230"]["STAT"] // 2


def codes(r):
    """Codes and alerts. A change of code in the air is a temporary alert; an emergency more."""
    seen = collections.Counter()
    drawn = set()
    for name, time_s, address, code, rec in r.told():
        is_on, index = sides(time_s), address - ADDRESS
        since_s = time_s - (ON_S if is_on else OFF_S)
        if is_on is None or abs(since_s - ALERT_S) <= 1:
            continue
        seen[name, index, is_on] += 1
        if index not in (1, 2, 3):
            if 0 <= index < len(NAMES):
                assert code == f"{0o1001 + index:04o}", (name, index, code)
            if name != "other":
                assert alert_of(name, rec) == 0, (name, index, rec)
            continue
        if index == 1:
            assert code == ("7500" if is_on else "1002"), (name, time_s, code)
        elif index == 2:
            assert code == ("1001" if is_on else "1003"), (name, time_s, code)
        elif is_on:
            drawn.add(code)
        else:
            assert code == "1004", (name, code)
        if name == "other":
            assert rec["080"].get("EMS", 0) == (5 if index == 1 and is_on else 0), rec["080"]
            continue
        wanted = 1 if index == 1 and is_on else 2 if 0 <= since_s < ALERT_S else 0
        if name != "station":
            wanted = min(wanted, 1)
        assert alert_of(name, rec) == wanted, (name, index, time_s, rec, wanted)
        if name == "station":
            assert rec["200"]["PS"] == (5 if index == 1 and is_on else 0), rec["200"]
    assert len(drawn) == 1 and not drawn & {"1004", "7500", "7600", "7700"}, drawn
    for name in ("radar", "wam", "station", "other"):
        for index in (1, 2, 3):
            for is_on in (False, True):
                assert seen[name, index, is_on] > 4, (name, index, is_on, seen)
    found = collections.Counter(rec["070"]["MODE3A"] for time_s, rec in r.records("old", 1, "141")
                                if "070" in rec and sides(time_s))
    assert found["7500"] >= 10 and found["1001"] >= 20 and found[drawn.pop()] >= 10, found
    assert not {"1002", "1003", "1004"} & set(found), found


def frames(r):
    """The same on 1090 MHz: flight status, surveillance status, emergency state."""
    seen = collections.Counter()
    for frame in r.frames:
        index, time_s = int(frame["icao24"], 16) - ADDRESS, frame["time_s"] - r.start_tod_s
        is_on = sides(time_s, 0.1)
        if index != 1 or is_on is None:
            assert frame.get("type_code") != 28 or index == 1, frame
            continue
        if frame.get("type_code") == 28:
            assert is_on and frame["squawk"] == "7500", frame
            assert frame["emergency_state"] == 5, frame
            seen["state"] += 1
        elif frame.get("type_code") == 11:
            assert frame["alert"] == (ON_S <= time_s < OFF_S + ALERT_S), (time_s, frame)
            bits = int(frame["frame"][8:10], 16) & 7
            assert bits >> 1 == (1 if is_on else 2 if frame["alert"] else 0), (time_s, frame)
            seen["position", bits >> 1] += 1
        elif "squawk" in frame:
            assert frame["squawk"] == ("7500" if is_on else "1002"), frame
            assert frame["alert"] == (ON_S <= time_s < OFF_S + ALERT_S), (time_s, frame)
            seen["reply", is_on] += 1
    assert seen["state"] > 20 and all(seen["position", n] > 10 for n in range(3)), seen
    assert seen["reply", True] > 3 and seen["reply", False] > 3, seen


def addresses(r):
    for name in ("radar", "wam", "station", "other"):
        heard = collections.defaultdict(set)
        for sensor, time_s, address, _, _ in r.told():
            if sensor == name and address in (ADDRESS + 4, ALIEN) and sides(time_s) is not None:
                heard[sides(time_s)].add(address)
        assert heard == {True: {ALIEN}, False: {ADDRESS + 4}}, (name, heard)
    heard = collections.Counter((frame["icao24"], sides(frame["time_s"] - r.start_tod_s, 0.1))
                                for frame in r.frames)
    own, alien = f"{ADDRESS + 4:06x}", f"{ALIEN:06x}"
    assert heard[alien, True] > 100 and heard[own, False] > 100, heard
    assert heard[alien, False] == heard[own, True] == 0, heard


def altitudes(r):
    seen = collections.Counter()
    for name, category, time, item in (("radar", 48, "140", "090"), ("wam", 20, "140", "090"),
                                       ("station", 21, "073", "145"), ("other", 62, "070", "136")):
        for time_s, rec in r.records(name, category, time):
            address = rec.get("380", {}).get("ADR") if category == 62 else rec.get(
                "080" if category == 21 else "220")
            if address != ADDRESS + 5 or sides(time_s) is None or item not in rec:
                continue
            level = rec[item]["FL"] if isinstance(rec[item], dict) else rec[item]
            assert level == (280 if sides(time_s) else 300), (name, time_s, level)
            seen[name, sides(time_s)] += 1
    assert len(seen) == 8 and min(seen.values()) > 4, seen
    told = {frame["altitude_ft"] for frame in r.frames
            if int(frame["icao24"], 16) == ADDRESS + 5 and "altitude_ft" in frame}
    assert told == {30000, 28000}, told
    # Truth is where it is; who does not answer has none to be right about.
    for index, during in ((5, "30000"), (7, "")):
        for second in range(DURATION_S):
            expected = during if ON_S <= second < OFF_S else "30000"
            assert r.altitude[str(index + 1), second] == expected, (index, second)


def positions(r):
    """Broadcast positions that are late or drift, with the quality as ever; others are true."""
    seen = collections.Counter()
    for time_s, rec in r.records("station", 21, "073"):
        index, is_on = rec["080"] - ADDRESS, sides(time_s)
        if is_on is None or not 0 <= index < len(NAMES):
            continue
        lat, lon = rec["131"]["LAT"], rec["131"]["LON"]
        assert rec["090"]["NACP"] == 9, rec
        true = r.place(index, time_s)
        off_m = metres_between(lat, lon, *true)
        seen[index, is_on] += 1
        if index == 6 and is_on:  # 10 s at 205.8 m/s
            assert lon < true[1] and abs(off_m - 2058) < 60, (time_s, off_m)
            assert abs(rec["160"]["GS"] * 3600 - 400) < 5, rec["160"]
        elif index in (8, 9) and is_on:
            assert abs(off_m - 30 * (time_s - ON_S)) < 60, (index, time_s, off_m)
            assert (lat > true[0]) == (index == 8) or off_m < 60, (index, lat, true)
        else:
            assert off_m < 60, (index, time_s, off_m)
    assert all(seen[i, is_on] > 20 for i in (0, 6, 8, 9) for is_on in (False, True)), seen
    for time_s, rec in r.records("wam", 20, "140"):
        index = rec["220"] - ADDRESS
        if 0 <= index < len(NAMES):
            off_m = metres_between(rec["041"]["LAT"], rec["041"]["LON"], *r.place(index, time_s))
            assert off_m < 300, (index, time_s, off_m)


def silence(r):
    seen = collections.Counter((name, sides(time_s)) for name, time_s, address, _, _ in r.told()
                               if address == ADDRESS + 7)
    for name in ("radar", "wam", "station", "other"):
        assert seen[name, True] == 0 and seen[name, False] > 8, seen
    assert not any(sides(frame["time_s"] - r.start_tod_s, 0.1) for frame in r.frames
                   if int(frame["icao24"], 16) == ADDRESS + 7)
    echoes = sum(rec["020"]["TYP"] == 1 for time_s, rec in r.records("radar", 48, "140")
                 if sides(time_s) and "220" not in rec and "070" not in rec)
    assert echoes >= 10, f"{echoes} plots of primary radar where the transponder is off"


def sensors(r):
    """Against the radar beside them, that has no fault."""
    azimuths = {}
    for time_s, rec in r.records("radar", 48, "140"):
        if "220" in rec:
            azimuths.setdefault(rec["220"], []).append((time_s, rec["040"]["THETA"]))
    seen = collections.Counter()
    for time_s, rec in r.records("jumpy", 48, "140"):
        if sides(time_s) is None or rec.get("220") not in azimuths:
            continue
        near = min(azimuths[rec["220"]], key=lambda one: abs(one[0] - time_s))
        off_deg = (rec["040"]["THETA"] - near[1] + 180) % 360 - 180
        assert abs(off_deg - (7 if sides(time_s) else 0)) < 1.0, (time_s, off_deg)
        seen["jumpy", sides(time_s)] += 1
    stamps = [time_s for time_s, _ in r.records("lossy", 48, "140")]
    steps = [(a, b) for a, b in zip(stamps, stamps[1:]) if abs(b - a) > 2]
    assert len(steps) == 2, steps
    (last_s, first_s), (last_off_s, first_after_s) = steps
    assert ON_S - 2 < last_s < ON_S and ON_S - 5 <= first_s < ON_S - 3, steps
    assert OFF_S - 7 < last_off_s < OFF_S - 5 and OFF_S <= first_after_s < OFF_S + 2, steps
    sent = {one["name"]: one for one in r.about["sent"]}
    assert {name for name in sent if sent[name]["lost_count"]} == {"lossy"}, sent
    late = sum(70 <= stamp < 110 for stamp in stamps) / 40
    early = sum(stamp < ON_S - 5 for stamp in stamps) / (ON_S - 5)
    assert 0.25 < late / early < 0.75, (late, early)
    assert seen["jumpy", True] > 100 and seen["jumpy", False] > 100, seen


def main():
    with workdir() as name:
        out = pathlib.Path(name) / "out"
        write_scenario(pathlib.Path(name) / "faults.yaml")
        run("simulate", "-q", pathlib.Path(name) / "faults.yaml", "-o", out)
        r = Run(out)
        case("codes and alerts", codes, r)
        case("alerts on 1090 MHz", frames, r)
        case("wrong address", addresses, r)
        case("wrong altitude", altitudes, r)
        case("late and drifting positions", positions, r)
        case("silent transponder", silence, r)
        case("azimuths, stamps, packets", sensors, r)
    finish()


if __name__ == "__main__":
    main()
