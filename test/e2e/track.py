#!/usr/bin/env python3
"""`airpicture track`: a scenario made here, scored against its truth; forms of input, bad input."""
import csv
import gzip
import io
import json
import math
import os
import pathlib
import random
import signal
import subprocess

from common import PROGRAM, case, finish, run, wait_till_read, workdir

TURN_S, SCANS, AIRCRAFT = 4.0, 40, 12
SIGMA_M, SIGMA_RAD = 50.0, 0.0014
A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)


def ecef(latitude, longitude, height):
    n = A / math.sqrt(1 - E2 * math.sin(latitude) ** 2)
    c = math.cos(latitude)
    return ((n + height) * c * math.cos(longitude), (n + height) * c * math.sin(longitude),
            (n * (1 - E2) + height) * math.sin(latitude))


def geodetic(x, y, z):
    """By iteration (Bowring, 1976, refined); for heights of aircraft."""
    p, latitude = math.hypot(x, y), math.atan2(z, math.hypot(x, y) * (1 - E2))
    for _ in range(6):
        n = A / math.sqrt(1 - E2 * math.sin(latitude) ** 2)
        latitude = math.atan2(z + E2 * n * math.sin(latitude), p)
    n = A / math.sqrt(1 - E2 * math.sin(latitude) ** 2)
    height = p * math.cos(latitude) + z * math.sin(latitude) - A * A / n
    return latitude, math.atan2(y, x), height


class Plane:
    """Tangent plane: x east, y north."""

    def __init__(self, latitude_deg, longitude_deg):
        la, lo = math.radians(latitude_deg), math.radians(longitude_deg)
        self.origin = ecef(la, lo, 0.0)
        self.east = (-math.sin(lo), math.cos(lo), 0.0)
        self.north = (-math.sin(la) * math.cos(lo), -math.sin(la) * math.sin(lo), math.cos(la))

    def geodetic(self, x, y):
        at = [o + x * e + y * n for o, e, n in zip(self.origin, self.east, self.north)]
        return geodetic(*at)


class Scenario:
    """Straight flights and turns, one radar at the origin, false plots; all from a seed."""

    def __init__(self, seed=1):
        rng = random.Random(seed)
        self.flights = [(rng.uniform(-8e4, 8e4), rng.uniform(-8e4, 8e4),
                         rng.uniform(0, 2 * math.pi), rng.uniform(120, 240),
                         rng.choice([0.0, 0.0, 0.02])) for _ in range(AIRCRAFT)]
        self.plots = []
        for scan in range(SCANS):
            for k in range(AIRCRAFT):
                t = TURN_S * scan
                for _ in range(4):
                    x, y = self.at(k, t)
                    t = TURN_S * (scan + math.atan2(x, y) % (2 * math.pi) / (2 * math.pi))
                if rng.random() < 0.9 and math.hypot(x, y) > 3e3:
                    self.plots.append((t, math.hypot(x, y) + rng.gauss(0, SIGMA_M),
                                       (math.atan2(x, y) + rng.gauss(0, SIGMA_RAD))
                                       % (2 * math.pi), k))
            for _ in range(15):
                x, y = rng.uniform(-1e5, 1e5), rng.uniform(-1e5, 1e5)
                azimuth = math.atan2(x, y) % (2 * math.pi)
                self.plots.append((TURN_S * (scan + azimuth / (2 * math.pi)), math.hypot(x, y),
                                   azimuth, -1))
        self.plots.sort()

    def at(self, k, t):
        x, y, heading, speed, rate = self.flights[k]
        if rate == 0:
            return x + speed * t * math.sin(heading), y + speed * t * math.cos(heading)
        return (x + speed / rate * (math.cos(heading) - math.cos(heading + rate * t)),
                y + speed / rate * (math.sin(heading + rate * t) - math.sin(heading)))


