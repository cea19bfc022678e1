#!/usr/bin/env python3
"""Options of `decode`: choosing, columns, text, captures, merging, errors, streams."""
import csv
import io
import json
import os
import pathlib
import select
import signal
import subprocess

from common import PROGRAM, case, finish, need_data, run, workdir


def lines(*arguments, **named):
    return [json.loads(line) for line in run("decode", *arguments, **named).stdout.splitlines()]


def only_and_source():
    path = need_data("asterix", "croatia_cat_034_048.pcap")
    everything = lines(path)
    chosen = lines("--only", "034", path)
    assert chosen == [r for r in everything if r["cat"] == 34] and chosen
    chosen = lines("--sac-sic", "25/201", "--sac-sic", "25/11", path)
    assert chosen == [r for r in everything if r["rec"]["010"]["SIC"] in (201, 11)] and chosen
    assert lines("--only", "062", path) == []
    for wrong in (("--only", "300"), ("--only", "48;62"), ("--only", "+48"), ("--only", " 48"),
                  ("--only", "48,"), ("--only", "0048"), ("--only", ""), ("--sac-sic", "25"),
                  ("--sac-sic", "25/+1"), ("--sac-sic", "25/ 1"), ("--sac-sic", "25/256"),
                  ("--items", "048/040"), ("--items", "I048/999", "--to", "csv"),
                  ("--items", "I+48/040", "--to", "csv"), ("--items", "I048/", "--to", "csv"),
                  ("--items", "I048/40404040", "--to", "csv"), ("--items", "I048/040"),
                  ("--edition", "+48=1.32"), ("--edition", "25/ 1:048=1.32"),
                  ("--edition", "048=")):
        run("decode", *wrong, path, status=64)


