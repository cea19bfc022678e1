#!/usr/bin/env python3
"""One recording as three receivers of a merged stream heard it: each with its own counter."""
import gzip
import json
import pathlib
import re

from common import case, finish, need_data, run, workdir

START = "2024-06-06T08:58:39.147975Z"
FRAMES = 20000
TICKS = 12_000_000
SENSORS = """sensors:
  - name: whole
    kind: adsb
    input: 1
    receiver: 000000000000000a
    clock: ticks
    latitude_deg: 43.63
    longitude_deg: 1.37
    height_m: 200
  - {name: lossy, kind: adsb, input: 1, receiver: 000000000000000b,
     latitude_deg: 43.63, longitude_deg: 1.37, height_m: 200}
  - {name: own, kind: adsb, input: 1,
     latitude_deg: 43.63, longitude_deg: 1.37, height_m: 200}
"""


def frames_of(data):
    """(ticks, signal, frame) of each Mode S frame of a Beast recording."""
    sizes = {0x31: 2, 0x32: 7, 0x33: 14}
    at = 0
    while at + 2 <= len(data):
        kind, at = data[at + 1], at + 2
        plain = bytearray()
        while len(plain) < 7 + sizes[kind] and at < len(data):
            plain.append(data[at])
            at += 2 if data[at] == 0x1A else 1
        if kind != 0x31 and len(plain) == 7 + sizes[kind]:
            yield int.from_bytes(plain[:6], "big"), plain[6], bytes(plain[7:])


def doubled(data):
    return data.replace(b"\x1a", b"\x1a\x1a")


def element(frame, ticks, signal, receiver=None):
    head = b"" if receiver is None else b"\x1a\xe3" + doubled(receiver.to_bytes(8, "big"))
    kind = b"\x1a3" if len(frame) == 14 else b"\x1a2"
    body = (ticks % (1 << 48)).to_bytes(6, "big") + bytes([signal]) + frame
    return head + kind + doubled(body)


def merged(frames):
    """Receiver A hears all; B all but every fifth, its counter wraps; C the others of three, its
    counter begins anew half way, and it is heard a millisecond late."""
    wrap = (1 << 48) - 100 * TICKS - frames[0][0]
    for i, (ticks, signal, frame) in enumerate(frames):
        late = ticks + TICKS // 1000
        begin = frames[0][0] if i < len(frames) // 2 else frames[len(frames) // 2][0]
        yield element(frame, ticks, signal, 10)
        if i % 5 != 4:
            yield element(frame, ticks + wrap, signal, 11)
        if i % 3 != 2:
            yield element(frame, late - begin + 5 * TICKS, 1, 12)
    yield element(frames[-1][2], 0xFF004D4C4154, 0, 12)


