#!/usr/bin/env python3
"""Which edition is read when several say one: command line, sensors file, sender, trial, newest."""
import json
import pathlib

from common import case, finish, need_data, run, workdir

EARLY, NEWEST = "0.26", "2.7"


def block(category, *records):
    body = b"".join(records)
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body


def target(second):
    """CAT021 in edition 0.26 of 25/7: an aircraft at FL300 that flies north at 200 m/s."""
    latitude = round((45 + second * 200 / 111132) * 2 ** 25 / 180)
    longitude = round(12 * 2 ** 25 / 180)
    return block(21, bytes([0xF9, 0x20, 25, 7, 0x00, 0x28]) +
                 (128 * (36000 + second)).to_bytes(3, "big") + latitude.to_bytes(4, "big") +
                 longitude.to_bytes(4, "big") + bytes([0x40, 0x62, 0x0D]) +
                 (300 * 4).to_bytes(2, "big"))


def announcement(edition):
    """CAT247 of 25/7 for 021."""
    main, sub = edition.split(".")
    return block(247, bytes([0x90, 25, 7, 1, 21, int(main), int(sub)]))


def sensors_file(folder, edition=None):
    path = folder / f"sensors-{edition}.yaml"
    path.write_text("sensors:\n  - name: Station\n    kind: adsb\n    sac: 25\n    sic: 7\n" +
                    (f"    editions: {{021: \"{edition}\"}}\n" if edition else ""))
    return path


def recording(folder, announced=None):
    path = folder / f"announced-{announced}.ast"
    path.write_bytes((announcement(announced) if announced else b"") +
                     b"".join(map(target, range(60))))
    return path


def decoded(path, *options):
    """The CAT021 records that decode makes."""
    done = run("decode", *options, path)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [(r["ed"], r["rec"]) for r in records if r["cat"] == 21]


def replayed(path, *options):
    """The reports and tracks that replay makes."""
    reports, tracks = path.with_suffix(".reports"), path.with_suffix(".tracks")
    run("replay", "-q", "--reports", reports, "--tracks", tracks, *options, path)
    return [json.loads(line) for out in (reports, tracks) for line in open(out)]


def check(make, folder, edition, options, announced=None):
    """A run with these options gives what `edition` for every source gives, everything else (a
    sensors file sets accuracies too) being equal."""
    path = recording(folder, announced)
    plain = ("-c", sensors_file(folder)) if "-c" in options else ()
    expected = make(path, "--edition", f"021={edition}", *plain)
    found = make(path, *options)
    assert found == expected, f"{len(found)} lines, expected {len(expected)} as of {edition}"


def differ(make, folder):
    path = recording(folder)
    early = make(path, "--edition", f"021={EARLY}")
    assert len(early) >= 60 and early != make(path, "--edition", f"021={NEWEST}")


def pairs(folder):
    """(name, edition that counts, options, announced edition), each pair of those who say one."""
    early_file = ("-c", sensors_file(folder, EARLY))
    newest_file = ("-c", sensors_file(folder, NEWEST))
    all_early, all_newest = ("-e", f"021={EARLY}"), ("-e", f"021={NEWEST}")
    one_early, one_newest = ("-e", f"25/7:021={EARLY}"), ("-e", f"25/7:021={NEWEST}")
    return [
        ("nobody", NEWEST, (), None),
        ("trial", EARLY, ("--probe",), None),
        ("sender", EARLY, (), EARLY),
        ("file", EARLY, early_file, None),
        ("command for one source", EARLY, one_early, None),
        ("another source", NEWEST, ("-e", f"25/8:021={EARLY}"), None),
        ("sender before trial", NEWEST, ("--probe",), NEWEST),
        ("file before trial", NEWEST, (*newest_file, "--probe"), None),
        ("file before sender", NEWEST, newest_file, EARLY),
        ("file before sender, early", EARLY, early_file, NEWEST),
        ("command before trial", NEWEST, (*all_newest, "--probe"), None),
        ("command for one source before trial", NEWEST, (*one_newest, "--probe"), None),
        ("command before sender", NEWEST, all_newest, EARLY),
        ("command for one source before sender", NEWEST, one_newest, EARLY),
        ("command before file", NEWEST, (*early_file, *all_newest), None),
        ("command before file, early", EARLY, (*newest_file, *all_early), None),
        ("command for one source before file", NEWEST, (*early_file, *one_newest), None),
        ("command for one source before all", EARLY, (*one_early, *all_newest), None),
        ("command for one source behind all", EARLY, (*all_newest, *one_early), None),
        ("all together", EARLY, (*newest_file, *all_newest, *one_early, "--probe"), NEWEST),
    ]


def recorded():
    """A station's recording in edition 2.1: found by trial as it is named."""
    path = need_data("asterix", "jasterix_cat021ed2.1.bin")
    with workdir() as name:
        copy = pathlib.Path(name) / "station.ast"
        copy.write_bytes(path.read_bytes())
        probed = replayed(copy, "--probe")
        assert probed and probed == replayed(copy, "--edition", "021=2.1")


def told(folder):
    """One line each on standard error, the same of both commands but for their name."""
    path = recording(folder)
    by_decode = run("decode", "--probe", path).stderr
    by_replay = run("replay", "-q", "--probe", path).stderr
    assert (b"airpicture replay: CAT021 of 25/7: edition 0.26 (or any since 0.24, alike here), "
            b"97 % sure: of 60 blocks 100.0 % fit") in by_replay, by_replay
    assert by_decode == by_replay.replace(b"airpicture replay", b"airpicture decode"), by_decode
    for options in (("-e", "021=2.7"), ("-c", sensors_file(folder, NEWEST))):
        silent = run("replay", "-q", "--probe", *options, path).stderr
        assert b"021" not in silent, silent
    for command in ("decode", "replay"):
        done = run(command, "--probe", "-", stdin=b"", status=64)
        assert b"reads its inputs twice" in done.stderr, done.stderr


def without_source(folder):
    """CAT150 names no source: nothing is said of one that its first octets would spell."""
    path = folder / "plans.ast"
    path.write_bytes(block(150, bytes([0x80, 25, 7])) * 3)
    done = run("decode", "--probe", path)
    assert len(done.stdout.splitlines()) == 3 and done.stderr == b"", done.stderr


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        for command, make in (("decode", decoded), ("replay", replayed)):
            case(f"{command}: the editions differ", differ, make, folder)
            for title, edition, options, announced in pairs(folder):
                case(f"{command}: {title}", check, make, folder, edition, options, announced)
        case("trial on a recording", recorded)
        case("trial is told", told, folder)
        case("trial of a category without sources", without_source, folder)


main()
finish()
