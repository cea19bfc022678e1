#!/usr/bin/env python3
"""`convert`: every form to every form. Each pair works and its result reads again, or is refused in
one line that tells what to do, with no file made; and so for inputs and outputs that go wrong."""
import gzip
import json
import pathlib
import subprocess

from common import PROGRAM, Skip, case, finish, need_data, need_tool, run, workdir

FRAMES, TARGETS = ("beast", "avr", "jsonl"), ("sbs", "aircraft", "gdl90")
OUTPUTS = (*FRAMES, *TARGETS, "cat021", "pcap", "asterix")
USAGE, DATA_ERROR, NO_INPUT, NO_OUTPUT, IO_ERROR = 64, 65, 66, 73, 74
SENSORS = """sensors:
  - name: roof
    kind: adsb
    input: 1
    latitude_deg: 43.6
    longitude_deg: 1.4
    height_m: 150
"""


def one_line(done, *words):
    text = done.stderr.decode()
    assert len(text.splitlines()) == 1, f"not one line: {text[:300]}"
    for word in words:
        assert word in text, f"no '{word}' in: {text}"


def made(folder):
    """One aircraft's climb in every form that convert reads, by name of the form."""
    start = 1717664400
    document = [json.dumps({"now": start + k, "messages": k, "aircraft": [
        {"hex": "400f99", "type": "adsb_icao", "flight": "BAW3AK", "alt_baro": 1000 + 100 * k,
         "lat": 51 + 0.002 * k, "lon": 2.5, "gs": 430.0, "track": 0.0, "nic": 8, "nac_p": 9,
         "sil": 3, "seen_pos": 0, "seen": 0}]}) for k in range(30)]
    inputs = {name: folder / f"in.{name}" for name in (*TARGETS, "cat021", "pcap", "records")}
    inputs["aircraft"].write_text("\n".join(document))
    for name in ("sbs", "gdl90", "cat021"):
        run("convert", "--to", name, inputs["aircraft"], inputs[name])
    run("convert", "--to", "cat021", inputs["aircraft"], inputs["pcap"])
    run("decode", "-o", inputs["records"], inputs["cat021"])
    lines = subprocess.run(["gzip", "-dcf", need_data("modes", "jet1090_tutorial_frames.jsonl.gz")],
                           stdout=subprocess.PIPE, check=True).stdout.splitlines(True)[:3000]
    inputs["jsonl"] = folder / "in.jsonl"
    inputs["jsonl"].write_bytes(b"".join(lines))
    for name in ("beast", "avr"):
        inputs[name] = folder / f"in.{name}"
        run("convert", inputs["jsonl"], inputs[name])
    return inputs


def works(form, to):
    if to in ("pcap", "asterix"):
        return form == "records"
    return form in FRAMES or (to not in FRAMES and form != "records")


def reads_again(path, to):
    """Elements of the result, by our own reader; none is refused."""
    form = {"cat021": "asterix"}.get(to, to)
    done = run("decode", "--format", form, path)
    assert not done.stderr, done.stderr[:300]
    return [json.loads(line) for line in done.stdout.splitlines()]


def pairs():
    with workdir() as name:
        folder = pathlib.Path(name)
        count = 0
        for form, path in made(folder).items():
            for to in OUTPUTS:
                out = folder / f"out-{form}-{to}"
                done = run("convert", "--to", to, path, out, status=None)
                what = f"{form} to {to}: status {done.returncode}, {done.stderr.decode()[:300]}"
                if works(form, to):
                    assert done.returncode == 0, what
                    assert reads_again(out, to), what
                    piped = run("convert", "--to", to, "-", "-", stdin=path.read_bytes())
                    assert piped.stdout == out.read_bytes(), f"piped otherwise, {what}"
                    count += 1
                else:
                    assert done.returncode in (USAGE, DATA_ERROR), what
                    assert len(done.stderr.splitlines()) == (1 if form != "records" else 2), what
                    assert b"no way from" in done.stderr or b"convert them --to" in done.stderr
                    assert not out.exists(), f"a file was made, {what}"
        assert count == 3 * 7 + 3 * 4 + 2 * 4 + 2, count


