#!/usr/bin/env python3
"""`decode` of the recordings against the stored decodes of tshark: the same values, but for the
differences that are listed here."""
import json
import re
import subprocess

from common import DATA, case, finish, need_data, need_tool, run

# The editions that its decodes were made with.
EDITIONS = {1: "1.4", 2: "1.1", 8: "1.3", 10: "1.1", 19: "1.3", 20: "1.10", 21: "2.6", 34: "1.29",
            48: "1.31", 62: "1.19", 63: "1.6", 65: "1.5", 247: "1.3", 4: "1.12"}
# Keys with another name there.
NAMES = {"020_250_BDSREGISTER": "020_250_MBDATA"}
# Records of a category that it does not find.
LEFT_OUT = {
    ("goasterix_sample.ast", 1): "reads tracks as plots",
    ("rn_068test_rrd3.gps", 1): "reads tracks as plots",
    ("goasterix_sample.ast", 32): "of a national edition; read as another there",
}
# Recordings without any other record.
UNREAD = {"jasterix_cat062ed1.16.bin": "I062/510 with one number is two there"}
# Read otherwise by tshark 4.0.17, or not at all.
DIFFERENT = {
    "020_500_SDP_XY": "unsigned there",
    "010_202": "steps of 1/16 there; see spec/asterix/overrides.txt",
    "010_210": "as 202",
    "019_553": "one octet there",
    **dict.fromkeys(("001_030", "001_130", "001_210", "002_050", "002_060", "002_080", "008_110",
                     "020_030", "048_030", "062_510"), "ends by FX: one element there"),
}


def key_of(name):
    return re.sub(r"(\d{3})_V\d+_\d+_", r"\1_", name)[8:]


def their_values(node, found):
    """{key: [text]} of one record; names of repeated nodes are one list."""
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, str):
                if re.match(r"asterix\.\d{3}_", name):
                    found.setdefault(key_of(name), []).append(value)
            elif isinstance(value, list) and value and isinstance(value[0], str):
                if re.match(r"asterix\.\d{3}_", name):
                    found.setdefault(key_of(name), []).extend(value)
            else:
                their_values(value, found)
    elif isinstance(node, list):
        for value in node:
            their_values(value, found)
    return found


def our_values(category, record):
    found = {}

    def walk(path, value):
        if isinstance(value, dict):
            for name, inner in value.items():
                walk((*path, name), inner)
        elif isinstance(value, list):
            for inner in value:
                walk(path, inner) if isinstance(inner, dict) else add(path, inner)
        else:
            add(path, value)

    def add(path, value):
        single = len(path) == 1 or path in singles
        key = f"{category:03d}_" + "_".join(path) + ("_VALUE" if single else "")
        found.setdefault(NAMES.get(key, key), []).append(value)

    singles = {(item, sub) for item, inner in record.items() if isinstance(inner, dict)
               for sub, value in inner.items() if not isinstance(value, (dict, list))
               and (category, item) in COMPOUND}
    for item, value in record.items():
        if item not in ("RE", "SP"):
            walk((item,), value)
    return found


COMPOUND = {(20, "500"), (62, "110"), (62, "290"), (62, "295"), (62, "340"), (62, "380"),
            (62, "390"), (62, "500"), (48, "120"), (48, "130"), (34, "050"), (34, "060"),
            (21, "110"), (21, "220"), (21, "295"), (4, "110"), (4, "120"), (4, "170"),
            (4, "171")}


def same(ours, theirs):
    if isinstance(ours, str):
        if ours.replace("?", " ").strip() == theirs.strip():
            return True
        return bool(re.fullmatch("[0-7]+", ours)) and int(ours, 8) == int(theirs, 0)
    if isinstance(ours, int) and ":" not in theirs and "." not in theirs:
        number = int(theirs, 0)
        return number == ours or any(number == ours + (1 << bits) for bits in (8, 16, 24, 32))
    return abs(ours - float(theirs)) <= 1e-9 * max(1.0, abs(ours))


def compare(name):
    path = need_data("asterix", "ref", name + ".tshark.json.zst")
    need_tool("zstd")
    text = subprocess.run(["zstd", "-dc", str(path)], stdout=subprocess.PIPE, check=True).stdout
    blocks = [block["_source"]["layers"]["asterix"] for block in json.loads(text)]
    theirs = []
    for block in (one for layer in blocks for one in (layer if isinstance(layer, list)
                                                      else [layer])):
        messages = block.get("asterix.message", [])
        for message in messages if isinstance(messages, list) else [messages]:
            theirs.append((int(block["asterix.category"]), message))
    options = [word for category, edition in EDITIONS.items()
               for word in ("--edition", f"{category:03d}={edition}")]
    ours = [json.loads(line) for line in
            run("decode", *options, need_data("asterix", name), status=None).stdout.splitlines()]
    ours = [record for record in ours if (name, record["cat"]) not in LEFT_OUT]
    theirs = [record for record in theirs if (name, record[0]) not in LEFT_OUT]
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    differences, count = {}, 0
    for record, (category, message) in zip(ours, theirs):
        assert record["cat"] == category
        mine, other = our_values(category, record["rec"]), their_values(message, {})
        for key in mine.keys() | other.keys():
            if key[:7] in DIFFERENT or key in DIFFERENT or key[4:6] in ("RE", "SP"):
                continue
            a, b = mine.get(key, []), other.get(key, [])
            count += len(a)
            if len(a) != len(b) or not all(map(same, a, b)):
                differences.setdefault(key, (a[:3], b[:3]))
    assert count and not differences, f"of {count} values: {differences}"


for path in sorted((DATA / "asterix/ref").glob("*.tshark.json.zst")):
    name = path.name[:-len(".tshark.json.zst")]
    if name in UNREAD:
        continue
    case(f"tshark of {name}", compare, name)
if not (DATA / "asterix/ref").exists():
    print(f"skip peers no asterix/ref under {DATA}")
finish()
