#!/usr/bin/env python3
"""evaluate and compare: every form of truth and tracks, known errors, wrong inputs said in words,
requirement tables, the page, and the scores of a bench in Python over its own files."""
import contextlib
import csv
import datetime
import json
import math
import pathlib
import re
import resource
import subprocess

from common import DATA, PROGRAM, ROOT, Skip, case, finish, run, workdir

BENCH = DATA.parent / "bench" / "tracking"
NUMPY_PYTHON = "/usr/bin/python3"
START = "2024-03-01T12:00:00Z"
UTC = 1709294400
_demo = {}


@contextlib.contextmanager
def workspace():
    with workdir() as name:
        yield pathlib.Path(name)


def write(path, head, rows):
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(head)
        out.writerows(rows)
    return path


def truth_rows(seconds=120, targets=3):
    """Straight flights north, 20 km apart, 200 m/s; times from 0."""
    return [(t, k, 20000 * k, 200 * t - 90000, 9000, 0, 200, 0) for t in range(seconds)
            for k in range(1, targets + 1)]


HEAD = ["time_s", "target_id", "x", "y", "z", "vx", "vy", "vz"]


def plane(work, name="tracks.csv", dx=30.0, dy=40.0, scale=1.0, swap=False, shift=0, every=4):
    """The truth, and tracks of it that are off by a known amount."""
    truth = write(work / "truth.csv", HEAD, truth_rows())
    rows = []
    for t, k, x, y, z, vx, vy, vz in truth_rows():
        if t % every == 0:
            x, y = (x + dx) * scale, (y + dy) * scale
            x, y = (y, x) if swap else (x, y)
            rows.append((t + shift, 100 + k, x, y, z, vx, vy, vz, 900, 0, 1600))
    return truth, write(work / name, ["time_s", "track_id"] + HEAD[2:] + ["sxx", "sxy", "syy"],
                        rows)


def evaluate(*arguments, status=0):
    done = run("evaluate", "-q", "--json", "-", *arguments, status=status)
    return json.loads(done.stdout)


def figures(report):
    return {r["key"]: r["value"] for g in report["metrics"] for r in g["rows"]}


def near(got, expected, tolerance):
    assert got is not None and abs(got - expected) <= tolerance, f"{got}, expected {expected}"


def demo():
    """Two minutes of the demonstration, made once."""
    if "folder" not in _demo:
        _demo["folder"] = workdir()  # removed at exit
        run("demo", "-x", "0", "-m", "2", "-o", pathlib.Path(_demo["folder"].name) / "demo",
            stdin=b"")
    return pathlib.Path(_demo["folder"].name) / "demo"


def known_errors():
    """Errors of 30 m east and 40 m north: 50 m, everywhere; NEES 900/900 + 1600/1600 = 2."""
    with workspace() as work:
        truth, tracks = plane(work)
        report = evaluate("--truth", truth, "--tracks", tracks)
        f = figures(report)
        near(f["position_rms_m"], 50, 1e-6)
        near(f["along_rms_m"], 40, 1e-6)
        near(f["across_rms_m"], 30, 1e-6)
        near(f["gospa_rms_m"], 50 * math.sqrt(3), 1e-4)
        near(f["nees_position"], 2, 1e-6)
        near(f["latency_mean_s"], -0.2, 1e-6)
        near(f["completeness"], 1, 0)
        assert report["tracks"]["format"] == "CSV" and report["tracks"]["trajectory_count"] == 3
        assert [t["position_rms_m"] for t in report["targets"]] == [50.0] * 3


def every_form():
    """The demonstration's tracks in each form are within metres of its truth."""
    with workspace() as work:
        folder = demo()
        run("replay", "-q", "-s", START, "-c", folder / "sensors.yaml", "-o", work / "tracks.csv",
            folder / "radars.pcap", folder / "receiver.beast")
        forms = {folder / "tracks.jsonl": ("JSON lines", 12), work / "tracks.csv": ("CSV", 12),
                 folder / "archive.gpkg": ("GeoPackage", 12),
                 folder / "system.pcap": ("pcap capture", 12),
                 folder / "receiver.beast": ("beast capture", 60)}
        for path, (form, limit) in forms.items():
            report = evaluate("--truth", folder / "truth.csv", "--truth-start", START, "--start",
                              START, "--tracks", path)
            f = figures(report)
            assert report["tracks"]["format"] == form, (path.name, report["tracks"])
            assert f["completeness"] > (0.8 if "beast" in form else 0.9), (form, f["completeness"])
            assert 0 < f["position_rms_m"] < limit, (form, f["position_rms_m"])
            rows = {r["name"]: r for r in report["requirements"][0]["rows"]}
            if form in ("JSON lines", "CSV", "pcap capture"):  # they tell how old altitudes are
                assert rows["R7"]["count"] > 100 and 0 <= rows["R7"]["value"] < 16, rows["R7"]


