#!/usr/bin/env python3
"""A scenario to bytes: errors with their places, files, seeds, live sending, and the way back
through the engine to the truth; then every scenario of the shelf."""
import csv
import json
import pathlib
import re
import resource
import signal
import socket
import statistics
import subprocess
import threading
import time

from common import (CLANG_PROGRAM, PROGRAM, ROOT, WAIT_S, Skip, case, finish, free_ports,
                    metres_between, need_tool, run, workdir)

SCENARIO = """
name: Test
duration_s: 120
latitude_deg: 52
longitude_deg: 4.5
height_offset_m: 40
traffic:
  - {kind: mixed, count: 30, radius_m: 120000}
sensors:
  - {name: alpha, kind: combined, sac: 1, sic: 1, latitude_deg: 52.3, longitude_deg: 4.7,
     height_m: 30, turn_s: 4, range_max_nmi: 120, range_bias_m: 60, azimuth_bias_deg: 0.1}
  - {name: wam, kind: mlat, sac: 1, sic: 3, latitude_deg: 52, longitude_deg: 4, turn_s: 1}
  - {name: one, kind: adsb, format: beast, port: PORT1, latitude_deg: 52, longitude_deg: 4}
  - {name: two, kind: adsb, format: beast, port: PORT2, latitude_deg: 52.5, longitude_deg: 4}
"""
WRONG = """
name: Test
duration_s: 5
latitude_deg: 52
longitude_deg: 4.5
trafic: []
sensors:
  - {name: a/b, kind: radar, sac: 300, sic: 1, latitude_deg: 52}
faults:
  - {kind: outage, sensor: nobody}
"""
# The items that hold SIM or TST, by category.
MARKED = {1: "020", 10: "020", 20: "020", 21: "040", 48: "020", 62: "080"}


def values_of(record, names):
    """Every value of these names in a record, however deep."""
    if isinstance(record, dict):
        for key, value in record.items():
            if key in names:
                yield value
            yield from values_of(value, names)
    elif isinstance(record, list):
        for value in record:
            yield from values_of(value, names)


def check_marks(path):
    """Every target report says that it is simulated or a test. Returns their count."""
    count = 0
    for line in run("decode", path).stdout.splitlines():
        record = json.loads(line)
        item = record.get("rec", {}).get(MARKED.get(record.get("cat")))
        if record.get("cat") not in MARKED or item is None:
            continue
        assert any(value == 1 for value in values_of(item, ("SIM", "TST"))), line[:300]
        count += 1
    return count


def digest(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def truth_of(path):
    """{second: {target: row}}."""
    truth = {}
    with open(path, newline="", encoding="ascii") as rows:
        for row in csv.DictReader(rows):
            truth.setdefault(float(row["time_s"]), {})[row["target_id"]] = row
    return truth


def run_limited(size, *arguments):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, preexec_fn=limit, timeout=60)


def listen_tcp(port, into):
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as stream:
                while True:
                    data = stream.recv(65536)
                    if not data:
                        return
                    into.append(data)
        except ConnectionRefusedError:
            time.sleep(0.01)