def covariance(r, azimuth):
    """Of x and y: along and across the line of sight."""
    rr, aa = SIGMA_M ** 2, (r * SIGMA_RAD) ** 2
    s, c = math.sin(azimuth), math.cos(azimuth)
    return rr * s * s + aa * c * c, (rr - aa) * s * c, rr * c * c + aa * s * s


def text_of(head, rows):
    return "\n".join([",".join(head)] + [",".join(map(str, r)) for r in rows]) + "\n"


POLAR = ["time_s", "range_m", "azimuth_rad", "sigma_range_m", "sigma_azimuth_rad"]


def polar_text(scene):
    return text_of(POLAR, [(f"{t:.4f}", f"{r:.3f}", f"{a:.9f}", SIGMA_M, SIGMA_RAD)
                           for t, r, a, _ in scene.plots])


def plane_text(scene):
    rows = []
    for t, r, a, _ in scene.plots:
        rows.append((f"{t:.4f}", f"{r * math.sin(a):.3f}", f"{r * math.cos(a):.3f}",
                     *(f"{v:.3f}" for v in covariance(r, a))))
    return text_of(["time_s", "x_m", "y_m", "sxx", "sxy", "syy"], rows)


def geodetic_text(scene, plane):
    rows = []
    for t, r, a, _ in scene.plots:
        la, lo, h = plane.geodetic(r * math.sin(a), r * math.cos(a))
        rows.append((f"{t:.4f}", f"{math.degrees(la):.9f}", f"{math.degrees(lo):.9f}", f"{h:.3f}",
                     1.0, *(f"{v:.3f}" for v in covariance(r, a))))
    return text_of(["time_s", "latitude_deg", "longitude_deg", "height_m", "sigma_height_m", "sxx",
                    "sxy", "syy"], rows)


def tracks_of(text):
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    return [{k: float(r[k]) for k in list(r)[:16]} for r in rows]


def score(scene, tracks):
    """Share of aircraft with a track within 1.5 km, mean error, stray tracks; after a minute."""
    by_time = {}
    for row in tracks:
        by_time.setdefault(row["time_s"], []).append(row)
    seen = stray = total = 0
    square, vsquare, nees = 0.0, 0.0, 0.0
    for t, rows in by_time.items():
        if t < 60:
            continue
        left = list(rows)
        for k in range(AIRCRAFT):
            x, y = scene.at(k, t)
            if math.hypot(x, y) < 5e3:
                continue
            total += 1
            best = min(left, key=lambda r: math.hypot(r["x"] - x, r["y"] - y), default=None)
            if best is None or math.hypot(best["x"] - x, best["y"] - y) > 1500:
                continue
            left.remove(best)
            seen += 1
            dx, dy = best["x"] - x, best["y"] - y
            ahead = scene.at(k, t + 0.01)
            square += dx * dx + dy * dy
            vsquare += ((ahead[0] - x) / 0.01 - best["vx"]) ** 2
            vsquare += ((ahead[1] - y) / 0.01 - best["vy"]) ** 2
            det = best["sxx"] * best["syy"] - best["sxy"] ** 2
            nees += (best["syy"] * dx * dx - 2 * best["sxy"] * dx * dy
                     + best["sxx"] * dy * dy) / det
        stray += len(left)
    return {"complete": seen / total, "rms_m": math.sqrt(square / seen),
            "rms_mps": math.sqrt(vsquare / seen), "nees": nees / seen,
            "stray": stray / len(by_time)}


def good(figures):
    assert figures["complete"] > 0.97, figures
    assert figures["rms_m"] < 160 and figures["rms_mps"] < 15, figures
    assert 0.8 < figures["nees"] < 3.5, figures
    assert figures["stray"] < 0.4, figures


def track(text, *options, status=0):
    return run("track", *options, "-", stdin=text.encode() if isinstance(text, str) else text,
               status=status)


def near(a, b, metres=1.0):
    """The same tracks at the same times."""
    assert len(a) == len(b), (len(a), len(b))
    worst = max(math.hypot(p["x"] - q["x"], p["y"] - q["y"]) for p, q in zip(a, b))
    assert worst < metres, worst