def aircraft_json():
    """A folder of documents, and the same documents in one file."""
    with workspace() as work:
        truth = write(work / "truth.csv", ["time_s", "target_id", "latitude_deg", "longitude_deg"],
                      [(UTC + t, 1, 50 + t * 0.001, 8) for t in range(60)])
        folder = work / "history"
        folder.mkdir()
        whole = ""
        for t in range(60):
            text = json.dumps({"now": UTC + t, "messages": t, "aircraft": [
                {"hex": "3c0001", "type": "adsb_icao", "lat": 50 + t * 0.001, "lon": 8.0001,
                 "seen_pos": 0, "seen": 0, "alt_baro": 30000}]})
            (folder / f"aircraft_{t:03}.json").write_text(text)
            whole += text + "\n"
        (work / "series.json").write_text(whole)
        for path in (folder, work / "series.json"):
            f = figures(evaluate("--truth", truth, "--tracks", path))
            near(f["position_rms_m"], 7.15, 0.05)  # 1e-4 degrees of longitude at 50 N
            near(f["completeness"], 1, 0.06)


def reference():
    """ADS-B of a recording as truth: near the real truth, with its refusals counted."""
    with workspace() as work:
        folder = demo()
        report = evaluate("--reference", folder / "receiver.beast", "--start", START, "--tracks",
                          folder / "tracks.jsonl")
        f = figures(report)
        assert f["position_rms_m"] < 60 and f["completeness"] > 0.9, f
        note = report["notes"][0]
        assert re.search(r"reference of \d+ ADS-B positions: left out", note), note
        assert "NACp < 8" in note and "outliers" in note, note
        # A ground station's CAT021, which numbers its tracks; and what holds no ADS-B.
        (work / "heard.yaml").write_text(HEARD)
        run("simulate", "-q", work / "heard.yaml", "-o", work / "s")
        run("replay", "-q", "-c", work / "s/sensors.yaml", work / "s/merged.pcap", "--tracks",
            work / "tracks.jsonl")
        report = evaluate("--reference", work / "s/station.pcap", "--tracks",
                          work / "tracks.jsonl")
        f = figures(report)
        assert f["position_rms_m"] < 60 and f["completeness"] > 0.9, f
        refused(["no reference can be made"], "--reference", work / "s/wam.pcap", "--tracks",
                work / "tracks.jsonl")


def simulated():
    """What simulate leaves is enough: its about.json says when its truth begins."""
    with workspace() as work:
        run("simulate", "-q", ROOT / "scenarios/tma.yaml", "-o", work / "tma")
        run("replay", "-q", "-c", work / "tma/sensors.yaml", work / "tma/merged.pcap", "--tracks",
            work / "tracks.jsonl")
        report = evaluate("--truth", work / "tma/truth.csv", "--tracks", work / "tracks.jsonl",
                          "--step", "4", "--recording", work / "tma/merged.pcap", "-c",
                          work / "tma/sensors.yaml")
        assert report["window"]["is_utc"] and report["window"]["first_s"] == UTC
        assert figures(report)["completeness"] > 0.98
        assert {s["name"] for s in report["sensors"]} == {"approach", "old", "multilateration",
                                                          "station"}
        plots = {s["name"]: s for s in report["plots"]}  # as the scenario's sensors are
        old = plots["old"]
        assert old["error_count"] > 5000 and 0.85 < old["detection_ratio"] < 0.975, old
        assert [e["axis"] for e in old["errors"]] == ["range_m", "azimuth_deg"]
        near(old["errors"][0]["random"], 70, 3)
        near(old["errors"][1]["random"], 0.08, 0.004)
        near(old["errors"][0]["bias"], 0, 5)
        near(old["time_bias_s"], 0, 0.05)
        assert sum(old["range_hit_count"]) == old["hit_count"] and old["range_step_m"] == 10000
        assert sum(old["range_miss_count"]) == old["miss_count"], old
        assert sum(old["range_false_count"]) == old["false_count"], old
        assert plots["approach"]["false_per_turn"] > 5 and plots["station"]["errors"][0]["rms"] < 30


RADARS = """
name: Two radars
duration_s: 300
latitude_deg: 52.3
longitude_deg: 4.8
traffic:
  - {kind: en_route, count: 80, radius_nmi: 50, mode_s_share: 1, adsb_share: 0}
sensors:
  - {name: a, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52.3, longitude_deg: 4.7,
     height_m: 70, turn_s: 4, range_max_nmi: 100}
  - {name: b, kind: ssr, sac: 1, sic: 2, latitude_deg: 52.8, longitude_deg: 5.4,
     height_m: 70, turn_s: 6, range_max_nmi: 100}
"""


