#!/usr/bin/env python3
"""`convert`: what was decoded becomes a recording again; what cannot be is refused by line."""
import gzip
import json
import pathlib

from common import DATA, EDITIONS, Skip, case, finish, run, workdir

PLOT = {"cat": 48, "ed": "1.32", "ts": 28802.125,
        "rec": {"010": {"SAC": 25, "SIC": 201}, "040": {"RHO": 65.18359375, "THETA": 90.0}}}


def there_and_back(folder, source, ending, *options):
    """Lines of decode, convert, decode are the same lines."""
    first, second = folder / "first.jsonl", folder / "second.jsonl"
    made = folder / f"made{ending}"
    run("decode", *options, "-o", first, source)
    run("convert", first, made)
    run("decode", *options, "-o", second, made)
    assert first.read_bytes() == second.read_bytes(), f"{source}: other lines"
    return made


def recordings(folder):
    files = sorted(p for p in (DATA / "asterix").glob("*")
                   if p.suffix in (".ast", ".raw", ".bin", ".pcap", ".gps"))
    if not files:
        raise Skip(f"no recordings under {DATA}")
    for path in files:
        ending = ".pcap" if path.suffix in (".pcap", ".gps") else ".ast"
        options = ["--edition", EDITIONS[path.name]] if path.name in EDITIONS else []
        for more in ([], ["--re"]):
            there_and_back(folder, path, ending, *options, *more)


def demo_recording(folder):
    run("demo", "--speed", "0", "-o", folder / "demo")
    for name in ("radars.pcap", "system.pcap"):
        made = there_and_back(folder, folder / "demo" / name, ".pcap")
        assert made.stat().st_size > 1000


def convert_lines(folder, lines, *options, to=".ast", status=0):
    """(octets of OUT, standard error) of these lines, given as objects or as text."""
    source, out = folder / "lines.jsonl", folder / f"out{to}"
    source.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n"
                              for line in lines))
    done = run("convert", *options, source, out, status=status)
    return out.read_bytes(), done.stderr.decode()


def values_and_octets(folder):
    plain, _ = convert_lines(folder, [PLOT])
    assert plain.hex() == "30000a90" + "19c9" + "412f" + "4000", plain.hex()
    # The same values with a spare bit set and a longer field specification: the octets count.
    longer = {"cat": 48, "hex": "9100" + "19c9412f4000", "rec": PLOT["rec"]}
    assert convert_lines(folder, [longer])[0].hex() == "30000b" + longer["hex"]
    # Other values, or octets that are no record: the values count.
    for octets in ("910019c9412f4001", "9100", "zz", ""):
        assert convert_lines(folder, [{**longer, "hex": octets}])[0] == plain
    # Octets alone.
    assert convert_lines(folder, [{"cat": 48, "hex": longer["hex"]}])[0].hex()[6:] == longer["hex"]
    # Lines may be blank, packed, come through a pipe, end without a line break.
    packed = folder / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\n \r\n" + json.dumps(PLOT).encode()))
    assert run("convert", "--to", "asterix", packed, "-").stdout == plain
    done = run("convert", "--from", "jsonl", "--to", "asterix", "-", "-",
               stdin=json.dumps(PLOT).encode())
    assert done.stdout == plain


def inherited_source(folder):
    """A record of CAT001 without I001/010 stays in the block of the one before."""
    plot = {"020": {"TYP": 0, "SIM": 0, "SSRPSR": 2, "ANT": 0, "SPI": 0, "RAB": 0}}
    first = {"cat": 1, "ts": 1.5, "rec": {"010": {"SAC": 1, "SIC": 2}, **plot}}
    second = {"cat": 1, "ts": 1.5, "rec": plot}
    joined, _ = convert_lines(folder, [first, second])
    assert joined.hex() == "010009" + "c0010220" + "4020", joined.hex()
    apart, _ = convert_lines(folder, [first, {**second, "ts": 2.5}, first])
    assert [apart[k] for k in (0, 7, 12)] == [1, 1, 1] and len(apart) == 19, apart.hex()
    # CAT150 has no source that could be left out.
    plan = {"cat": 150, "ts": 1.5, "rec": {"010": {"CEN": 1, "POS": 2}}}
    alone, _ = convert_lines(folder, [plan, plan])
    assert alone.hex() == 2 * ("960006" + "800102"), alone.hex()


def times(folder):
    lines = [{**PLOT, "ts": ts} for ts in (0, 1393332226.414938, 28802.0, None, 4294967295)]
    convert_lines(folder, lines, to=".pcap")
    decoded = run("decode", folder / "out.pcap").stdout
    back = [json.loads(line)["ts"] for line in decoded.splitlines()]
    assert back == [0.0, 1393332226.414938, 28802.0, 28802.0, 4294967295.0], back


def editions(folder):
    old = {"cat": 21, "rec": {"010": {"SAC": 1, "SIC": 2}, "040": {
        "DCR": 0, "GBS": 0, "SIM": 0, "TST": 0, "RAB": 0, "SAA": 0, "SPI": 0, "ATP": 1, "ARC": 1}}}
    octets, _ = convert_lines(folder, [old], "--edition", "021=0.23")
    assert octets[0] == 21
    _, said = convert_lines(folder, [old], status=65)
    assert "I021/040" in said, said
    _, said = convert_lines(folder, [{**old, "ed": "9.9"}], status=65)
    assert "CAT021 has no such edition; its newest is 2.7" in said, said


