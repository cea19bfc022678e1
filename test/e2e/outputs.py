#!/usr/bin/env python3
"""Other programs read what the engine writes: tshark the ASTERIX, ogrinfo the GeoPackage."""
import csv
import json
import math
import pathlib
import re
import subprocess

from common import case, finish, need_tool, run, workdir


def tshark_blocks(path):
    """Data blocks of every datagram, as tshark dissects them."""
    done = subprocess.run([need_tool("tshark"), "-r", str(path), "-T", "json", "-J", "asterix",
                           "--no-duplicate-keys"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    layers = [packet["_source"]["layers"]["asterix"] for packet in json.loads(done.stdout)]
    return [block for layer in layers for block in (layer if isinstance(layer, list) else [layer])]


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        demo = folder / "demo"
        said = {}

        def replay():
            run("demo", "--speed", "0", "--minutes", "4", "-o", demo)
            done = run("replay", "-c", demo / "sensors.yaml", "--start", "2024-03-01", "--tracks",
                       folder / "t.jsonl", "--asterix", folder / "a.pcap", "--archive",
                       folder / "g.gpkg", demo / "radars.pcap", demo / "receiver.beast")
            run("replay", "-q", "-c", demo / "sensors.yaml", "--start", "2024-03-01", "--tracks",
                folder / "t.csv", demo / "radars.pcap", demo / "receiver.beast")
            said["summary"] = done.stdout.decode()

        def asterix_is_whole():
            malformed = subprocess.run(
                [need_tool("tshark"), "-r", str(folder / "a.pcap"), "-Y",
                 "_ws.malformed or _ws.expert.severity >= 6"], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, check=True).stdout
            assert malformed == b"", malformed[:300]

        def asterix_count():
            wanted = int(re.search(r"(\d+) ASTERIX records", said["summary"]).group(1))
            got = sum(len(block["asterix.message"]) if isinstance(block["asterix.message"], list)
                      else 1 for block in tshark_blocks(folder / "a.pcap"))
            ours = len(run("decode", folder / "a.pcap").stdout.splitlines())
            assert ours == wanted, f"our own reader finds {ours} for {wanted}"
            assert got == wanted, f"tshark finds {got} for {wanted}"

        def asterix_positions():
            """CAT062 positions are those of the tracks, read back by our decoder."""
            records = [json.loads(line) for line in run("decode", folder / "a.pcap").stdout
                       .splitlines()]
            tracks = [r for r in records if r["cat"] == 62]
            assert len(tracks) > 500, len(tracks)
            assert {r["cat"] for r in records} == {62, 63, 65}, {r["cat"] for r in records}
            for record in tracks:
                position = record["rec"]["105"]
                assert 40 < position["LAT"] < 65 and -20 < position["LON"] < 30, position
                assert record["rec"]["080"]["SIM"] == 1, "simulated traffic must say so"

        def asterix_plane():
            """Cartesian positions lie about the point of the summary, within the plane's scale."""
            where = re.search(r"system reference point: (\S+) (\S+)", said["summary"])
            latitude, longitude = float(where.group(1)), float(where.group(2))
            farthest = 0
            for line in run("decode", folder / "a.pcap").stdout.splitlines():
                record = json.loads(line)
                if record["cat"] != 62:
                    continue
                at, plane = record["rec"]["105"], record["rec"]["100"]
                middle = math.radians((at["LAT"] + latitude) / 2)
                north = 111.3e3 * (at["LAT"] - latitude)
                east = 111.4e3 * math.cos(middle) * (at["LON"] - longitude)
                off = math.hypot(plane["X"] - east, plane["Y"] - north)
                distance = math.hypot(east, north)
                assert off <= 100 + 0.02 * distance, (at, plane, east, north)
                farthest = max(farthest, distance)
            assert farthest > 50e3, farthest

        def geopackage():
            ogrinfo = need_tool("ogrinfo")
            text = subprocess.run([ogrinfo, "-ro", "-so", "-al", str(folder / "g.gpkg")],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  check=True).stdout.decode()
            assert "GPKG" in text and "WARNING" not in text.upper(), text[:500]
            counts = dict(re.findall(r"Layer name: (\w+).*?Feature Count: (\d+)", text, re.S))
            assert int(counts["track_points"]) > 1000, counts
            assert int(counts["tracks"]) >= 40, counts
            assert int(counts["sensors"]) == 5, counts
            assert "WGS 84" in text and "3D" in text, "layers without height or system"

        def csv_equals_json():
            with open(folder / "t.csv", newline="") as f:
                rows = list(csv.DictReader(f))
            lines = [json.loads(line) for line in open(folder / "t.jsonl")]
            assert len(rows) == len(lines), f"{len(rows)} rows, {len(lines)} lines"
            for row, line in zip(rows, lines):
                for key in ("time_s", "track_id", "latitude_deg", "longitude_deg"):
                    assert float(row[key]) == float(line[key]), (key, row[key], line[key])

        case("replay", replay)
        if said:
            case("tshark finds nothing malformed", asterix_is_whole)
            case("tshark finds as many records", asterix_count)
            case("CAT062 content", asterix_positions)
            case("CAT062 Cartesian positions", asterix_plane)
            case("ogrinfo opens the GeoPackage", geopackage)
            case("CSV equals JSON", csv_equals_json)


main()
finish()