scene = Scenario()
reference = {}


def polar():
    done = track(polar_text(scene))
    reference["tracks"] = tracks_of(done.stdout)
    good(score(scene, reference["tracks"]))
    said = done.stderr.decode()
    assert "turn 4.000 s (from times and azimuths)" in said, said
    assert "0 refused" in said and "ms of CPU a scan" in said and "times real time" in said, said
    learnt = float(said.split("detection probability ")[1].split()[0])
    assert 0.8 < learnt < 0.97, said
    head = done.stdout.decode().splitlines()[0]
    assert head.startswith("time_s,track_id,x,y,vx,vy,sxx,sxy,syy,"), head


def variants():
    """x, y and latitude, longitude are other words for the same plots."""
    flat = tracks_of(track(plane_text(scene)).stdout)
    good(score(scene, flat))
    for place in ((0, 0), (52.3, 4.76), (-33, 179.9)):
        text = geodetic_text(scene, Plane(*place))
        there = tracks_of(track(text, "--origin", f"{place[0]},{place[1]}").stdout)
        near(flat, there, 5.0)
    here = tracks_of(track(plane_text(scene), "--origin", "52.3,4.76").stdout)
    near(flat, here, 5.0)
    assert len(flat) == len(reference["tracks"])
    near(flat, reference["tracks"], 30.0)


def origin_of_positions():
    done = track(geodetic_text(scene, Plane(48, 11)))
    assert "origin:  " in done.stderr.decode()
    la, lo = map(float, done.stderr.decode().split("origin:  ")[1].split()[:2])
    assert la == round(la) and lo == round(lo) and abs(la - 48) <= 1 and abs(lo - 11) <= 1, (la, lo)


def sensors_of_one_file():
    """Two radars at their own places in the plane: better than each."""
    rng = random.Random(3)
    rows = []
    for name, sx, sy in (("west", -4e4, 0.0), ("east", 4e4, 1e4)):
        for scan in range(SCANS):
            for k in range(AIRCRAFT):
                t = TURN_S * scan
                for _ in range(4):
                    x, y = scene.at(k, t)
                    a = math.atan2(x - sx, y - sy) % (2 * math.pi)
                    t = TURN_S * (scan + a / (2 * math.pi))
                if rng.random() < 0.9:
                    r = math.hypot(x - sx, y - sy) + rng.gauss(0, SIGMA_M)
                    a = (a + rng.gauss(0, SIGMA_RAD)) % (2 * math.pi)
                    rows.append((t, name, sx, sy, r, math.degrees(a), SIGMA_M, SIGMA_RAD))
    rows.sort()
    head = ["time_s", "sensor", "sensor_x_m", "sensor_y_m", "range_m", "azimuth_deg",
            "sigma_range_m", "sigma_azimuth_rad"]
    both = track(text_of(head, rows))
    figures = score(scene, tracks_of(both.stdout))
    good(figures)
    alone = track(text_of(head, [r for r in rows if r[1] == "west"]))
    assert figures["rms_m"] < 0.85 * score(scene, tracks_of(alone.stdout))["rms_m"], figures
    said = both.stderr.decode()
    assert said.count("turn 4.000 s (from times and azimuths)") == 2, said
    assert b"west;east" in both.stdout or b"east;west" in both.stdout