def refusals(folder):
    rec = PLOT["rec"]
    wrong = [
        ({**PLOT, "rec": {**rec, "040": {"RHO": 300, "THETA": 0}}},
         "I048/040/RHO: a value outside the range that can be represented, 0.0 to 255.99609375 NM"),
        ({**PLOT, "rec": {**rec, "999": 1}}, "I048/999: a name that the definition does not have"),
        ({**PLOT, "rec": {}}, "no item at all"),
        ({**PLOT, "rec": []}, "'rec' is no object"),
        ("{\"cat\": 48,, }", "no JSON; breaks at character 11"),
        ("[1]", "no JSON object"),
        ({"frame": "8d40", "df": 17}, "no ASTERIX record: 'cat' is not there"),
        ({**PLOT, "cat": 300}, "'cat' is no category; expected a number up to 255"),
        ({**PLOT, "cat": 3}, "category 003 is not known"),
        ({**PLOT, "ed": 1.32}, "'ed' is no edition; expected a string such as \"1.32\""),
        ({**PLOT, "ts": "now"}, "'ts' is no time"),
        ({**PLOT, "ts": -1}, "'ts' is no time"),
        ({**PLOT, "ts": 4294967296}, "'ts' is no time"),
        ("{\"cat\": 48, \"ts\": 1e30, \"rec\": {}}", "'ts' is no time"),
        ({"cat": 48}, "neither 'rec' nor 'hex' is there"),
        ({"cat": 48, "hex": "00"}, "'hex' is no record of this edition"),
        ("{\"cat\": 240, \"rec\": {\"052\": [" + ",".join(["\"" + "00" * 256 + "\""] * 255) +
         "], \"051\": [" + ",".join(["\"" + "00" * 64 + "\""] * 255) + "]}}",
         "a record longer than a data block can be"),
        ("x" * ((4 << 20) + 1), "a line of more than 4 MiB"),
        ("[" * 100000, "no JSON; breaks at character 65"),
    ]
    plain, _ = convert_lines(folder, [PLOT])
    for line, why in wrong:
        octets, said = convert_lines(folder, [PLOT, line, PLOT], status=65)
        told = said.splitlines()
        assert octets == plain * 2, said[:200]
        assert told[0].endswith(f":2: {why}") or f":2: {why}" in told[0], (told[0][:300], why)
        assert told[1].endswith("1 of 3 lines refused, the others are written"), told[1]
    _, said = convert_lines(folder, ["x"] * 150, status=65)
    assert len(said.splitlines()) == 101 and "150 of 150 lines" in said


def longest(folder):
    """A record that no datagram holds is refused by line in a capture, not in raw blocks."""
    def plot(octets):
        head = bytes([0x81, 1, 0x40, 25, 201])
        return {"cat": 48, "ts": 1.0, "hex": (head + b"\x1b" * (octets - 6) + b"\x1a").hex()}
    lines = [PLOT, plot(65504), plot(65505), PLOT]
    capture, said = convert_lines(folder, lines, to=".pcap", status=65)
    told = said.splitlines()
    assert told[0].endswith(":3: a record longer than a UDP datagram can be; --to asterix holds "
                            "it"), told
    assert told[1:] == ["airpicture convert: 1 of 4 lines refused, the others are written"], told
    assert [len(r) // 2 for r in map(lambda line: json.loads(line)["hex"],
                                     run("decode", folder / "out.pcap").stdout.splitlines())
            ] == [7, 65504, 7]
    blocks, _ = convert_lines(folder, [*lines, plot(65532)])
    assert len(blocks) == 10 + 65507 + 65508 + 10 + 65535


def forms(folder):
    lines = folder / "lines.jsonl"
    lines.write_text(json.dumps(PLOT) + "\n")
    (folder / "b.beast").write_bytes(bytes.fromhex("1a32000000000001075d4d20237a55a6") * 3)
    for arguments, why in (
            ((lines,), "expected an input and an output"),
            ((lines, folder / "a.pcap", folder / "b.pcap"), "expected an input and an output"),
            ((lines, folder / "a.xyz"), "add --to with pcap, asterix"),
            ((folder / "b.beast", folder / "a.pcap"), "no way from beast to pcap"),
            (("--from", "pcap", lines, folder / "a.ast"), "no way from pcap to asterix"),
            (("--to", "xml", lines, folder / "a"), "--to xml is not known"),
            (("--edition", "25/201:021=2.1", lines, folder / "a.ast"), "one edition for all"),
            (("--edition", "021", lines, folder / "a.ast"), "--edition 021 is none"),
            (("--to", "asterix", lines, lines), "lines.jsonl")):
        done = run("convert", *arguments, status=64)
        assert why in done.stderr.decode(), (arguments, done.stderr)
        assert not list(folder.glob("a.*")), "a file was made"
    run("convert", folder / "none.jsonl", folder / "a.ast", status=66)
    run("convert", lines, folder / "none" / "a.ast", status=73)
    assert lines.read_text() == json.dumps(PLOT) + "\n"
    full = pathlib.Path("/dev/full")
    if full.exists():
        run("convert", "--to", "asterix", lines, full, status=74)


def one(function):
    with workdir() as name:
        function(pathlib.Path(name))


for test in (recordings, demo_recording, values_and_octets, inherited_source, times, editions,
             refusals, longest, forms):
    case(test.__name__.replace("_", " "), one, test)
finish()