def values_survive():
    """Through each target form and CAT021 the climb is the same climb."""
    with workdir() as name:
        folder = pathlib.Path(name)
        inputs = made(folder)
        for form in ("sbs", "gdl90", "cat021"):
            run("convert", inputs[form], folder / "back.json")
            row, = json.loads((folder / "back.json").read_text())["aircraft"]
            assert row["hex"] == "400f99" and row["flight"] == "BAW3AK", row
            assert row["alt_baro"] == 3900 and abs(row["lat"] - 51.058) < 2e-5, row
            assert abs(row["lon"] - 2.5) < 2e-5 and abs(row["gs"] - 430) < 0.5, row
            assert row["mlat"] == row["tisb"] == [], row


def packed_inputs():
    with workdir() as name:
        folder = pathlib.Path(name)
        plain = made(folder)["sbs"]
        expected = run("convert", "--to", "aircraft", plain, "-").stdout
        (folder / "a.sbs.gz").write_bytes(gzip.compress(plain.read_bytes()))
        assert run("convert", "--to", "aircraft", folder / "a.sbs.gz", "-").stdout == expected
        subprocess.run([need_tool("zstd"), "-q", plain, "-o", folder / "a.zst"], check=True)
        assert run("convert", "--to", "aircraft", folder / "a.zst", "-").stdout == expected
        cut = folder / "cut.gz"
        cut.write_bytes((folder / "a.sbs.gz").read_bytes()[:-20])
        done = run("convert", "--to", "aircraft", cut, "-", status=DATA_ERROR)
        assert b"cut.gz" in done.stderr and done.stdout, done.stderr


def wrong_paths():
    with workdir() as name:
        folder = pathlib.Path(name)
        sbs = made(folder)["sbs"]
        (folder / "empty").write_bytes(b"")
        (folder / "noise").write_bytes(b"\x00noise" * 100)
        kept = folder / "kept.json"
        kept.write_text("older")
        for arguments, status, words in (
                (("--to", "sbs", folder / "none", "-"), NO_INPUT, ("none", "no such file")),
                (("--to", "sbs", folder, "-"), NO_INPUT, ("directory",)),
                ((sbs, folder / "none" / "a.json"), NO_OUTPUT, ("mkdir",)),
                (("--to", "sbs", sbs, folder), NO_OUTPUT, ("directory",)),
                ((sbs, folder / "a.json.gz"), USAGE, ("packed", "gzip")),
                (("--to", "aircraft", sbs, folder / "a.zst"), USAGE, ("packed",)),
                ((sbs, folder / "a.txt"), USAGE, ("--to", "aircraft", "cat021")),
                ((sbs, "-"), USAGE, ("--to",)),
                (("--extended", sbs, kept), USAGE, ("--extended", "beast")),
                (("--to", "sbs", sbs, sbs), USAGE, ("OUT would write over the input",)),
                ((folder / "empty", kept), DATA_ERROR, ("is empty",)),
                (("--to", "pcap", folder / "empty", kept), DATA_ERROR, ("is empty",))):
            done = run("convert", *arguments, status=None)
            assert done.returncode == status, (arguments, done.returncode, done.stderr)
            one_line(done, *words)
        done = run("convert", folder / "noise", kept, status=DATA_ERROR)
        assert b"name it with --from" in done.stderr and b"--format" not in done.stderr
        done = run("convert", "--from", "beast", sbs, kept, status=DATA_ERROR)
        assert b"--from" in done.stderr and b"--format" not in done.stderr
        assert kept.read_text() == "older", "an input without anything wrote over a file"
        assert not [path for path in folder.iterdir() if path.suffix == ".part"]