def sensors_file():
    """Slant ranges on the round Earth; the same aircraft by a radar and by positions."""
    height, plane = 9000.0, Plane(50, 8)
    site, rows = ecef(math.radians(50), math.radians(8), 100.0), []
    for scan in range(30):
        x, y = -30e3 + 800.0 * scan, 40e3
        la, lo, _ = plane.geodetic(x, y)
        d = [a - b for a, b in zip(ecef(la, lo, height), site)]
        e = sum(a * b for a, b in zip(d, plane.east))
        n = sum(a * b for a, b in zip(d, plane.north))
        a = math.atan2(e, n) % (2 * math.pi)
        rows.append((4.0 * scan, "hill", math.sqrt(sum(v * v for v in d)), a, "", "",
                     height, "4B1234", "7000", "SWR123"))
        rows.append((4.0 * scan + 0.5, "mlat", "", "", math.degrees(la), math.degrees(lo), height,
                     "4B1234", "", ""))
        rows.append((4.0 * scan + 0.6, "nobody", "", "", 50, 8, height, "", "", ""))
    head = ["time_s", "sensor", "range_m", "azimuth_rad", "latitude_deg", "longitude_deg",
            "height_m", "address", "mode_3a", "callsign"]
    yaml = ("sensors:\n  - {name: hill, kind: mode_s, sac: 1, sic: 1, latitude_deg: 50, "
            "longitude_deg: 8, height_m: 100, turn_s: 4}\n"
            "  - {name: mlat, kind: mlat, sac: 1, sic: 2}\n")
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "s.yaml").write_text(yaml)
        (folder / "d.csv").write_text(text_of(head, rows))
        done = run("track", "-c", folder / "s.yaml", "-o", folder / "t.jsonl", folder / "d.csv")
        lines = [json.loads(line) for line in (folder / "t.jsonl").read_text().splitlines()]
        (folder / "one.csv").write_text("time_s,x,y\n0,1,2\n")
        refused = run("track", "-c", folder / "s.yaml", folder / "one.csv", status=65)
    assert b"'nobody' is no name of the sensors file" in done.stderr, done.stderr
    assert b"30 sensor_unknown" in done.stdout, done.stdout
    assert b"expected a column 'sensor'" in refused.stderr, refused.stderr
    last = lines[-1]
    assert {line["track_id"] for line in lines} == {last["track_id"]}, "one aircraft, one track"
    assert last["address"] == "4b1234" and last["mode_3a"] == "7000", last
    assert last["callsign"] == "SWR123" and sorted(last["sensors"]) == ["hill", "mlat"], last
    x = -30e3 + 200.0 * last["time_s"]
    assert math.hypot(last["x"] - x, last["y"] - 40e3) < 150, last
    assert abs(last["height_m"] - height) < 50 and abs(last["vx"] - 200) < 5, last


def heights():
    """With z the tracks climb; without, they have the plane's."""
    rows = [(5.0 * i, 20e3 + 500 * i, 10e3, 1000 + 50 * i) for i in range(40)]
    done = track(text_of(["t", "x_m", "y_m", "z_m"], rows))
    last = list(csv.DictReader(io.StringIO(done.stdout.decode())))[-1]
    assert abs(float(last["z"]) - 2950) < 60 and abs(float(last["vz"]) - 10) < 3, last
    assert b"turn 5.000 s (from even times)" in done.stderr, done.stderr
    assert float(last["szz"]) > 0 and float(last["svzvz"]) > 0, last


def falling():
    """A payload of 500 kg/(m s2) from 25 km, and an aircraft: one falls, and only that."""
    rng, rows, places = random.Random(7), [], {}
    z, up, dt = 25e3, 0.0, 0.01
    for k in range(60):
        t = TURN_S * k
        places[t] = z
        for x, y, h in ((3e3, 4e3, z), (100.0 * t - 1e4, 8e3, 9e3)):
            r, flat = math.sqrt(x * x + y * y + h * h), math.hypot(x, y)
            rows.append((t, r + 20 * rng.gauss(0, 1),
                         math.degrees(math.atan2(x, y)) + 0.05 * rng.gauss(0, 1),
                         math.degrees(math.atan2(h, flat)) + 0.05 * rng.gauss(0, 1),
                         20, 0.05, 0.05))
        for _ in range(int(TURN_S / dt)):
            air = 1.754 * math.exp(-1.49e-4 * z) if z > 9144 else 1.227 * math.exp(-1.093e-4 * z)
            up += dt * (0.5 * air * up * up * 9.80665 / 500.0 - 9.78)
            z += dt * up
    head = ["time_s", "range_m", "azimuth_deg", "elevation_deg", "sigma_range_m",
            "sigma_azimuth_deg", "sigma_elevation_deg"]
    out = list(csv.DictReader(io.StringIO(track(text_of(head, rows)).stdout.decode())))
    falls = [row for row in out if row["fall_probability"]]
    assert len(falls) > 20, len(falls)
    assert len({row["track_id"] for row in falls}) == 1
    last = falls[-1]
    t = min(TURN_S * round(float(last["time_s"]) / TURN_S), max(places))
    assert abs(float(last["z"]) - places[t]) < 400, (last["z"], places[t])
    assert abs(float(last["ballistic_coefficient"]) - 500) < 150, last["ballistic_coefficient"]
    assert float(last["fall_probability"]) > 0.9, last["fall_probability"]