def bound():
    """Error over the Cramer-Rao bound: above 1, below what one radar alone would give."""
    with workspace() as work:
        (work / "radars.yaml").write_text(RADARS)
        run("simulate", "-q", work / "radars.yaml", "-o", work / "s")
        run("replay", "-q", "-c", work / "s/sensors.yaml", work / "s/merged.pcap",
            "--innovations", "--tracks", work / "tracks.jsonl")
        inputs = ("--truth", work / "s/truth.csv", "--tracks", work / "tracks.jsonl", "--warmup",
                  "60")
        sensors = work / "s/sensors.yaml"
        report = evaluate(*inputs, "-c", sensors, "--report", work / "report")
        f = figures(report)
        nis = {row["sensor"]: row for row in report["nis"]}  # neither radar has a bias
        assert set(nis) == {"a", "b"}, nis
        for row in nis.values():
            assert row["dimensions"] == 2 and row["count"] > 2500 and 1.4 < row["mean"] < 2.3, row
            near((row["low"] + row["high"]) / 2, 2, 0.001)
            near(row["high"] - row["low"], 2 * 1.96 * 2 / row["count"] ** 0.5, 0.001)
        assert 1.0 <= f["pcrb_ratio"] < 1.6, (f["pcrb_ratio"], f["pcrb_bound_m"])
        near(f["pcrb_ratio"] * f["pcrb_bound_m"], f["picture_position_rms_m"], 1e-6)
        assert '"pcrb_ratio"' in (work / "report/index.html").read_text()
        both = sensors.read_text()
        alone = work / "alone.yaml"  # the tracks know of both radars, the bound of one only
        alone.write_text(both[:both.index("  - name: b")])
        assert figures(evaluate(*inputs, "-c", alone))["pcrb_ratio"] < 0.9 * f["pcrb_ratio"]
        for kind, arguments, note in ((None, (), "it needs a sensors file (-c)"),
                                      ("adsb", ("-c", alone), "'heard' is only its reports"),
                                      ("mlat", ("-c", alone), "'heard' is only its reports")):
            alone.write_text(both + f"  - name: heard\n    kind: {kind}\n    sac: 9\n    sic: 9\n"
                             "    latitude_deg: 52\n    longitude_deg: 5\n    height_m: 9\n")
            report = evaluate(*inputs, *arguments)
            assert figures(report)["pcrb_ratio"] is None
            assert any(note in n for n in report["notes"]), report["notes"]
            told = run("evaluate", *inputs, *arguments).stdout.decode()
            wide = [line for line in told.splitlines() if len(line) > 80 and "airpicture" not in
                    line and "note:" not in line]
            assert not wide, wide  # a terminal's width, but for commands to copy and notes
            assert re.search(r"over the Cramer-Rao bound +not enough data", told), told
            assert note in told
        flat, tracks = plane(work)
        refused(["--sensors needs a truth in degrees"], "--truth", flat, "--tracks", tracks, "-c",
                sensors, status=64)


HEARD = """
name: Heard
duration_s: 300
latitude_deg: 52.3
longitude_deg: 4.8
traffic:
  - {kind: en_route, count: 40, radius_nmi: 40, adsb_share: 1, mode_s_share: 0}
sensors:
  - {name: wam, kind: mlat, sac: 1, sic: 1, latitude_deg: 52.3, longitude_deg: 4.7,
     turn_s: 2, range_max_nmi: 100}
  - {name: rx, kind: adsb, format: beast, latitude_deg: 52.3, longitude_deg: 4.7}
  - {name: station, kind: adsb, sac: 1, sic: 3, latitude_deg: 52.5, longitude_deg: 4.7}
"""


def bound_of_reports():
    """The bound of multilateration and ADS-B, from what their reports told: with both it is below
    that of either alone, the tracker's error a little above it; copies count once."""
    with workspace() as work:
        (work / "heard.yaml").write_text(HEARD)
        run("simulate", "-q", work / "heard.yaml", "-o", work / "s")
        sensors = work / "s/sensors.yaml"
        run("replay", "-q", "-c", sensors, work / "s/merged.pcap", "--tracks",
            work / "tracks.jsonl")
        bounds = []
        for names in (("wam", "rx", "station"), ("wam", "rx"), ("wam",), ("rx",)):
            recordings = [w for n in names for w in ("--recording", work / f"s/{n}.pcap")]
            report = evaluate("--truth", work / "s/truth.csv", "--tracks", work / "tracks.jsonl",
                              "--warmup", "60", "-c", sensors, *recordings)
            assert re.search(r"bound of \d{4,} reports; \d+ beyond", report["notes"][-1])
            f = figures(report)
            bounds.append(f["pcrb_bound_m"])
            if len(names) == 3:
                assert 1.0 < f["pcrb_ratio"] < 1.8, f["pcrb_ratio"]
        assert bounds[1] < 0.95 * min(bounds[2:]), bounds
        assert 0.9 < bounds[0] / bounds[1] <= 1.0, bounds  # both receivers hear the same error
        none = evaluate("--truth", work / "s/truth.csv", "--tracks", work / "tracks.jsonl", "-c",
                        sensors)
        assert figures(none)["pcrb_ratio"] is None and "--recording" in none["notes"][-1], none