def check_dissected(path):
    """tshark knows the category of each datagram and finds no fault in it."""
    done = subprocess.run(
        [need_tool("tshark"), "-r", str(path), "-d", "udp.port==8601-8699,asterix", "-T", "fields",
         "-e", "asterix.category", "-e", "_ws.malformed"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert rows and all(row[0] != "" and row[1] == "" for row in rows), path.name


def shelf(folder, path):
    out = folder / f"shelf-{path.stem}"
    run("simulate", "-q", path, "-o", out, "--duration", "60")
    about = json.loads((out / "about.json").read_text())
    for sensor in about["sent"]:
        assert sensor["packet_count"] > 0, f"{sensor['name']} sends nothing"
        if not (out / f"{sensor['name']}.beast").exists():
            assert check_marks(out / f"{sensor['name']}.pcap") > 0, sensor["name"]
            if path.stem in ("airport-surface", "exercise-day"):  # these have every format
                check_dissected(out / f"{sensor['name']}.pcap")
    tracks = out / "tracks.jsonl"
    run("replay", "-q", "-c", out / "sensors.yaml", out / "merged.pcap", "--tracks", tracks)
    assert tracks.stat().st_size > 0, "no track"


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        ports = free_ports(2)
        scenario = folder / "scenario.yaml"
        scenario.write_text(SCENARIO.replace("PORT1", str(ports[0]))
                            .replace("PORT2", str(ports[1])))
        out = folder / "out"

        def errors():
            wrong = folder / "wrong.yaml"
            wrong.write_text(WRONG)
            said = run("simulate", wrong, "-o", out, status=78).stderr.decode()
            for part in ("wrong.yaml:3:13: duration_s '5' is out of range",
                         "wrong.yaml:6:1: unknown key 'trafic'; expected 'traffic', perhaps",
                         "wrong.yaml:8:12: name 'a/b' cannot name a file",
                         "wrong.yaml:8:23: kind 'radar' cannot be used; expected",
                         "wrong.yaml:8:35: sac '300' is out of range; expected a whole number "
                         "from 0 to 255",
                         "a sensor without longitude_deg",
                         "wrong.yaml:10:28: no sensor has the name 'nobody'", "is refused"):
                assert part in said, (part, said)
            assert not out.exists(), "a refused scenario left a folder"

        def usage():
            for arguments, status in ((["simulate"], 64), (["simulate", scenario], 64),
                                      (["simulate", scenario, "-o", out, "--speed", "2"], 64),
                                      (["simulate", scenario, "-o", out, "--seed", "1.5"], 64),
                                      (["simulate", scenario, "-o", out, "-d", "200"], 64),
                                      (["simulate", folder / "no.yaml", "-o", out], 66),
                                      (["simulate", scenario, "-o", folder / "a/b"], 73),
                                      (["simulate", scenario, "-o", scenario], 73)):
                done = run(*arguments, status=status)
                assert done.stderr, arguments
            named = folder / "merged.pcap"
            named.write_text(scenario.read_text())
            run("simulate", named, "-o", folder, status=64)
            assert named.read_text() == scenario.read_text(), "the scenario is written over"

        def files():
            said = run("simulate", scenario, "-o", out).stdout.decode()
            assert sorted(path.name for path in out.iterdir()) == sorted(
                ["about.json", "alpha.pcap", "merged.pcap", "one.beast", "one.pcap",
                 "sensors.yaml", "truth.csv", "two.beast", "two.pcap", "wam.pcap"])
            about = json.loads((out / "about.json").read_text())
            assert about["scenario"]["sensors"][0]["range_bias_m"] == 60
            assert about["scenario"]["seed"] == 1 and about["run_s"] == 120
            assert len(about["flown"]) == 30
            with open(out / "truth.csv", encoding="ascii") as rows:
                assert sum(1 for _ in rows) == about["truth_row_count"] + 1
            for sensor in about["sent"]:
                assert re.search(rf"{sensor['name']} +{sensor['packet_count']} +"
                                 rf"{sensor['byte_count']} +0\n", said), said
            assert "bias" not in (out / "sensors.yaml").read_text(), "a bias is told"

        def captures():
            """tshark finds what about.json counts, in order of time and without a fault."""
            about = json.loads((out / "about.json").read_text())
            counts = {one["name"]: one["packet_count"] for one in about["sent"]}
            for name, wanted in [*counts.items(), ("merged", sum(counts.values()))]:
                done = subprocess.run(
                    [need_tool("tshark"), "-r", str(out / f"{name}.pcap"), "-T", "fields", "-e",
                     "frame.time_epoch", "-e", "_ws.malformed", "-o", "udp.check_checksum:TRUE",
                     "-e", "udp.checksum.status"], stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, check=True)
                rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
                assert len(rows) == wanted, (name, len(rows), wanted)
                times = [row[0] for row in rows]
                assert times == sorted(times), name
                assert all(row[1] == "" and row[2] == "1" for row in rows), name
            assert (out / "one.beast").stat().st_size == \
                next(one["byte_count"] for one in about["sent"] if one["name"] == "one")

        def lost_packets():
            """What is lost on the line is counted; what is left is what arrives."""
            lossy = folder / "lossy.yaml"
            lossy.write_text(scenario.read_text().replace("name: wam,", "name: wam, loss: 0.2,") +
                             "faults: [{kind: outage, sensor: alpha, start_s: 60, end_s: 90}]\n")
            run("simulate", "-q", lossy, "-o", folder / "lossy")
            counts = {one["name"]: one for one in
                      json.loads((folder / "lossy/about.json").read_text())["sent"]}
            for one in counts.values():
                assert one["left_count"] - one["outage_count"] - one["lost_count"] == \
                    one["packet_count"], one
            wam, alpha = counts["wam"], counts["alpha"]
            # Chance 0.2 of some 950 packets: 4 standard deviations are 0.05.
            assert 0.15 < wam["lost_count"] / wam["left_count"] < 0.25, wam
            assert 0.2 < alpha["outage_count"] / alpha["left_count"] < 0.3, alpha

        def marks():
            count = check_marks(out / "alpha.pcap")
            assert count > 200, count
            count = check_marks(out / "wam.pcap")
            assert count > 500, count

        def same_bytes():
            again = folder / "again"
            run("simulate", "-q", scenario, "-o", again)
            assert digest(again) == digest(out)
            other = folder / "other"
            run("simulate", "-q", scenario, "-o", other, "--seed", "2")
            assert (other / "merged.pcap").read_bytes() != (out / "merged.pcap").read_bytes()

        def compilers():
            if not pathlib.Path(CLANG_PROGRAM).exists():
                raise Skip("no clang build (build/clang/airpicture)")
            clang = folder / "clang"
            run("simulate", "-q", scenario, "-o", clang, program=CLANG_PROGRAM)
            assert digest(clang) == digest(out)

        def duration():
            """The first seconds of a run are those of the whole."""
            short = folder / "short"
            run("simulate", "-q", scenario, "-o", short, "--duration", "30")
            for file in ("merged.pcap", "one.beast", "truth.csv"):
                part, whole = (short / file).read_bytes(), (out / file).read_bytes()
                assert whole.startswith(part) and 0.15 < len(part) / len(whole) < 0.4, file

        def replay():
            """Tracks of the merged capture lie on the truth; so does each sensor's own file."""
            truth = truth_of(out / "truth.csv")
            tracks = folder / "tracks.jsonl"
            run("replay", "-q", "-c", out / "sensors.yaml", out / "merged.pcap", "--tracks", tracks)
            errors = []
            for line in tracks.read_text().splitlines():
                track = json.loads(line)
                second = round(track["time_s"] - 1709294400)
                if track["state"] != "firm" or second < 60 or "icao24" not in track:
                    continue
                rows = [row for row in truth.get(float(second), {}).values()
                        if row["icao24"].lower() == track["icao24"].lower()]
                if not rows:
                    continue
                row = rows[0]
                dt = track["time_s"] - 1709294400 - second
                lat = float(row["latitude_deg"]) + float(row["north_mps"]) * dt / 111200
                lon = float(row["longitude_deg"]) + float(row["east_mps"]) * dt / (111320 * 0.6157)
                errors.append(metres_between(track["latitude_deg"], track["longitude_deg"], lat,
                                             lon))
            assert len(errors) > 1000, len(errors)
            assert statistics.median(errors) < 50, statistics.median(errors)
            for file in ("alpha.pcap", "wam.pcap", "one.pcap", "one.beast"):
                run("replay", "-q", "-c", out / "sensors.yaml", out / file, "--tracks", tracks)
                assert tracks.stat().st_size > 10000, file

        def truth_again():
            """A run's truth is another's traffic."""
            second = folder / "second.yaml"
            text = re.sub(r"traffic:\n.*\n", f"truth_csv: {out}/truth.csv\n", scenario.read_text())
            second.write_text(text)
            done = run("simulate", "-q", second, "-o", folder / "second", status=None)
            if done.returncode == 78 and b"does not have" in done.stderr:
                raise Skip("the simulator has no paths")
            assert done.returncode == 0, done.stderr[:300]
            first, again = (truth_of(where / "truth.csv") for where in (out, folder / "second"))
            for target in list(first[60.0])[:10]:
                rows = [row for row in again[60.0].values()
                        if row["icao24"] == first[60.0][target]["icao24"]]
                distance = min(metres_between(*(float(row[key]) for row in pair for key in
                                                ("latitude_deg", "longitude_deg")))
                               for pair in ((first[60.0][target], row) for row in rows))
                assert distance < 5, distance

        def full_disk():
            full = folder / "full"
            done = run_limited(100000, "simulate", "-q", scenario, "-o", full)
            assert done.returncode == 74, (done.returncode, done.stderr)
            assert b"ulimit" in done.stderr, done.stderr
            assert not list(full.iterdir()), "a part of a run is left"

        def live():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.bind(("127.0.0.1", 0))
                udp.settimeout(WAIT_S)
                moved = folder / "live.yaml"
                moved.write_text(scenario.read_text().replace(
                    "name: alpha,", f"name: alpha, port: {udp.getsockname()[1]},"))
                streams = [[], []]
                readers = [threading.Thread(target=listen_tcp, args=pair)
                           for pair in zip(ports, streams)]
                process = subprocess.Popen([PROGRAM, "simulate", str(moved), "--live", "--speed",
                                            "20", "-d", "40", "-o", str(folder / "live")],
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for reader in readers:
                    reader.start()
                started, datagrams = time.monotonic(), []
                about = folder / "live" / "about.json"
                while not about.exists():
                    udp.settimeout(0.2)
                    try:
                        datagrams.append(udp.recv(65536))
                    except socket.timeout:
                        assert process.poll() is None or about.exists(), process.stderr.read()
                elapsed = time.monotonic() - started
                for reader in readers:
                    reader.join(WAIT_S)
                assert process.wait(WAIT_S) == 0, process.stderr.read()
                process.stdout.close()
                process.stderr.close()
            assert 1.5 < elapsed < 30, elapsed
            sent = {one["name"]: one for one in json.loads(about.read_text())["sent"]}
            assert sum(map(len, datagrams)) == sent["alpha"]["byte_count"]
            for i, name in enumerate(("one", "two")):
                got, whole = b"".join(streams[i]), (folder / "live" / f"{name}.beast").read_bytes()
                assert len(got) > len(whole) * 0.7 and whole.endswith(got), (len(got), len(whole))
            lines = run("decode", "-", stdin=b"".join(datagrams)).stdout.splitlines()
            assert len(lines) > 200, len(lines)

        def interruption():
            stopped = folder / "stopped"
            process = subprocess.Popen([PROGRAM, "simulate", str(scenario), "--live", "-o",
                                        str(stopped)], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            while not (stopped / "merged.pcap.part").exists():
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.02)
            time.sleep(1.0)
            for _ in range(2):  # as timeout(1) does: to the process and to its group
                process.send_signal(signal.SIGTERM)
                time.sleep(0.002)
            said = process.communicate(timeout=WAIT_S)[0].decode()
            assert process.returncode == 0 and "(interrupted)" in said, said
            about = json.loads((stopped / "about.json").read_text())
            assert about["interrupted"] and 0.5 < about["run_s"] < 20, about["run_s"]
            assert (out / "merged.pcap").read_bytes().startswith(
                (stopped / "merged.pcap").read_bytes())

        def keys():
            wanted = run("simulate", "--keys").stdout.decode()
            page = (ROOT / "doc/scenarios.md").read_text()
            assert wanted in page, "doc/scenarios.md: run airpicture simulate --keys"

        case("errors", errors)
        case("usage", usage)
        case("files", files)
        if (out / "about.json").exists():
            case("captures", captures)
            case("lost packets", lost_packets)
            case("marks of simulation", marks)
            case("same bytes", same_bytes)
            case("gcc and clang", compilers)
            case("duration", duration)
            case("replay", replay)
            case("truth again", truth_again)
        case("full disk", full_disk)
        case("live", live)
        case("interruption", interruption)
        case("keys", keys)
        paths = sorted((ROOT / "scenarios").glob("*.yaml"))
        for path in paths:
            case(f"shelf {path.stem}", shelf, folder, path)


main()
finish()