def broken_outputs():
    with workdir() as name:
        inputs = made(pathlib.Path(name))
        full = pathlib.Path("/dev/full")
        if not full.exists():
            raise Skip("no /dev/full")
        for form, to in (("beast", "jsonl"), ("beast", "sbs"), ("sbs", "aircraft"),
                         ("sbs", "gdl90"), ("sbs", "cat021"), ("records", "pcap")):
            done = run("convert", "--to", to, inputs[form], full, status=IO_ERROR)
            assert b"disk is full" in done.stderr, done.stderr
        for to in ("jsonl", "sbs", "cat021"):
            piped = subprocess.run(["sh", "-c", '"$0" convert --to "$1" "$2" - | head -c 10; '
                                    'exit 0', PROGRAM, to, inputs["beast"]], timeout=60,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
            assert len(piped.stdout) == 10 and b"cannot write" not in piped.stderr, piped.stderr


def documents():
    """A directory gets what tar1090 asks for: receiver.json and aircraft.json."""
    with workdir() as name:
        folder = pathlib.Path(name)
        sbs = made(folder)["sbs"]
        (folder / "sensors.yaml").write_text(SENSORS)
        (folder / "data").mkdir()
        run("convert", "-c", folder / "sensors.yaml", sbs, folder / "data")
        receiver = json.loads((folder / "data/receiver.json").read_text())
        assert receiver.pop("version").startswith("airpicture "), receiver
        assert receiver == {"refresh": 1000, "history": 0, "lat": 43.6, "lon": 1.4}, receiver
        document = json.loads((folder / "data/aircraft.json").read_text())
        assert [row["hex"] for row in document["aircraft"]] == ["400f99"], document
        assert sorted(path.name for path in (folder / "data").iterdir()) == [
            "aircraft.json", "receiver.json"]
        run("convert", sbs, f"{folder}/data/")
        assert "lat" not in json.loads((folder / "data/receiver.json").read_text())
        one_line(run("convert", sbs, f"{folder}/other/", status=NO_OUTPUT), "mkdir")


def joined_recordings():
    """A second recording behind the first is read as if it were alone, though time runs back."""
    with workdir() as name:
        folder = pathlib.Path(name)
        path = need_data("modes", "jet1090_tutorial_frames.jsonl.gz")
        lines = gzip.decompress(path.read_bytes())
        single = run("convert", "--to", "sbs", "-", "-", stdin=lines).stdout
        (folder / "two.jsonl").write_bytes(lines + lines)
        both = run("convert", "--to", "sbs", folder / "two.jsonl", "-").stdout
        once, twice = single.count(b"\n"), both.count(b"\n")
        assert abs(twice - 2 * once) <= 5, f"{once} lines of one, {twice} of two"


def unsayable():
    """Aircraft that a format has no way to tell are counted, not passed over."""
    sbs = (b"MSG,1,1,1,400F99,1,2024/06/06,10:00:00.000,,,BAW3AK,,,,,,,,,,,\r\n"
           b"MSG,3,1,1,400F9A,1,2024/06/06,10:00:00.000,,,,1000,,,50.0,2.0,,,,,,\r\n")
    done = run("convert", "--to", "gdl90", "-", "-", stdin=sbs)
    assert b"1 unsayable" in done.stderr, done.stderr
    aircraft = json.dumps({"now": 1717664400, "aircraft": [{"hex": "~400f99", "seen": 0}]})
    done = run("convert", "--to", "sbs", "-", "-", stdin=aircraft.encode())
    assert b"1 unsayable" in done.stderr and not done.stdout, done.stderr


def merged_receivers():
    """Level and number of receivers of an aircraft that two of them hear."""
    with workdir() as name:
        folder = pathlib.Path(name)
        lines = [json.loads(line) for line in made(folder)["jsonl"].read_text().splitlines()]
        merged = folder / "merged.jsonl"
        with merged.open("w") as file:
            for line in lines:
                for serial, dbfs in ((7, -12.0), (8, -20.0)):
                    line["metadata"] = [{"rssi": dbfs, "serial": serial}]
                    file.write(json.dumps(line) + "\n")
        run("convert", merged, folder / "a.json")
        rows = {row["hex"]: row for row in
                json.loads((folder / "a.json").read_text())["aircraft"]}
        assert abs(rows["400f99"]["rssi"] + 12) < 0.2, rows["400f99"]
        assert rows["400f99"]["receiverCount"] == 2, rows["400f99"]


for test in (pairs, values_survive, packed_inputs, wrong_paths, broken_outputs, documents,
             joined_recordings, unsayable, merged_receivers):
    case(test.__name__.replace("_", " "), test)
finish()