NOISE = """    range_sigma_m: 100
    range_bias_m: 150
    azimuth_sigma_deg: 0.05
    time_bias_s: 0.3
"""


def radar_table():
    """Rows of radar1997 of plots: range and azimuth as simulated, the worst radar named; R11 of a
    flight that goes to 7700 is within 12 s."""
    with workspace() as work:
        one, two = RADARS.split("  - {name: b,")
        two = "  - {name: b," + two
        loud = two.replace("turn_s: 6, range_max_nmi: 100}", "turn_s: 6, range_max_nmi: 100,\n" +
                           ",\n".join("     " + n.strip() for n in NOISE.splitlines()) + "}")
        squawk = ("flights:\n  - name: mayday\n    equipment: mode_s\n    route:\n"
                  "      - {latitude_deg: 52.0, longitude_deg: 4.0, altitude_ft: 30000,"
                  " speed_kt: 400}\n      - {latitude_deg: 52.6, longitude_deg: 5.6}\n")
        fault = ("faults:\n  - {kind: emergency, flight: mayday, start_s: 120}\n"
                 "  - {kind: altitude, flight: mayday, offset_ft: 400}\n")
        (work / "radars.yaml").write_text(one.replace("sensors:", squawk + fault + "sensors:") +
                                          loud)
        run("simulate", "-q", work / "radars.yaml", "-o", work / "s")
        run("replay", "-q", "-c", work / "s/sensors.yaml", work / "s/merged.pcap", "--tracks",
            work / "tracks.jsonl")
        inputs = ("--truth", work / "s/truth.csv", "--tracks", work / "tracks.jsonl", "--show",
                  "radar1997", "--show", "esassp_5nm")
        report = evaluate(*inputs)
        rows = {r["name"]: r for r in report["requirements"][0]["rows"]}
        assert rows["RNG"]["result"] == "few" and rows["RNG"]["count"] == 0, rows["RNG"]
        with open(work / "s/sensors.yaml", "a", encoding="ascii") as sensors:
            sensors.write("  - {name: mute, kind: ssr, sac: 1, sic: 3, latitude_deg: 52.3,\n"
                          "     longitude_deg: 4.7, height_m: 70, turn_s: 4}\n")
        done = run("evaluate", *inputs, "-c", work / "s/sensors.yaml", "--recording",
                   work / "s/merged.pcap", "--json", work / "r.json")
        report = json.loads((work / "r.json").read_text())
        tables = report["requirements"]
        rows = {r["name"]: r for r in tables[0]["rows"]}
        for name, value, tolerance, result in (("RNG", 100, 3, "fail"), ("AZ", 0.06, 0.003, "pass"),
                                               ("RNG-B", 150, 5, "fail"), ("AZ-B", 0, 0.01, "pass"),
                                               ("TIME", 300, 30, "fail"),
                                               ("RNG-G", 0, 0.0003, "pass")):
            row = rows[name]
            near(row["value"], value, tolerance)
            assert row["result"] == result and row["count"] > 3000, row
            assert row["sensor_count"] == 2 and row["sensor_fail_count"] == (result == "fail"), row
            assert name == "AZ" or result == "pass" or row["worst_sensor"] == "b", row
        # One flight of 81 is off by 400 ft.
        near(rows["MC"]["value"], 80 / 81, 0.006)
        assert rows["MC"]["result"] == "pass" and rows["MC"]["count"] > 3000, rows["MC"]
        assert rows["MC"]["hit_count"] < 0.995 * rows["MC"]["count"], rows["MC"]
        assert rows["PSR"]["result"] == "few", rows["PSR"]
        plots = {p["name"]: p for p in report["plots"]}
        assert all(0.9 < plots[n]["reply"]["detection_ratio"] < 1 for n in "ab"), plots
        assert plots["mute"]["is_silent"] and plots["mute"]["miss_count"] > 1000, plots["mute"]
        assert rows["PD"]["result"] == "fail" and rows["PD"]["value"] == 0, rows["PD"]
        assert rows["PD"]["worst_sensor"] == "mute", rows["PD"]
        assert re.search(r"mute +sent nothing: \d+ turns missed", done.stdout.decode())
        assert "1 of 2 sensors fail, the worst is b" in done.stdout.decode(), done.stdout
        rows = {r["name"]: r for r in tables[1]["rows"]}
        assert rows["R11"]["count"] == 1 and 0 < rows["R11"]["value"] < 12, rows["R11"]
        assert rows["R11"]["result"] == "pass" and rows["R20"]["result"] == "not_measured"
        assert "120,000 hours" in rows["R20"]["note"]