def flat(value, path):
    """[(column without its unit, value)] of a decoded item."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in flat(inner, f"{path}/{key}")]
    if isinstance(value, list):
        columns = {}
        for element in value:
            for key, inner in flat(element, path):
                columns.setdefault(key, []).append(inner)
        return [(key, ";".join(map(str, inner))) for key, inner in columns.items()]
    return [(path, str(value))]


def item_columns():
    path = need_data("asterix", "croatia_cat_034_048.pcap")
    text = run("decode", "--to", "csv", "--items", "I048/040,I048/220,I048/240,I048/250,I034/041",
               path).stdout.decode()
    head = text.splitlines()[0]
    assert head == ("category,edition,time_s,sac,sic,time_of_day_s,I048/040/RHO_nmi,"
                    "I048/040/THETA_deg,I048/220,I048/240,I048/250/MBDATA,I048/250/BDS1,"
                    "I048/250/BDS2,I034/041_s"), head
    rows = list(csv.DictReader(io.StringIO(text)))
    records = lines(path)
    assert len(rows) == len(records)
    for row, record in zip(rows, records):
        cells = {key.split("_")[0]: value for key, value in row.items()
                 if key.startswith("I") and value != ""}
        wanted = {key: value for item in ("040", "220", "240", "250", "041")
                  if item in record["rec"] and (record["cat"] == 48) != (item == "041")
                  for key, value in flat(record["rec"][item], f"I{record['cat']:03}/{item}")}
        assert cells == wanted, (cells, wanted)


def columns_of_every_edition():
    """Of an item that only older editions have, and of an edition announced in mid-stream."""
    old = bytes([0xC0, 9, 9, 0xFF, 0xF8])  # CAT021 0.26: I021/010, I021/040
    new = bytes([0xC0, 9, 9, 0])  # CAT021 2.7: the same
    edition = bytes([0x90, 9, 9, 1, 21, 0, 26])
    stream = block(21, new) + block(247, edition) + block(21, old)

    def table(*options):
        text = run("decode", "-f", "asterix", "--only", "021", "--to", "csv", *options, "-",
                   stdin=stream).stdout.decode()
        return list(csv.DictReader(io.StringIO(text)))

    rows = table("--items", "I021/040,I021/032")
    assert [row["edition"] for row in rows] == ["2.7", "0.26"], rows
    assert [row["I021/040/SPI"] for row in rows] == ["", "1"], rows
    assert "I021/032_s" in rows[0]
    # Where people say which edition it is, no other comes.
    rows = table("--items", "I021/040", "--edition", "021=2.7")
    assert "I021/040/SPI" not in rows[0], rows
    assert {row["edition"] for row in rows} == {"2.7"}, rows
    for items, why in (("I021/035", "no edition of category 021 has I021/035; near it: I021/"),
                       ("I048/40", "near it: I048/040, "),
                       ("I003/010", "category 003 is not known"),
                       ("I021/032", "I021/032 is in no edition that was chosen")):
        told = run("decode", "--to", "csv", "--edition", "021=2.7", "--items", items, "-",
                   stdin=b"", status=64).stderr.decode()
        assert why in told and told.count("\n") == 1, told


def raw_octets():
    path = need_data("asterix", "jasterix_cat062ed1.16.bin")
    records = lines("--raw", path)
    assert records
    for record in records:
        assert list(record["raw"]) == list(record["rec"])
        assert record["hex"].endswith("".join(record["raw"].values()))


def readable_text():
    path = need_data("asterix", "croatia_cat_034_048.pcap")
    text = run("decode", "--to", "text", "--raw", path).stdout.decode()
    assert text.startswith("CAT048 1.32 from 25/201 at 1462433756.50891 s, 45 bytes [fdf7")
    assert ("\n    I048/040 measured position in polar coordinates [c5aff1e0]\n"
            "        RHO: 197.68359375 NM\n        THETA: 340.13671875 deg\n") in text
    assert "\n    I048/140 time of day [356d4d]\n        value: 27354.6015625 s\n" in text
    assert "        TYP: 5 (single Mode S roll-call)\n        SIM: 0 (actual)\n" in text


def summary_table():
    path = need_data("asterix", "croatia_cat_034_048.pcap")
    text = run("decode", "--to", "summary", path).stdout.decode()
    assert "CAT048  25/201    28          1378        07:35:54 - 07:35:55  1.32     58.6      0\n" \
        in text, text
    assert "162 records in 120 blocks" in text
    assert "CAT034  25/14     000 100%  010 100%  020 100%  030 100%  050 100%  060 100%\n" in text


def captures():
    """Chosen records are the same in the new capture, with their times in a pcap."""
    path = need_data("asterix", "croatia_cat_034_048.pcap")
    wanted = lines("--sac-sic", "25/12", path)
    assert wanted
    with workdir() as folder:
        for name in ("few.pcap", "few.ast"):
            new = pathlib.Path(folder) / name
            done = run("decode", "--sac-sic", "25/12", "--filter", new, path)
            assert done.stdout == b""
            found = lines(new)
            assert [r["hex"] for r in found] == [r["hex"] for r in wanted]
            if name.endswith(".pcap"):
                assert [r["ts"] for r in found] == [r["ts"] for r in wanted]
        again = pathlib.Path(folder) / "all.ast"
        recording = need_data("asterix", "rn_res.ast")
        run("decode", "--filter", again, recording)
        assert again.read_bytes() == recording.read_bytes()


def block(category, *records):
    content = b"".join(records)
    return bytes([category]) + (len(content) + 3).to_bytes(2, "big") + content


def captures_of_any_recording():
    """A time before 1970 or a block beyond a datagram ends no capture; a record beyond one is
    told."""
    marker = bytes([0xE0, 25, 201, 1, 7, 8, 0])
    long = bytes([0x81, 1, 0x40, 25, 201])
    codes = bytes([27] * (65507 - 3 - len(long) - 1) + [26])
    with workdir() as folder:
        path, new = (pathlib.Path(folder) / name for name in ("in.ast", "new.pcap"))
        errors = pathlib.Path(folder) / "errors.jsonl"
        for data, lost in ((block(1, bytes([0xC2, 20, 130, 0x20, 0xF0, 0])), 0),
                           (block(34, *[marker] * 9361), 0),
                           (block(34, marker) + block(48, long + codes) + block(34, marker), 0),
                           (block(34, marker) + block(48, long + b"\x1b" + codes)
                            + block(34, marker), 1)):
            path.write_bytes(data)
            run("decode", "--format", "asterix", "--filter", new, "--errors", errors, path)
            told = [json.loads(line)["reason"] for line in errors.read_text().splitlines()]
            assert told == ["oversize"] * lost, told
            read = [r["hex"] for r in lines("--format", "asterix", path)]
            assert [r["hex"] for r in lines(new)] == [r for r in read if len(r) <= 2 * 65504]


def merged():
    """Two halves of a capture, given in the wrong order, are as one."""
    path = need_data("asterix", "croatia_cat_034_048.pcap")
    with workdir() as folder:
        radars, others = (pathlib.Path(folder) / name for name in ("a.pcap", "b.pcap"))
        run("decode", "--only", "048", "--filter", radars, path)
        run("decode", "--only", "034", "--filter", others, path)
        times = [r["ts"] for r in lines(others, radars)]
        assert times == sorted(times) and len(times) == len(lines(path))


def damaged():
    """One error line each, with its place."""
    good = bytes([34, 0, 10, 0xE0, 25, 201, 1, 7, 8, 0])
    with workdir() as folder:
        path = pathlib.Path(folder) / "damaged.ast"
        errors = pathlib.Path(folder) / "errors.jsonl"
        cut = bytes([48, 0, 6, 0x10, 1, 2])
        path.write_bytes(good * 3 + cut + good + b"\xff" * 5 + good + bytes([200, 0, 4, 0]) + good)
        assert len(lines("--errors", errors, path)) == 6
        told = [json.loads(line) for line in errors.read_text().splitlines()]
        assert {key: told[0][key] for key in told[0] if key not in ("source", "text")} == {
            "offset": 33, "reason": "record_overrun", "block": 3, "category": 48, "record": 0,
            "item": "040"}, told
        assert all(line["source"] == str(path) for line in told)
        assert [(line["offset"], line["reason"]) for line in told[1:]] == [
            (46, "category"), (61, "category")], told


def stream():
    """A block comes out before the next one goes in."""
    good = bytes([34, 0, 10, 0xE0, 25, 201, 1, 7, 8, 0])
    process = subprocess.Popen([PROGRAM, "decode", "-f", "asterix", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdin.write(good * 8)
    process.stdin.flush()
    ready, _, _ = select.select([process.stdout], [], [], 20)
    text = os.read(process.stdout.fileno(), 65536) if ready else b""
    for _ in range(3):
        process.stdin.write(good)
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], 20)
        assert ready, "nothing came out"
        text += os.read(process.stdout.fileno(), 65536)
    process.stdin.close()
    text += process.stdout.read()
    assert process.wait() == 0 and len(text.splitlines()) == 11


def stream_of_capture_and_errors():
    """So do chosen records and errors; who stops reading ends the run as a closed pipe does."""
    good = bytes([34, 0, 10, 0xE0, 25, 201, 1, 7, 8, 0])
    cut = bytes([48, 0, 6, 0x10, 1, 2])
    for options in (("--filter", "-"), ("--errors", "/dev/stdout", "-o", "/dev/null")):
        process = subprocess.Popen([PROGRAM, "decode", "-f", "asterix", *options, "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        process.stdin.write(good * 8 + cut + good)
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], 20)
        assert ready, options
        assert process.stdout.read(1) in (good[:1], b"{")
        process.stdout.close()
        if options[0] == "--filter":
            process.stdin.write(good * 8)
        process.stdin.close()
        assert process.wait() == (-signal.SIGPIPE if options[0] == "--filter" else 0), options


def editions():
    """Chosen by source, in the sensors file or on the command line, or announced."""
    path = need_data("asterix", "jasterix_cat021ed2.1.bin")
    record = lines("--edition", "021=2.1", path)[0]
    source = f"{record['rec']['010']['SAC']}/{record['rec']['010']['SIC']}"
    assert lines("--edition", f"{source}:021=2.1", path)[0] == record
    assert lines("--edition", "1/1:021=2.1", path)[0]["ed"] == "2.7"
    with workdir() as folder:
        sensors = pathlib.Path(folder) / "sensors.yaml"
        sac, sic = source.split("/")
        sensors.write_text(f"sensors:\n  - name: Station\n    kind: adsb\n    sac: {sac}\n"
                           f"    sic: {sic}\n    editions: {{021: \"2.1\", 023: 1.2}}\n")
        assert lines("--sensors", sensors, path)[0] == record
        sensors.write_text(sensors.read_text().replace("2.1", "9.9"))
        done = run("decode", "--sensors", sensors, path, status=78)
        assert b":6:21: edition '9.9' of category 021 is not known" in done.stderr, done.stderr
        body = bytes([0xF0, int(sac), int(sic), 0, 0, 0, 0, 1, 21, 2, 1])
        stream = pathlib.Path(folder) / "announced.ast"
        stream.write_bytes(bytes([247, 0, len(body) + 3]) + body + path.read_bytes())
        assert lines(stream)[1] == record
        assert lines("--edition", "021=2.4", stream)[1]["ed"] == "2.4"


def probed():
    """Blocks of 021 in edition 0.26, and of 048 in the newest, from one file."""
    with workdir() as folder:
        path = pathlib.Path(folder) / "early.ast"
        blocks = []
        for k in range(40):
            record = (bytes([0xFD, 0x23, 0x73, 0x84, 25, 7, 0x42, 0x20, 0x54, 0x60, k]) +
                      (0x800000 + 4711 * k).to_bytes(4, "big") + b"\xff\0\0" + bytes([k]) +
                      bytes([0x40, 0x62, k, 0x06, 0x40, 0x01, 0x90, 0xFF, 0x60, 0x08, 0, 0x40, k,
                             0x01, 0x08, 0x04, 0x20, 0xF1, 0xCB, 0x38, 0x20, 1, 3, 0x0F, 0xC0]))
            blocks.append(bytes([21, 0, len(record) + 3]) + record)
        path.write_bytes(b"".join(blocks))
        done = run("decode", "--probe", path)
        assert b"CAT021 of 25/7: edition 0.26, 95 % sure: of 40 blocks" in done.stderr, done.stderr
        records = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(records) == 40 and all(r["ed"] == "0.26" for r in records)
        assert records[1]["rec"]["130"]["LAT"] == (0x800000 + 4711) * 180 / 2 ** 25
        run("decode", "--probe", "-", stdin=b"", status=64)


def expansions():
    """--re decodes what fits the definition and leaves the rest as it is."""
    record = bytes([0x91, 1, 1, 1, 4, 25, 1, 0x54, 0x60, 0])
    good = record + bytes([6, 0x20, 0, 4, 0xFF, 0xFC])
    odd = record + bytes([5, 0x20, 0, 4, 0xFF])
    with workdir() as folder:
        path = pathlib.Path(folder) / "re.ast"
        path.write_bytes(b"".join(bytes([62, 0, len(r) + 3]) + r for r in (good, odd) * 4))
        found = [r["rec"]["RE"] for r in lines("--re", path)]
        assert found[:2] == [{"TVS": {"VX": 1.0, "VY": -1.0}}, {"raw": "200004ff"}], found
        assert lines(path)[0]["rec"]["RE"] == {"raw": "200004fffc"}


for name, function in list(globals().items()):
    if callable(function) and getattr(function, "__module__", "") == "__main__" \
            and name not in ("lines", "flat", "block"):
        case(name.replace("_", " "), function)
finish()
