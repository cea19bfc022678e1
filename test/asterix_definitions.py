#!/usr/bin/env python3
"""Our ASTERIX definitions against the published machine-readable ones.

Each definition in spec/asterix is turned into rows (path, kind, position, width, content, sign,
step, unit, numbers of its codes), the same is done with the JSON of asterix-specs, and the two must
be equal but for spec/asterix/overrides.txt. Exit status 77: the data folder is not there.
"""

import json
import os
import sys
from fractions import Fraction
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import asterix_spec

DATA = Path(os.environ.get("AIRPICTURE_DATA", ROOT / "../shared/data")) / "asterix-specs/json"

UNITS = {"°": "deg", "°/s": "deg/s", "°C": "degC", "m/s²": "m/s2", "m²": "m2", "dBm²": "dBm2",
         "dBµV": "dBuV"}


# --- the published definitions ----------------------------------------------------------------


def number(node):
    tag = node["tag"]
    if tag == "NumDiv":
        return number(node["contents"]["numerator"]) / number(node["contents"]["denominator"])
    if tag == "NumPow":
        return Fraction(node["contents"]["base"]) ** node["contents"]["exponent"]
    return Fraction(node["contents"])


def published_content(content):
    tag, inside = content["tag"], content["contents"]
    if tag == "ContentString":
        return ({"StringAscii": "ascii", "StringICAO": "icao", "StringOctal": "octal"}
                [inside["tag"]],)
    if tag == "ContentTable":
        return ("table", tuple(sorted(code for code, _ in inside)))
    if tag in ("ContentRaw", "ContentBds"):
        return ({"ContentRaw": "raw", "ContentBds": "bds"}[tag],)
    sign = "signed" if inside["signedness"]["tag"] == "Signed" else "unsigned"
    if tag == "ContentInteger":
        return ("integer", sign)
    unit = inside["unit"]
    return ("quantity", sign, number(inside["lsb"]), UNITS.get(unit, unit))


def published_rule(rule):
    """Content of an element; one that depends on another as ("by", name, ((value, ...), ...))."""
    if rule["tag"] == "ContextFree":
        return published_content(rule["contents"])
    inside = rule["contents"]
    cases = tuple((value[0], *published_content(c)) for value, c in inside["cases"])
    return ("by", inside["path"][0][-1], cases)


def published_variation(path, variation, rows, offset=0):
    """Appends rows; returns the bit offset behind it."""
    tag, inside = variation["tag"], variation["contents"]
    if tag == "Element":
        rows.append((path, "element", offset, inside["bitSize"], *published_rule(inside["rule"])))
        return offset + inside["bitSize"]
    if tag in ("Group", "Extended"):
        rows.append((path, tag.lower(), offset))
        for entry in inside:
            if entry is None:
                rows.append((path, "fx", offset))
                offset += 1
            elif entry["tag"] == "Spare":
                offset += entry["contents"]
            else:
                offset = published_item(path, entry["contents"], rows, offset)
        rows.append((path, "end", offset))
        return offset
    if tag == "Repetitive":
        kind = inside["type"]
        size = 0 if kind["tag"] == "RepetitiveFx" else kind["contents"]["byteSize"]
        rows.append((path, "repeat", size))
        published_variation(path, inside["variation"], rows)
    elif tag == "Compound":
        rows.append((path, "compound", len(inside)))
        for place, entry in enumerate(inside):
            if entry is not None:
                rows.append((f"{path}/{entry['name']}", "place", place))
                published_item(path, entry, rows)
    else:
        rows.append((path, "explicit"))
    return 0


def published_item(path, item, rows, offset=0):
    rule = item["rule"]
    variation = rule["contents"] if rule["tag"] == "ContextFree" else rule["contents"]["default"]
    return published_variation(f"{path}/{item['name']}".lstrip("/"), variation, rows, offset)


def published_uap(uap):
    names = {"UapItem": lambda e: e["contents"], "UapItemSpare": lambda e: "-",
             "UapItemRFS": lambda e: "RFS"}
    layout = lambda entries: [names[e["tag"]](e) for e in entries]
    if uap["tag"] == "Uap":
        return [("", layout(uap["contents"]))], None
    inside = uap["contents"]
    select = inside["selector"]
    return ([(name, layout(entries)) for name, entries in inside["cases"]],
            (*(select["item"] + [""])[:2], {value: name for value, name in select["cases"]}))


# --- ours -------------------------------------------------------------------------------------


def our_content(bits):
    if bits.content == "integer":
        return ("integer", "signed" if bits.signed else "unsigned")
    if bits.content == "quantity":
        return ("quantity", "signed" if bits.signed else "unsigned", bits.lsb, bits.unit)
    if bits.content == "table":
        return ("table", tuple(bits.codes.numbers()))
    if bits.content == "by":
        return ("by", bits.selector,
                tuple((value, *our_content(case)) for value, case in bits.cases))
    return ("raw" if bits.content == "hex" else bits.content,)  # how people write it is ours