def refused(words, *arguments, status=65, case=""):
    done = run("evaluate", "-q", *arguments, status=None)
    text = done.stderr.decode()
    assert done.returncode == status, f"{case} {words}: {done.returncode} {text}"
    for word in words:
        assert word in text, f"'{word}' not in: {text}"


def wrong_inputs():
    """What cannot be is said in words with a suggestion, status 65, not scored as nothing."""
    with workspace() as work:
        for words, change in (
                (["exchanged"], {"swap": True}), (["in feet", "0.3048"], {"scale": 1 / 0.3048}),
                (["kilometres"], {"scale": 0.001}), (["nautical"], {"scale": 1 / 1852}),
                (["do not overlap in time"], {"shift": 5000}),
                (["--truth-start 2024-03-01T12:00:00"], {"shift": UTC}),
                (["no track is ever within"], {"dx": 9e6})):
            truth, tracks = plane(work, **change)
            refused(words, "--truth", truth, "--tracks", tracks, case=change)
        truth, tracks = plane(work)
        degrees = write(work / "degrees.csv", ["time_s", "track_id", "lat", "lon"], [(0, 1, 50, 8)])
        refused(["truth is in metres", "degrees"], "--truth", truth, "--tracks", degrees)
        named = write(work / "named.csv", ["time_s", "track_id", "x", "y"],
                      [(t, 1, 8, 50) for t in range(9)])
        refused(["look like degrees"], "--truth", truth, "--tracks", named)
        day = [(UTC + t, 1, 50 + t / 1000, 8) for t in range(60)]
        head = ["time_s", "track_id", "lat", "lon"]
        a = write(work / "a.csv", head, day)
        b = write(work / "b.csv", head, [(r[0] - 19783 * 86400, *r[1:]) for r in day])
        refused(["--truth-start"], "--truth", b, "--tracks", a)
        b = write(work / "b.csv", head, [(r[0] - 30 * 86400, *r[1:]) for r in day])
        refused(["30 days apart", "--start 2024-03-01"], "--truth", a, "--tracks", b)
        heights = write(work / "feet.csv", head + ["height_m"],
                        [(*r, 9000 / 0.3048) for r in day])
        metres = write(work / "metres.csv", head + ["height_m"], [(*r, 9000) for r in day])
        refused(["look like feet"], "--truth", metres, "--tracks", heights)
        empty = work / "empty.csv"
        empty.write_text("")
        refused(["is empty"], "--truth", truth, "--tracks", empty)
        odd = write(work / "odd.csv", ["time_s", "track_id", "range"], [(1, 1, 1)])
        refused([":1:", "lacks positions", "latitude_deg"], "--truth", truth, "--tracks", odd)
        bad = write(work / "bad.csv", ["time_s", "track_id", "x", "y"], [(1, 1, "abc", 2)])
        refused(["bad.csv:2:", "no number"], "--truth", truth, "--tracks", bad)
        noise = work / "noise.bin"
        noise.write_bytes(bytes((i * 7919 >> 3) & 255 for i in range(5000)))
        refused(["no form that is recognised", "doc/evaluate.md"], "--truth", truth, "--tracks",
                noise)
        refused(["cannot read"], "--truth", truth, "--tracks", work / "none.csv", status=66)
        refused(["no truth", "--truth FILE"], "--tracks", tracks, status=64)
        refused(["no table 'ed999'", "esassp_5nm"], "--truth", truth, "--tracks", tracks,
                "--require", "ed999", status=64)