def damaged():
    """Bad rows cost themselves; their lines, columns and reasons are told and counted."""
    lines = polar_text(scene).splitlines()
    bad = {50: "nan,1,1,50,0.0014", 51: "1,inf,1,50,0.0014", 52: "1,abc,1,50,0.0014",
           53: "1,,1,50,0.0014", 54: "1,2,3", 55: '1,"2', 56: "1,2,3,0,0.0014", 57: "-5,1,1,1,1",
           58: "1e9,1,1,50,0.0014", 59: "1,1,99,50,0.0014", 60: '1,"2"3,4,5,6'}
    reasons = ["2 not_finite", "1 not_a_number", "1 missing", "1 field_count", "2 syntax",
               "2 range",
               "1 time_jump"]
    out = []
    for i, line in enumerate(lines, 1):
        if i in bad and i != 55:
            out.append(bad[i])
        out.append(line)
    out.append('1,"2')
    done = track("\n".join(out) + "\n")
    said = done.stderr.decode()
    for reason in reasons:
        assert reason in said, (reason, said)
    count = len(lines) - 1
    assert f"{count + 11} read, {count} given to the tracker, 11 refused" in said, said
    assert "time_backwards" in said, said
    assert "airpicture track: -:52: column 'range_m': 'inf' is not finite" in said, said
    near(tracks_of(done.stdout), reference["tracks"], 0.01)


def wrong_times():
    """One wrong time costs one row, wherever it stands; time that runs back for good, nothing."""
    rows = [(t, f"{r:.3f}", f"{a:.9f}", SIGMA_M, SIGMA_RAD) for t, r, a, _ in scene.plots]
    for at, off in ((300, 12), (300, 60), (300, 300), (300, 599), (300, -3600), (0, 500)):
        off_rows = list(rows)
        off_rows[at] = (rows[at][0] + off, *rows[at][1:])
        done = track(text_of(POLAR, off_rows))
        said = done.stderr.decode()
        reason = "time_jump" if off > 0 else "time_backwards"
        assert f"{len(rows) - 1} given to the tracker, 1 refused: 1 {reason}" in said, (off, said)
        assert f"-:{at + 2}: time: " in said, said
        good(score(scene, tracks_of(done.stdout)))
    joined = [(t + 3600, *rest) for t, *rest in rows] + rows
    done = track(text_of(POLAR, joined))
    said = done.stderr.decode()
    assert f"{len(joined)} given to the tracker, 0 refused" in said, said
    assert "time:    ran back for good 1 times" in said, said
    tracks = tracks_of(done.stdout)
    back = [i for i in range(1, len(tracks)) if tracks[i]["time_s"] < tracks[i - 1]["time_s"]]
    assert len(back) == 1, back
    good(score(scene, tracks[back[0]:]))
    hour = [{**row, "time_s": row["time_s"] - 3600} for row in tracks[:back[0]]]
    good(score(scene, hour))


