#!/usr/bin/env python3
"""Random records of every category, edition and item that tshark knows: it reads the same values.

Values are drawn from spec/asterix and written as JSON lines; `convert` makes the records of them,
that is, our encoder. What it made is read by tshark and by `decode` and compared with what was
drawn, and its octets with those that this test lays out by itself. What tshark 4.0.17 reads
otherwise is listed here, with the reason, and nothing else may differ."""
import json
import pathlib
import random
import re
import subprocess

import asterix_random
import asterix_spec
from common import PROGRAM, case, finish, need_tool, run, workdir

TIMEOUT_S = 120
# Items that tshark does not get through, so that it loses the record.
LEFT_OUT = {
    (4, "170"): "CPW is longer there than in the edition that it names",
    (4, "171"): "CPW is longer there than in the edition that it names",
    (32, "050"): "ends by FX; read there as two numbers always",
    (32, "500"): "other sub-items there",
    (62, "510"): "ends by FX; at least two numbers there",
}
# Layouts: it reads tracks of CAT001 as plots.
LAYOUTS_LEFT_OUT = {1: (1,)}
# Keys with another name there.
NAMES = {"004_120_CC_CPC": "004_120_CC_CP", "020_250_BDSREGISTER": "020_250_MBDATA"}
# Values that it reads otherwise.
DIFFERENT = {
    "020_500_SDP_XY": "unsigned in the published definition; see spec/asterix/overrides.txt",
    "034_120_HGT": "unsigned there",
    **dict.fromkeys(("010_202_VX", "010_202_VY", "010_210_AX", "010_210_AY"),
                    "1/16 in the published definition; see spec/asterix/overrides.txt"),
}
# Values of extents that it does not show.
ABSENT = {"019_553_REFTR3", "019_553_REFTR4", "020_020_CF"}
# By category and edition.
DIFFERENT_IN = {
    "CAT011 1.3": {f"011_170_{name}" for name in ("PSR", "SSR", "MDS", "ADS", "SUC", "AAC")},
}