def other_files():
    """Files that are nearly what is read: each says what to do; one that is cut off is judged."""
    with workspace() as work:
        truth, tracks = plane(work)
        text = tracks.read_text()
        file = work / "other.csv"
        for words, content in ((["semicolons", "commas"], text.replace(",", ";")),
                               (["tabs"], text.replace(",", "\t")),
                               (["CR alone"], text.replace("\n", "\r")),
                               (["a comment", "first line"], "# ours\n" + text),
                               (["JSON", "an object a line"], '[{"time_s": 1}]'),
                               (["holds no state"], "\n" * 65536),
                               (["UTF-16", "UTF-8"], text.encode("utf-16"))):
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            refused([*words, "other.csv"], "--truth", truth, "--tracks", file)
        write(file, ["time_s", "track_id", "x", "y"], [((UTC + t) * 1000, 1, 0, 0) for t in (0, 1)])
        refused(["milliseconds", "expected seconds"], "--truth", truth, "--tracks", file)
        # Near the middle of it all the wrong unit is near something by chance.
        write(truth, HEAD, [(t, k, 20000 * k, 200 * t, 9000, 0, 200, 0) for t in range(120)
                            for k in range(4)])
        write(file, HEAD, [(t, k, 20000 * k / 0.3048, 200 * t / 0.3048, 9000, 0, 200, 0)
                           for t in range(120) for k in range(4)])
        refused(["in feet"], "--truth", truth, "--tracks", file)
        file.write_text(truth.read_text().replace("target_id", "track_id"))
        with open(truth, "a", encoding="ascii") as rows:  # one wrong time
            rows.write("99000000,9,0,0,9000,0,200,0\n")
        refused(["the truth lasts 99000000 s", "--until"], "--truth", truth, "--tracks", file)
        report = evaluate("--truth", truth, "--tracks", file, "--until", "119")
        assert report["window"]["last_s"] < 200, report["window"]
        folder, cut = demo(), work / "cut.pcap"
        whole = (folder / "system.pcap").read_bytes()
        cut.write_bytes(whole[:len(whole) // 2 + 7])
        done = run("evaluate", "-q", "--json", "-", "--truth", folder / "truth.csv", "--start",
                   START, "--truth-start", START, "--tracks", cut)
        assert "ends inside an element" in done.stderr.decode(), done.stderr
        assert figures(json.loads(done.stdout))["position_rms_m"] < 12
        done = run("evaluate", "-q", "--json", "-", "--truth", folder / "truth.csv", "--start",
                   START, "--truth-start", START, "--tracks", folder / "tracks.jsonl",
                   "--recording", cut)
        assert "ends inside an element" in done.stderr.decode(), done.stderr
        refused(["expected what airpicture replay reads"], "--truth", folder / "truth.csv",
                "--truth-start", START, "--tracks", folder / "tracks.jsonl", "--recording", file)


def requirements():
    """Exit statuses, the program's tables, one of the user's own, and its mistakes by line."""
    with workspace() as work:
        truth, tracks = plane(work)
        inputs = ("--truth", truth, "--tracks", tracks)
        for path in sorted((ROOT / "spec/requirements").glob("*.yaml")):
            report = evaluate(*inputs, "--show", path.stem)
            rows = report["requirements"][0]["rows"]
            assert rows and all(r["confidence"] in "VMCP" and r["text"] for r in rows), path.stem
        evaluate(*inputs, "--require", "ed116", status=1)  # RMS 50 m against 7.5 m
        table = work / "mine.yaml"
        text = ("table: mine\ntitle: ours\nsource: us\nconfidence: P\nrows:\n  - row: A\n"
                "    text: position, RMS\n    quantity: position_error\n    statistic: rms\n"
                "    at_most: 0.05 km\n    level: mandatory\n")
        table.write_text(text.replace("0.05 km", "0.0501 km"))
        report = evaluate(*inputs, "--tables", work, "--require", "mine")
        row = report["requirements"][0]["rows"][0]
        assert row["result"] == "pass" and row["unit"] == "km", row
        near(row["value"], 0.05, 1e-9)
        table.write_text(text.replace("0.05 km", "49 m"))
        evaluate(*inputs, "--tables", table, "--require", "mine", status=1)
        evaluate(*inputs, "--tables", table, "--show", "mine")
        table.write_text(text.replace("0.05 km", "1 km\n    sample_min: 100000"))
        for strict, is_met in (((), True), (("--strict",), False)):
            report = evaluate(*inputs, "--tables", table, "--require", "mine", *strict,
                              status=0 if is_met else 1)
            told = report["requirements"][0]
            assert told["is_met"] == is_met and told["rows"][0]["result"] == "few", told
        done = run("evaluate", *inputs, "--tables", work / "nowhere", status=64)
        assert "nowhere: No such file or directory" in done.stderr.decode(), done.stderr
        for change, line, words in ((("0.05 km", "5 s"), 10, "'NM'"),
                                    (("rms", "rsm"), 9, "quantile"),
                                    (("level", "lewel"), 11, "key 'lewel'"),
                                    (("position_error", "error"), 8, "position_error")):
            table.write_text(text.replace(*change))
            done = run("evaluate", *inputs, "--tables", work, "--require", "mine", status=78)
            assert f"mine.yaml:{line}:" in done.stderr.decode(), done.stderr
            assert words in done.stderr.decode(), done.stderr


def one_file():
    """What fails is said behind the summary where both go to one file."""
    with workspace() as work:
        truth, tracks = plane(work)
        with open(work / "both.txt", "wb") as both:
            done = subprocess.run([PROGRAM, "evaluate", "--truth", truth, "--tracks", tracks,
                                   "--require", "ed116"], stdout=both, stderr=both)
        assert done.returncode == 1, done
        lines = (work / "both.txt").read_text().splitlines()
        told = [i for i, line in enumerate(lines) if line.startswith("airpicture evaluate:")]
        assert told == [len(lines) - 1], (told, len(lines))


def page():
    """The page needs nothing from elsewhere, and holds what evaluation.json holds."""
    with workspace() as work:
        truth, tracks = plane(work)
        run("evaluate", "-q", "--truth", truth, "--tracks", tracks, "--report", work / "report")
        text = (work / "report/index.html").read_text()
        data = json.loads((work / "report/evaluation.json").read_text())
        away = re.search(r"(?:src|href)=[\"']?(?:https?:)?//|@import|url\(", text)
        assert not away, away
        inside = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.S)
        assert json.loads(inside.group(1)) == data, "another object"
        assert len(data["map"]["truth"]) == 3 and len(data["worst"]) > 0
        assert len(data["series"]["t_s"]) == data["window"]["instant_count"] == 120


def moments():
    """Each worst moment tells the command that replays it, which does, and a link into the page."""
    with workspace() as work:
        folder = work / "it's here"
        folder.mkdir()
        (work / "radars.yaml").write_text(RADARS.replace("count: 80", "count: 8"))
        run("simulate", "-q", work / "radars.yaml", "-o", folder / "s")
        inputs = ("--truth", folder / "s/truth.csv", "--tracks", work / "tracks.jsonl")
        feeds = ("-c", folder / "s/sensors.yaml", folder / "s/merged.pcap")
        run("replay", "-q", *feeds, "--tracks", work / "tracks.jsonl")
        text = run("evaluate", *inputs, "-c", folder / "s/sensors.yaml", "--recording",
                   folder / "s/merged.pcap", "--report", work / "report").stdout.decode()
        data = json.loads((work / "report/evaluation.json").read_text())
        assert len(data["worst"]) == 10, data["worst"]
        for i, moment in enumerate(data["worst"]):
            near(float(moment["link"].removeprefix("index.html#t=")), moment["t_s"], 0.051)
            assert moment["replay"] in text, moment
            start, end = re.search(r"--from (\S+) --to (\S+) -o moment-(\d+)",
                                   moment["replay"]).groups()[:2]
            times = [(datetime.datetime.fromisoformat(t.replace("Z", "+00:00"))).timestamp()
                     for t in (start, end)]
            at = data["window"]["first_s"] + moment["t_s"]
            near(at - times[0], 60, 1e-3)
            near(times[1] - at, 30, 1e-3)
        shell = data["worst"][0]["replay"].replace("airpicture", f"'{PROGRAM}'", 1)
        subprocess.run(["sh", "-c", shell + " -q"], cwd=work, check=True)
        lines = [json.loads(x) for x in (work / "moment-1.jsonl").read_text().splitlines()]
        at = data["window"]["first_s"] + data["worst"][0]["t_s"]
        assert len(lines) > 20 and all(at - 62 < x["time_s"] < at + 31 for x in lines)
        assert {x["track_id"] for x in lines if x["state"] != "tentative"}
        command = evaluate(*inputs)["worst"][9]["replay"]
        assert command.endswith("-o moment-10.jsonl RECORDING"), command
        assert "w.replay" in (work / "report/index.html").read_text()
        truth, tracks = plane(work)  # counts from a begin of its own: there is no time to give
        assert "replay" not in evaluate("--truth", truth, "--tracks", tracks)["worst"][0]


def disk_full():
    """A file size limit stands in for a full disk: neither of the report's files appears."""
    with workspace() as work:
        truth, tracks = plane(work)
        inputs = ("evaluate", "-q", "--truth", truth, "--tracks", tracks)
        run(*inputs, "--report", work / "whole")
        size = (work / "whole/evaluation.json").stat().st_size
        assert size < (work / "whole/index.html").stat().st_size
        for limit in (size // 2, size + 100):
            done = subprocess.run(
                [PROGRAM, *inputs, "--report", work / "report", "--json", work / "alone.json"],
                stderr=subprocess.PIPE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            assert done.returncode == 74, (limit, done)
            assert len(done.stderr.decode().splitlines()) == 1, done.stderr
            assert not list((work / "report").iterdir()), list((work / "report").iterdir())
            assert not (work / "alone.json").exists()


def truth_start():
    """about.json is read as JSON: blanks, order, and a start of something else do not matter."""
    with workspace() as work:
        day = [(t, 1, 50 + t / 1000, 8) for t in range(60)]
        head = ["time_s", "target_id", "lat", "lon"]
        truth = write(work / "truth.csv", head, day)
        tracks = write(work / "tracks.csv", head, [(UTC + r[0], *r[1:]) for r in day])
        inputs = ("--truth", truth, "--tracks", tracks)
        about = {"start": "2020-01-01T00:00:00Z", "sent": [{"name": "x" * 70000}],
                 "note": '"scenario": {"start": "2021-01-01T00:00:00Z"}',
                 "scenario": {"flights": [{"start": "2022-01-01T00:00:00Z"}], "start": START}}
        for indent in (None, 4):
            (work / "about.json").write_text(json.dumps(about, indent=indent))
            assert evaluate(*inputs)["window"]["first_s"] == UTC
        for broken in ("", "[", '{"scenario": 5}', json.dumps({"start": START}), "\0"):
            (work / "about.json").write_text(broken)
            refused(["--truth-start"], *inputs)
        (work / "about.json").write_text(json.dumps(about))
        for place in ("91,0", "-90.1,8", "50,180.5"):
            refused([f"--range-from {place} is refused", "from -90 to 90"], *inputs,
                    "--range-from=" + place, status=64)
        report = evaluate(*inputs, "--range-from", "90,180")
        assert "latitude 90" in report["by_range"]["origin"], report["by_range"]


def comparison():
    """B's errors are twice A's: said so, with exit statuses, and nothing worse than itself."""
    with workspace() as work:
        truth, a = plane(work, "a.csv")
        _, b = plane(work, "b.csv", dx=60, dy=80)
        done = run("compare", "--truth", truth, a, b, "--json", work / "c.json", "-q",
                   "--worse-than", "10", status=1)
        assert "worse than A" in done.stderr.decode()
        told = json.loads((work / "c.json").read_text())
        near(told["gospa"]["mean_difference_m"], 50 * math.sqrt(3), 1e-3)
        assert told["gospa"]["a_better_count"] == told["gospa"]["instant_count"]
        rows = {r["key"]: r for r in told["figures"]}
        assert rows["position_rms_m"]["better"] == "a"
        near(rows["position_rms_m"]["difference"], 50, 1e-6)
        assert not [key for key in rows if key.startswith("pcrb")], rows.keys()
        run("compare", "--truth", truth, b, a, "-q", "--worse-than", "0")
        run("compare", "--truth", truth, a, a, "-q", "--worse-than", "0")
        run("compare", "--truth", truth, a, status=64)
        # One instant tells nothing of chance: no error of its difference, and no verdict.
        run("compare", "--truth", truth, a, b, "--until", "0", "--json", work / "c.json", "-q",
            "--worse-than", "10")
        told = json.loads((work / "c.json").read_text())["gospa"]
        assert told["instant_count"] == 1 and told["standard_error_m"] is None, told


ROUNDED = """
import builtins, importlib.util, sys
spec = importlib.util.spec_from_file_location("score", sys.argv[1])
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)
score.round = lambda x, n=None: builtins.round(x, n) if n is None else builtins.round(x, 12)
sys.argv = sys.argv[1:]
score.main()
"""


def bench():
    """The figures of the bench's own scorer, without its rounding, to 1e-6 of their size."""
    if not (BENCH / "score.py").exists():
        raise Skip(f"no score.py under {BENCH} (set AIRPICTURE_DATA)")
    if subprocess.run([NUMPY_PYTHON, "-c", "import numpy, scipy"],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("numpy and scipy are not installed")
    with workspace() as work:
        subprocess.run([NUMPY_PYTHON, BENCH / "scenario.py", "--out", work / "s", "--kind",
                        "crossing", "--n", "24", "--scans", "60"], check=True,
                       stdout=subprocess.DEVNULL)
        run("track", "-q", work / "s/detections.csv", "-o", work / "tracks.csv")
        (work / "exact.py").write_text(ROUNDED)
        done = subprocess.run([NUMPY_PYTHON, work / "exact.py", BENCH / "score.py", "--truth",
                               work / "s/truth.csv", "--tracks", work / "tracks.csv"], check=True,
                              stdout=subprocess.PIPE)
        expected = json.loads(done.stdout)
        got = figures(evaluate("--bench", "--truth", work / "s/truth.csv", "--tracks",
                               work / "tracks.csv"))
        names = {"gospa_rms_m": "gospa_rms_m", "gospa_mean_m": "gospa_mean_m",
                 "gospa_per_sqrt_n_m": "gospa_per_sqrt_n_m", "ospa_mean_m": "ospa_mean_m",
                 "rms_position_m": "picture_position_rms_m",
                 "p95_position_m": "picture_position_95_m",
                 "rms_velocity_mps": "picture_velocity_rms_mps", "nees_mean_2dof": "picture_nees",
                 "completeness": "completeness", "missed_per_instant": "missed_per_instant",
                 "false_per_instant": "false_per_instant", "tracks": "used_track_count",
                 "targets": "target_count", "false_tracks": "false_track_count",
                 "id_switches_per_target": "switches_per_target",
                 "id_switches_sticky_per_target": "kept_switches_per_target",
                 "breaks_per_target": "breaks_per_target", "longest_id_share": "longest_share",
                 "late_birth_delay_s": "late_birth_delay_s"}
        assert expected["instants"] > 40 and expected["completeness"] > 0.5
        for theirs, ours in names.items():
            if expected[theirs] is None:
                assert got[ours] is None, (theirs, got[ours])
            else:
                near(got[ours], expected[theirs], 1e-6 * max(1.0, abs(expected[theirs])))


if __name__ == "__main__":
    for test in (known_errors, simulated, bound, bound_of_reports, radar_table, one_file,
                 every_form, aircraft_json, reference, wrong_inputs, other_files, requirements,
                 page, moments, disk_full, truth_start, comparison, bench):
        case(test.__name__, test)
    finish()