def our_members(path, kind, members, rows, offset=0):
    rows.append((path, kind, offset))
    for bits in members:
        if bits.op == "fx":
            rows.append((path, "fx", offset))
        elif bits.op == "group":
            our_members(f"{path}/{bits.name}", "group", bits.members, rows, offset)
        elif bits.op == "element":
            rows.append((f"{path}/{bits.name}", "element", offset, bits.size, *our_content(bits)))
        offset += bits.size
    rows.append((path, "end", offset))


def our_item(path, item, rows):
    path = f"{path}/{item.name}".lstrip("/")
    if item.kind == "compound":
        rows.append((path, "compound", len(item.subs)))
        for place, sub in enumerate(item.subs):
            if sub:
                rows.append((f"{path}/{sub.name}", "place", place))
                our_item(path, sub, rows)
        return
    if item.kind == "explicit":
        rows.append((path, "explicit"))
        return
    if item.kind == "repeat":
        rows.append((path, "repeat", item.count_size))
    if item.single:
        rows.append((path, "element", 0, item.bits[0].size, *our_content(item.bits[0])))
    else:
        our_members(path, "extended" if item.kind == "extended" else "group", item.bits, rows)


# --- comparison -------------------------------------------------------------------------------


def overridden(rows, overrides):
    """The published rows with our deviations put in; complains about one that meets nothing."""
    for _, _, where, tokens, _ in overrides:
        found = [k for k, row in enumerate(rows) if row[0] == where and row[1] == "element"]
        if len(found) != 1:
            raise SystemExit(f"override of {where} meets {len(found)} elements")
        bits = asterix_spec.Bits("element", size=rows[found[0]][3])
        asterix_spec.read_content(bits, tokens, None, 0, 0)
        row = (*rows[found[0]][:4], *our_content(bits))
        if row == rows[found[0]]:
            raise SystemExit(f"override of {where} changes nothing")
        rows[found[0]] = row
    return rows


def compare(spec, overrides):
    kind = "ref" if spec.expansion else "cat"
    path = DATA / f"cat{spec.category:03d}_{kind}-{spec.edition}.json"
    published = json.loads(path.read_text())["contents"]
    faults = []
    if spec.expansion:
        uaps, select = [("", [item["name"] if item else "-" for item in published["items"]])], None
        published["catalogue"] = [item for item in published["items"] if item]
        if spec.fspec_size != published["fspecByteSize"]:
            faults.append("the size of the field specification differs")
    else:
        uaps, select = published_uap(published["uap"])
    if spec.uaps != uaps or spec.select != select:
        faults.append("the UAP differs")
    theirs, ours = [], []
    for item in published["catalogue"]:
        published_item("", item, theirs)
    for item in spec.items.values():
        our_item("", item, ours)
    theirs = overridden(theirs, overrides)
    for row in ours:
        if row not in theirs:
            faults.append(f"only ours: {row}")
    for row in theirs:
        if row not in ours:
            faults.append(f"only published: {row}")
    if not faults and ours != theirs:
        faults.append("the order of the rows differs")
    return len(ours), faults


def used_tables(specs):
    """Names of the tables of codes that an element has."""
    used = set()

    def visit(bits_list):
        for bits in bits_list:
            visit(bits.members)
            visit([case for _, case in bits.cases])
            if bits.codes:
                used.add(bits.codes.name)

    for spec in specs:
        for item in spec.items.values():
            for part in [item, *filter(None, item.subs)]:
                visit(part.bits)
    return used


def main():
    if not DATA.is_dir():
        print(f"skipped: no definitions at {DATA}")
        sys.exit(77)
    specs = asterix_spec.read_all(ROOT / "spec/asterix")
    expansions = asterix_spec.read_expansions(ROOT / "spec/asterix")
    overrides = asterix_spec.read_overrides(ROOT / "spec/asterix/overrides.txt")
    known = {(spec.category, spec.edition) for spec in specs}
    failed = any((category, edition) not in known for category, edition, *_ in overrides)
    tables = asterix_spec.read_codes(ROOT / "spec/asterix/codes.txt")
    for name in tables.keys() - used_tables(specs + expansions):
        failed = True
        print(f"the codes of {name} are used by nothing")
    rows = 0
    for spec in specs + expansions:
        count, faults = compare(spec, [o for o in overrides if not spec.expansion and
                                       o[:2] == (spec.category, spec.edition)])
        rows += count
        for fault in faults:
            failed = True
            print(f"CAT{spec.category:03d} {spec.edition}: {fault}")
    for category in {spec.category for spec in specs}:
        newest = max((p.stem.split("-")[1] for p in DATA.glob(f"cat{category:03d}_cat-*.json")),
                     key=asterix_spec.edition_key)
        if (category, newest) not in known:
            failed = True
            print(f"CAT{category:03d}: the newest edition {newest} is missing")
    print(f"{len(specs)} definitions, {len(expansions)} expansions, {rows} rows, "
          f"{len(tables)} tables of codes, {len(overrides)} deviations")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