def heads():
    for text, part in (("", "is empty"), ("a,b\n1,2\n", "no column of times"),
                       ("time_s,x_m\n", "x_m goes with y_m"),
                       ("time_s,x,y,x_m\n1,2,3,4\n", "state the same"),
                       ("time_s,x,y\n", "no row that can be tracked"),
                       ("time_s,x,y\n1,nan,2\n", "no row that can be tracked"),
                       ("\0\0\0\n", "octet 0")):
        done = track(text, status=65)
        assert part in done.stderr.decode(), (part, done.stderr)
    assert b"-:1: " in track("a,b\n", status=65).stderr


def any_octets():
    rng = random.Random(9)
    whole = polar_text(scene).encode()
    for _ in range(40):
        data = bytearray(whole[:6000])
        for _ in range(rng.randrange(1, 60)):
            data[rng.randrange(60, len(data))] = rng.randrange(256)
        done = track(bytes(data), status=None)
        assert done.returncode in (0, 65), (done.returncode, done.stderr[-300:])


def forms():
    """Packed, with CR LF, with a byte order mark, from a file or a pipe: the same octets out."""
    text = polar_text(scene)
    plain = track(text).stdout
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "d.csv").write_text("\ufeff" + text.replace("\n", "\r\n"), newline="",
                                      encoding="utf-8")
        (folder / "d.csv.gz").write_bytes(gzip.compress(text.encode()))
        for file in ("d.csv", "d.csv.gz"):
            run("track", "-q", "-o", folder / "t.csv", folder / file)
            assert (folder / "t.csv").read_bytes() == plain, file
        run("track", "-q", "-o", folder / "t.jsonl", "--stats", folder / "s.json", folder / "d.csv")
        lines = [json.loads(line) for line in (folder / "t.jsonl").read_text().splitlines()]
        rows = list(csv.DictReader(io.StringIO(plain.decode())))
        assert len(lines) == len(rows)
        for line, row in zip(lines, rows):
            for key in ("time_s", "track_id", "x", "svyvy", "latitude_deg"):
                assert float(row[key]) == float(line[key]), (key, row, line)
        run("track", "-q", "-o", folder / "n.jsonl", "--innovations", folder / "d.csv")
        told = [json.loads(line) for line in (folder / "n.jsonl").read_text().splitlines()]
        assert [row for row in told if "nis" not in row] == lines  # the pictures are as they were
        updates = [row for row in told if "nis" in row]
        assert len(updates) > 0.8 * len(lines) and {r["nis_dimensions"] for r in updates} == {2}
        mean = sum(row["nis"] for row in updates) / len(updates)
        assert 1.4 < mean < 2.6 and all(row["sensor"] for row in updates), mean
        stats = json.loads((folder / "s.json").read_text())
        assert stats["rows"] == stats["given_to_tracker"] == len(scene.plots), stats
        assert stats["refused"] == {} and stats["cpu_ms_per_scan"] > 0, stats
        assert stats["sensors"][0]["turn_s"] == 4, stats
        cut = gzip.compress(text.encode())[:-900]
        broken = track(cut, status=None)
        assert broken.returncode == 65 and broken.stderr, broken.stderr


def stats_to_stdout():
    text = polar_text(scene)
    with workdir() as name:
        done = track(text, "--stats", "-", "-o", f"{name}/t.csv")
        assert json.loads(done.stdout)["given_to_tracker"] == len(scene.plots), done.stdout[:300]
        assert b"speed:" in done.stderr
        both = track(text, "--stats", "-", "-o", "-", status=64)
        assert b"name the same file" in both.stderr, both.stderr


def whole_pictures():
    """Twelve thousand rows under one time: none is lost for want of room."""
    rng, rows = random.Random(2), []
    for scan in range(6):
        rows += [(5.0 * scan, f"{rng.uniform(-3e5, 3e5):.1f}", f"{rng.uniform(-3e5, 3e5):.1f}")
                 for _ in range(12000)]
    done = track(text_of(["time_s", "x_m", "y_m"], rows), "--track-cap", "100000")
    said = done.stderr.decode()
    assert "refused by the tracker: -" in said and "turn 5.000 s (from even times)" in said, said