def wrapped(frames):
    """The counter comes to its end after a third."""
    offset = (1 << 48) - frames[len(frames) // 3][0]
    return [(ticks + offset, signal, frame) for ticks, signal, frame in frames]


def begun_anew(frames):
    """The counter begins at a second behind the half."""
    half = frames[len(frames) // 2][0]
    return [(ticks if ticks < half else ticks - half + TICKS, signal, frame)
            for ticks, signal, frame in frames]


def twice(frames):
    return [frame for frame in frames for _ in range(2)]


def exchanged(frames):
    """Neighbours within a tenth of a second the other way round."""
    out = list(frames)
    for i in range(0, len(out) - 1, 2):
        if out[i + 1][0] - out[i][0] < TICKS // 10:
            out[i], out[i + 1] = out[i + 1], out[i]
    return out


def steps_back(frames):
    return sum(b[0] < a[0] for a, b in zip(frames, frames[1:]))


def lines(path):
    return [json.loads(line) for line in open(path)]


def replay(folder, name, recording, *more, stdin=None):
    paths = {key: folder / f"{name}.{key}.jsonl" for key in ("reports", "witnesses", "receivers")}
    options = [word for key, path in paths.items() for word in (f"--{key}", path)]
    done = run("replay", "--start", START, *options, *more, recording, stdin=stdin)
    return done.stdout.decode(), paths


def main():
    with workdir() as folder:
        folder = pathlib.Path(folder)
        (folder / "sensors.yaml").write_text(SENSORS)
        made = {}

        def prepare():
            with gzip.open(need_data("modes/jet1090_tutorial.beast.gz")) as f:
                frames = list(frames_of(f.read(FRAMES * 23)))[:FRAMES]
            made["frames"] = frames
            (folder / "one.beast").write_bytes(b"".join(element(f[2], f[0], f[1])
                                                        for f in frames))
            (folder / "many.beast").write_bytes(b"".join(merged(frames)))
            _, one = replay(folder, "one", folder / "one.beast", "-c", folder / "sensors.yaml")
            summary, many = replay(folder, "many", folder / "many.beast",
                                   "-c", folder / "sensors.yaml")
            made.update(one=one, many=many, summary=summary)

        def check_reports():
            keys = ("icao24", "latitude_deg", "longitude_deg", "squawk", "pressure_altitude_ft")
            one = {tuple(r.get(k) for k in keys) for r in lines(made["one"]["reports"])}
            many = {tuple(r.get(k) for k in keys) for r in lines(made["many"]["reports"])}
            # The first frame behind a minute of silence is not believed to be so late before a
            # second receiver says so: then that one's copy counts as a frame of its own.
            more = len(lines(made["many"]["reports"])) - len(lines(made["one"]["reports"]))
            assert not one - many, f"{len(one - many)} missing"
            assert 0 <= more < 10 and len(many - one) < 3, f"{more} more"

        def check_witnesses():
            groups = {}
            for line in lines(made["many"]["witnesses"]):
                groups.setdefault(line["squitter"], []).append(line)
            assert len(groups) > 10000, f"only {len(groups)} transmissions"
            for group in groups.values():
                assert [g["witness"] for g in group] == list(range(len(group))), group
                assert 2 <= len({g["receiver"] for g in group}) == len(group) <= 3, group
                assert len({g["frame"] for g in group}) == 1, group
                assert all(g["ticks_12mhz"] > 0 for g in group), group
            assert lines(made["one"]["witnesses"]) == []

        def check_receivers():
            rows = {r["receiver"][-1]: r for r in lines(made["many"]["receivers"])}
            a, b, c = rows["a"], rows["b"], rows["c"]
            assert a["sensor"] == "whole" and b["sensor"] == "lossy"
            assert c["sensor"] == "receiver 1/000000000000000c"
            count = len(made["frames"])
            assert a["frame_count"] == count and b["frame_count"] == count - count // 5
            assert [r["wrap_count"] for r in (a, b, c)] == [0, 1, 0], rows
            assert [r["reset_count"] for r in (a, b, c)] == [0, 0, 1], rows
            assert [r["jump_count"] + r["slip_count"] for r in (a, b, c)] == [0, 0, 0], rows
            assert [r["synthetic_count"] for r in (a, b, c)] == [0, 0, 1], rows
            losses = [r["loss"] for r in (a, b, c)]
            assert losses[0] < 0.01, losses
            assert abs(b["loss"] - 0.2) < 0.03, b["loss"]
            assert abs(c["loss"] - 1 / 3) < 0.04, c["loss"]
            assert 10e3 < a["range_m"] < 500e3 and len(a["outline_m"]) == 72
            assert "range_m" not in c and c["signal_dbfs"] == -48.1
            assert "receivers" in made["summary"] and "17,18%" in made["summary"]

        def check_accounts():
            """Frames are reports, witnesses, refusals and service messages."""
            text = run("replay", "--start", START, folder / "many.beast").stdout.decode()
            count = len(list(merged(made["frames"])))
            sensors = text.split("\nsensors\n")[1].split("\n\n")[0].splitlines()[1:]
            frames = {"adsb": 0, "mlat": 0}
            for row in sensors:
                kind, heard = re.search(r" (adsb|mlat) +\d+ +(\d+)", row).groups()
                frames[kind] += int(heard)
            assert frames == {"adsb": count - 1, "mlat": 1}, (frames, count)
            receivers = lines(made["many"]["receivers"])
            witnessed = sum(r["witness_count"] for r in receivers)
            told = [w for w in lines(made["many"]["witnesses"]) if w["witness"] > 0]
            assert witnessed == len(told), (witnessed, len(told))

        def check_determinism():
            data = (folder / "many.beast").read_bytes()
            _, piped = replay(folder, "piped", "-", "-c", folder / "sensors.yaml", stdin=data)
            for key, path in piped.items():
                assert path.read_bytes() == made["many"][key].read_bytes(), key

        def check_table_full():
            text, paths = replay(folder, "few", folder / "many.beast", "--receiver-cap", "1")
            assert "frames of receivers beyond the table" in text, text
            rows = lines(paths["receivers"])
            assert sorted(r.get("receiver", "") for r in rows) == ["", "000000000000000a"], rows

        def check_fault(change, copies, counter, count):
            """Of one receiver: the same positions come out, and its clock's counters tell."""
            name = change.__name__
            changed = change(made["frames"])
            (folder / f"{name}.beast").write_bytes(b"".join(element(f[2], f[0], f[1])
                                                            for f in changed))
            _, paths = replay(folder, name, folder / f"{name}.beast",
                              "-c", folder / "sensors.yaml")
            row = lines(paths["receivers"])[0]
            clock = {key: row[key] for key in ("wrap_count", "reset_count", "jump_count",
                                               "back_count", "slip_count") if row[key]}
            wanted = {counter: count(changed)} if counter else {}
            assert row["frame_count"] == len(changed) and clock == wanted, (row, wanted)
            keys = ("icao24", "latitude_deg", "longitude_deg", "pressure_altitude_ft")
            told, plain = (sorted(str([r.get(k) for k in keys]) for r in lines(of["reports"]))
                           for of in (paths, made["one"]))
            assert told == sorted(plain * copies), (len(told), len(plain))

        case("receivers_prepare", prepare)
        if "one" in made:
            case("receivers_same_reports", check_reports)
            case("receivers_witnesses", check_witnesses)
            case("receivers_statistics", check_receivers)
            case("receivers_accounts", check_accounts)
            case("receivers_determinism", check_determinism)
            case("receivers_table_full", check_table_full)
            case("counter wraps", check_fault, wrapped, 1, "wrap_count", lambda _: 1)
            case("counter begins anew", check_fault, begun_anew, 1, "reset_count", lambda _: 1)
            case("frames twice", check_fault, twice, 2, None, None)
            case("frames exchanged", check_fault, exchanged, 1, "back_count", steps_back)
    finish()


main()
