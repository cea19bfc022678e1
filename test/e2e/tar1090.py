#!/usr/bin/env python3
"""What tar1090's page asks of the folder data/, in its order, and what it reads of the answers. The
page itself is not here: the requests and keys are those of its script.js and planeObject.js."""
import json
import pathlib
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from common import PROGRAM, WAIT_S, case, finish, free_ports, run, workdir
from run import wait_for

SCENARIO = """
name: tar1090
start: 2024-03-01T10:00:00Z
duration_s: 400
latitude_deg: 52
longitude_deg: 4
traffic:
  - {kind: en_route, count: 30, radius_nmi: 80}
  - {kind: general, count: 10, radius_nmi: 20}
sensors:
  - {name: radar, kind: combined, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, turn_s: 4}
  - {name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4, height_m: 50}
"""
NUMBER = (int, float)
# Keys of an aircraft that the page reads, and what each has to be where it is there. Of those that
# it reads and we do not know (api.md lists them) it takes the absence for that.
AIRCRAFT = {
    "hex": str, "flight": str, "type": str, "squawk": str, "category": str, "alt_geom": NUMBER,
    "gs": NUMBER, "ias": NUMBER, "tas": NUMBER, "mach": NUMBER, "track": NUMBER,
    "track_rate": NUMBER, "roll": NUMBER, "mag_heading": NUMBER, "baro_rate": NUMBER,
    "geom_rate": NUMBER, "nav_altitude_mcp": NUMBER, "rc": NUMBER, "nac_p": NUMBER,
    "nac_v": NUMBER, "sil": NUMBER, "lat": NUMBER, "lon": NUMBER, "seen": NUMBER,
    "seen_pos": NUMBER, "messages": int, "mlat": list, "tisb": list}
NEEDED = {"hex", "type", "seen"}
TYPES = {"adsb_icao", "adsb_other", "adsb_icao_nt", "adsr_icao", "adsr_other", "tisb_icao",
         "tisb_other", "tisb_trackfile", "mlat", "mode_s", "other", "unknown", "adsc"}
# With one of these in receiver.json the page would ask for what we have not.
OTHER_MODES = {"binCraft", "zstd", "globeIndexGrid", "globeIndexSpecialTiles", "reapi", "dbServer",
               "outlineJson", "pf_data", "jaeroTimeout", "trace_hist_only"}


def ask(port, path):
    """As jQuery does with `cache: false`; None where there is nothing."""
    try:
        url = f"http://127.0.0.1:{port}/{path}?_=1709287200123"
        with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
            assert "json" in answer.headers["Content-Type"], answer.headers
            return json.load(answer)
    except urllib.error.HTTPError as error:
        assert error.code == 404, error
        return None
    except (urllib.error.URLError, ConnectionError):
        return None


def check_aircraft(one):
    assert NEEDED <= set(one), one
    assert re.fullmatch(r"~?[0-9a-f]{6}", one["hex"]) and one["type"] in TYPES, one
    for key, value in one.items():
        if key in AIRCRAFT:
            assert isinstance(value, AIRCRAFT[key]) and not isinstance(value, bool), (key, one)
    altitude = one.get("alt_baro", 0)
    assert altitude == "ground" or -2000 < altitude < 60000, one
    assert re.fullmatch(r"[0-7]{4}", one.get("squawk", "0000")), one
    assert re.fullmatch(r"[A-D][0-7]", one.get("category", "A0")), one
    assert ("lat" in one) == ("lon" in one) == ("seen_pos" in one), one
    if "lat" in one:
        assert abs(one["lat"]) <= 90 and abs(one["lon"]) <= 180 and one["seen_pos"] >= 0, one
    assert 0 <= one.get("track", 0) <= 360 and one.get("gs", 0) >= 0, one


def receiver(port):
    told = ask(port, "data/receiver.json")
    assert isinstance(told["version"], str) and 100 <= told["refresh"] <= 60000, told
    assert isinstance(told["history"], int) and told["history"] >= 2 and told["haveTraces"], told
    assert abs(told["lat"] - 52) < 1 and abs(told["lon"] - 4) < 1, told  # the map's middle
    assert not OTHER_MODES & set(told), told
    assert ask(port, "chunks/chunks.json") is None  # so that it asks for the history
    return told