def ends():
    text = polar_text(scene).encode()
    with workdir() as name:
        path = pathlib.Path(name) / "d.csv"
        path.write_bytes(text)
        pipe = subprocess.Popen([PROGRAM, "track", str(path), "-e", "0.05"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pipe.stdout.readline()
        pipe.stdout.close()
        said = pipe.stderr.read()
        assert pipe.wait(60) in (-13, 141), (pipe.returncode, said)
        assert said == b"", said
        if os.path.exists("/dev/full"):
            done = run("track", "-o", "/dev/full", path, status=74)
            assert b"cannot write" in done.stderr, done.stderr
        over = run("track", "-o", path, path, status=64)
        assert b"would write over the input" in over.stderr
        assert path.read_bytes() == text
    gone = run("track", "/nowhere/d.csv", status=66)
    assert b"/nowhere/d.csv" in gone.stderr
    for options, part in ((["--turn", "0"], "seconds from 0.05"),
                          (["--origin", "91,0"], "no place"),
                          (["--detection-probability", "1"], "between 0 and 1"),
                          (["--track-cap", "17.5"], "whole number"), ([], "expected one file")):
        done = run("track", *options, *(["x.csv"] if options else []), status=64)
        assert part in done.stderr.decode(), done.stderr


def interrupted():
    """A signal ends the input: the rows so far are tracked, and the one that it cut is none."""
    lines = polar_text(scene).splitlines(keepends=True)
    whole = "".join(lines[:400])
    expected = track(whole).stdout
    for number in (signal.SIGINT, signal.SIGTERM):
        for part in (lines[400][:12], lines[400][:-3]):  # the second would pass for a row
            with workdir() as name:
                fifo, out = pathlib.Path(name) / "fifo", pathlib.Path(name) / "tracks.csv"
                os.mkfifo(fifo)
                process = subprocess.Popen([PROGRAM, "track", "-o", str(out), str(fifo)],
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                with open(fifo, "wb", buffering=0) as feed:
                    feed.write((whole + part).encode())
                    wait_till_read(feed)
                    process.send_signal(number)
                    said, told = process.communicate(timeout=60)
                assert process.returncode == 0 and told == b"", (process.returncode, told)
                assert b"399 read, 399 given to the tracker, 0 refused" in said, said
                assert out.read_bytes() == expected, part
    process = subprocess.Popen([PROGRAM, "track", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(lines[0][:4].encode())
    process.stdin.flush()
    wait_till_read(process.stdin)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 65 and b"interrupted before '-' had a head" in told, told


def options_count():
    """--every, --tentative, --turn: what they say happens."""
    text = polar_text(scene)
    fine = tracks_of(track(text, "--every", "1").stdout)
    assert {round(r["time_s"] % 1, 6) for r in fine} == {0.0}
    good(score(scene, fine))
    more = tracks_of(track(text, "--tentative").stdout)
    assert len(more) > len(reference["tracks"])
    said = track(text, "--turn", "4.0", "--detection-probability", "0.9").stderr.decode()
    assert "turn 4.000 s (given)" in said and "0.900 (given)" in said, said
    again = tracks_of(track(text).stdout)
    near(again, reference["tracks"], 1e-9)


case("polar plots of one radar", polar)
case("x, y and latitude, longitude agree", variants)
case("origin of geodetic positions", origin_of_positions)
case("two radars in one file", sensors_of_one_file)
case("sensors file, identity, JSON lines", sensors_file)
case("heights", heights)
case("what falls", falling)
case("damaged rows", damaged)
case("wrong times", wrong_times)
case("heads that cannot be used", heads)
case("any octets", any_octets)
case("plain, packed, CR LF: the same octets", forms)
case("figures to standard output", stats_to_stdout)
case("whole pictures", whole_pictures)
case("closed pipe, full disk, wrong options", ends)
case("interrupted", interrupted)
case("options", options_count)
finish()