def known_to_tshark(tshark):
    """[(category, edition, preference or None)] of its editions."""
    text = subprocess.run([tshark, "-G", "currentprefs"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=TIMEOUT_S).stdout.decode()
    found = []
    for one_of, category in re.findall(r"# One of: (Version [^\n]*(?:\n# [^\n]*)*)\n# [^#]*?\n?"
                                       r"#?asterix\.i(\d{3})_version", text):
        editions = re.findall(r"Version ([\d.]+)(?! \(latest\))(?:,|\n|$)",
                              one_of.replace("\n# ", " ") + "\n")
        for edition in dict.fromkeys(editions):
            found.append((int(category), edition))
    return found


def leaves(node, found):
    """[(key, value)] of the values in tshark's tree, in their order."""
    for key, value in node:
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            leaves(value, found)
        elif isinstance(value, list):
            for inner in value:
                leaves(inner if isinstance(inner, list) else [(key, inner)], found)
        elif isinstance(value, str) and re.match(r"asterix\.\d{3}_", key):
            found.append((re.sub(r"(\d{3})_V\d+_\d+_", r"\1_", key[8:]), value))
    return found


def read_tshark(tshark, path, preferences):
    """Per packet the values [(key, text)]."""
    options = [word for preference in preferences for word in ("-o", preference)]
    done = subprocess.run([tshark, "-r", str(path), "-T", "json", "-J", "asterix", *options],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT_S)
    packets = json.loads(done.stdout, object_pairs_hook=list)
    return [leaves(dict(dict(packet)["_source"])["layers"], []) for packet in packets]


def wanted(spec, values):
    """[(key, Bits, raw)] of the values of a record, as tshark shows them: an inner group as one
    number, of a repetition by FX the first element only, under a name that is not ours."""
    found, group_of, fx_of = [], None, None
    for path, bits, raw, group in values:
        key = "%03d_%s" % (spec.category, "_".join(group or path))
        item = spec.items[path[0]]
        if item.kind == "repeat" and not item.count_size:
            if fx_of != path:
                found.append((None, bits, raw))
            fx_of = path
        elif group and group_of and group_of[0] == group and group_of[1] != bits.name:
            _, whole, before = found.pop()
            whole.size += bits.size
            found.append((key, whole, before << bits.size | raw))
        elif group:
            found.append((key, asterix_spec.Bits("element", group[-1], bits.size), raw))
            group_of = (group, bits.name)
        else:
            found.append((NAMES.get(key, key) + ("" if bits.name else "_VALUE"), bits, raw))
        if not group:
            group_of = None
        elif group_of is None or group_of[0] != group:
            group_of = (group, bits.name)
    return found


def signed(bits, raw):
    return raw - (1 << bits.size) if bits.signed and raw >> bits.size - 1 else raw


def same(bits, raw, text):
    """Whether tshark's text is this value."""
    if bits.content in ("icao", "ascii"):
        alphabet = "".join(chr(64 + c) if 1 <= c <= 26 else chr(c) for c in range(64))
        plain = "".join(alphabet[raw >> 42 - 6 * k & 63] for k in range(8)) \
            if bits.content == "icao" else raw.to_bytes(bits.size // 8, "big").decode()
        return text.strip() == plain.strip()
    if bits.size > 64 and text == "":
        return True  # long octets are not shown
    if bits.size > 64 or (bits.size > 32 and ":" in text):
        return int(text.replace(":", ""), 16) == raw
    if bits.content == "quantity":
        exact = float(signed(bits, raw) * bits.lsb)
        return abs(float(text) - exact) <= abs(exact) * 1e-12
    number = int(text.replace(":", ""), 16) if ":" in text else int(text, 0)
    return number in (raw, signed(bits, raw))


def compare(name, spec, drawn, seen):
    """Every value of every record, in order."""
    differences, count = {}, 0
    allowed = DIFFERENT.keys() | DIFFERENT_IN.get(name, set())
    for (_, values, _), theirs in zip(drawn, seen):
        ours = wanted(spec, values)
        ours = [value for value in ours if value[0] not in ABSENT]
        keys = [key or their_key for (key, _, _), (their_key, _) in zip(ours, theirs)]
        if keys != [key for key, _ in theirs] or len(ours) != len(theirs):
            differences["layout"] = ([k for k, _, _ in ours][-12:], [k for k, _ in theirs][-12:])
            continue
        for key, (_, bits, raw), (_, text) in zip(keys, ours, theirs):
            count += 1
            if key not in allowed and not same(bits, raw, text):
                differences[key] = (hex(raw), text)
    assert not differences, f"of {count} values differ {differences}"
    return count


def by_edition(keys):
    """Lists of definitions, each with one edition of a category at most."""
    editions = {}
    for key in keys:
        editions.setdefault(key[0], []).append(key)
    return [[e[k] for e in editions.values() if k < len(e)]
            for k in range(max(map(len, editions.values())))]


def encode(folder, drawn):
    """A capture of one record a datagram, made by our encoder of the drawn values."""
    lines, encoded = pathlib.Path(folder) / "drawn.jsonl", pathlib.Path(folder) / "encoded.pcap"
    flat = [(key, record[2]) for key, records in drawn.items() for record in records]
    lines.write_text("".join(
        json.dumps({"cat": key[0], "ed": key[1], "ts": float(number), "rec": record}) + "\n"
        for number, (key, record) in enumerate(flat)))
    run("convert", lines, encoded)
    return encoded


def compare_ours(encoded, drawn):
    """What our decoder reads of each record, and its octets."""
    editions = [word for category, edition in drawn
                for word in ("--edition", f"{category:03d}={edition}")]
    ours = [json.loads(line) for line in run("decode", *editions, encoded).stdout.splitlines()]
    flat = [(key, *record) for key, records in drawn.items() for record in records]
    assert len(ours) == len(flat), f"{len(ours)} for {len(flat)} records"
    for number, ((key, octets, _, record), line) in enumerate(zip(flat, ours)):
        assert (line["cat"], line["ed"], line["ts"]) == (*key, float(number)), line
        assert line["rec"] == record, f"{key}: {line['rec']} for {record}"
        assert line["hex"] == octets.hex(), f"{key}: {line['hex']} for {octets.hex()}"


def every_definition(folder, everything):
    """Every item of every edition and layout through our encoder and decoder."""
    random_ = random.Random(2)
    for chosen in by_edition(everything):
        drawn = {key: list(asterix_random.records(random_, everything[key])) for key in chosen}
        compare_ours(encode(folder, drawn), drawn)


def one_run(tshark, folder, chosen, everything):
    """Records of one edition of each category in one capture."""
    random_ = random.Random(1)
    drawn = {key: list(asterix_random.records(
        random_, everything[key], {item for category, item in LEFT_OUT if category == key[0]},
        LAYOUTS_LEFT_OUT.get(key[0], ())))
             for key in chosen}
    encoded = encode(folder, drawn)
    seen = read_tshark(tshark, encoded, [f"asterix.i{category:03d}_version:Version {edition}"
                                         for category, edition in chosen])
    assert len(seen) == sum(len(records) for records in drawn.values()), len(seen)
    at = 0
    for key in chosen:
        name = f"CAT{key[0]:03d} {key[1]}"
        case(name, compare, name, everything[key], drawn[key], seen[at:at + len(drawn[key])])
        at += len(drawn[key])


def main():
    everything = asterix_random.specs()
    with workdir() as folder:
        case(f"our own decoder, {len(everything)} definitions", every_definition, folder,
             everything)
        try:
            tshark = need_tool("tshark")
        except Exception as why:
            print(f"skip tshark {why}")
            return
        for chosen in by_edition(k for k in known_to_tshark(tshark) if k in everything):
            one_run(tshark, folder, chosen, everything)


main()
finish()