def aircraft(port):
    first = ask(port, "data/aircraft.json")
    assert first["now"] > 1709287200 and first["messages"] > 0, first
    for one in first["aircraft"]:
        check_aircraft(one)
        assert one["messages"] > 0, one
    placed = [one for one in first["aircraft"] if "lat" in one]
    assert len(placed) >= 20 and len({one["hex"] for one in placed}) == len(placed), len(placed)
    seen = set().union(*first["aircraft"])
    assert {"flight", "squawk", "category", "alt_baro", "alt_geom", "gs", "track", "baro_rate",
            "nac_p", "sil", "rc"} <= seen, seen
    wait_for(lambda: ask(port, "data/aircraft.json")["now"] > first["now"])


def history(port, count):
    """Everybody at times that rise by half a minute; the page sorts them by `now`."""
    parts = [ask(port, f"data/history_{i}.json") for i in range(count)]
    assert all(part and isinstance(part["aircraft"], list) for part in parts)
    filled = sorted((part for part in parts if part["aircraft"]), key=lambda part: part["now"])
    assert len(filled) >= 3, len(filled)
    times = [part["now"] for part in filled]
    assert all(b - a == 30 for a, b in zip(times, times[1:])), times
    for part in filled:
        for one in part["aircraft"]:
            check_aircraft(one)
            assert "lat" in one and one["seen_pos"] <= 30, one
    assert ask(port, f"data/history_{count}.json") is None
    return filled


def check_point(point, before):
    """[seconds, latitude, longitude, altitude, speed, track, flags, rate, details, source,
    geometric altitude, geometric rate, airspeed, roll]"""
    assert len(point) == 14, point
    assert before is None or point[0] >= before[0], (before, point)
    assert abs(point[1]) <= 90 and abs(point[2]) <= 180, point
    assert point[3] in (None, "ground") or isinstance(point[3], NUMBER), point
    assert isinstance(point[4], NUMBER) and isinstance(point[5], NUMBER), point
    assert isinstance(point[6], int) and 0 <= point[6] < 16, point
    assert point[8] is None or point[8]["type"] in TYPES, point
    assert point[9] in TYPES, point


def traces(port, filled):
    """Of each aircraft, recent and full, which it joins by time; they go through the places that
    the history tells."""
    now = ask(port, "data/aircraft.json")
    checked = 0
    for one in now["aircraft"]:
        folder, name = one["hex"][-2:], one["hex"]
        full = ask(port, f"data/traces/{folder}/trace_full_{name}.json")
        recent = ask(port, f"data/traces/{folder}/trace_recent_{name}.json")
        if full is None:
            continue  # it has just appeared
        for trace in full, recent:
            assert trace["icao"] == name and abs(trace["timestamp"] - now["now"]) < 3600, trace
            before = None
            for point in trace["trace"]:
                check_point(point, before)
                before = point
        assert full["trace"][0][8] and full["trace"][0][8].get("flight") == one.get("flight"), one
        ends = [trace["timestamp"] + trace["trace"][-1][0] for trace in (full, recent)]
        assert abs(ends[0] - ends[1]) < 30, ends
        checked += 1
        begin = full["timestamp"]
        for part in filled:
            for other in part["aircraft"]:
                if other["hex"] == name and begin <= part["now"] - other["seen_pos"] <= ends[0]:
                    near = min(abs(point[1] - other["lat"]) for point in full["trace"])
                    assert near < 0.15, (near, other)
    assert checked >= 20, checked
    assert ask(port, "data/traces/00/trace_full_000000.json") is None


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "scene.yaml").write_text(SCENARIO)
        run("simulate", folder / "scene.yaml", "-o", folder / "sim", "-q")
        port, = free_ports(1, socket.SOCK_STREAM)
        service = subprocess.Popen(
            [PROGRAM, "run", "--replay", folder / "sim/merged.pcap", "-c",
             folder / "sim/sensors.yaml", "--speed", "80", "--port", str(port)],
            stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: (ask(port, "data/aircraft.json") or {"now": 0})["now"] > 1709287380)
            told = {}
            case("receiver.json", lambda: told.update(receiver(port)))
            case("aircraft.json", aircraft, port)
            filled = []
            case("history", lambda: filled.extend(history(port, told.get("history", 0))))
            case("traces", traces, port, filled)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(timeout=WAIT_S)
    finish()


if __name__ == "__main__":
    main()
