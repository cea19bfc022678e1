#!/usr/bin/env python3
"""`decode` of the recordings against the stored decodes of CroatiaControl's asterix 2.8.11: the
same values in the same order, but for the differences that are listed here."""
import json
import re

from common import DATA, case, finish, lines_of_zst, need_data, need_tool, run

EDITIONS = ["021=2.1", "062=1.16", "247=1.2"]
# Items with other values there, and why.
DIFFERENT = {
    "004/045": "an older edition there",
    "019/552": "flags split in two fields",
    "020/230": "laid out otherwise there",
    "020/250": "register and address in hexadecimal",
    "020/400": "laid out otherwise there",
    "021/200": "an older edition there",
    "048/020": "an older edition there: bits of the second octet",
    "048/250": "registers decoded",
    "048/260": "advisory decoded",
    "062/060": "validity bits of an older edition",
}
# The first value in another unit or rounded: factor, tolerance.
FACTORS = {"001/042": (64, 0), "001/200": (3600, 2e-3), "048/200": (3600, 1e-6),
           "062/135": (100, 0), "062/136": (100, 0), "010/270": (1, 1e-3)}
# Records that it does not find.
LOST = {"goasterix_sample.ast": 36}


def flat(value):
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() if not re.match("FX|spare|sb|rep$", key, re.I)
                for leaf in flat(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in flat(inner)]
    return [value]


def same(ours, theirs):
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.replace("?", " ").strip() == theirs.strip()
    if isinstance(theirs, str):
        try:
            return int(theirs, 16) == ours
        except ValueError:
            return False
    if isinstance(ours, str):
        return bool(re.fullmatch("[0-7]+", ours)) and int(ours, 8) == theirs
    return abs(ours - theirs) <= 1e-6 * max(1.0, abs(ours))


def compare(name):
    need_tool("zstd")
    theirs = lines_of_zst(need_data("asterix", "ref", name + ".croatia.jsonl.zst"))
    options = [word for edition in EDITIONS for word in ("--edition", edition)]
    ours = {}
    done = run("decode", *options, need_data("asterix", name), status=None)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        ours[record["cat"], record["hex"]] = record["rec"]
    differences, count, lost = {}, 0, 0
    for record in theirs:
        mine = ours.get((record["cat"], record["hexdata"].lower()))
        if mine is None:
            lost += 1
            continue
        for item, value in record[f"CAT{record['cat']:03d}"].items():
            key = f"{record['cat']:03d}/{item[1:]}"
            if key in DIFFERENT or item[1:] in ("RE", "SP"):
                continue
            a, b = flat(mine.get(item[1:], [])), flat(value)
            factor, tolerance = FACTORS.get(key, (1, 0))
            if key in FACTORS and len(a) == len(b):
                near = [y for x, y in zip(a, b) if isinstance(x, float) and
                        abs(factor * x - y) <= tolerance * abs(y) + 1e-6]
                a, b = ([x for x, y in zip(a, b) if y not in near],
                        [y for y in b if y not in near])
            count += len(a)
            if len(a) != len(b) or not all(map(same, a, b)):
                differences.setdefault(key, (a[:6], b[:6]))
    assert count and not differences and lost == LOST.get(name, 0), \
        f"{count} values, {lost} lost: {differences}"


for path in sorted((DATA / "asterix/ref").glob("*.croatia.jsonl.zst")):
    name = path.name[:-len(".croatia.jsonl.zst")]
    case(f"CroatiaControl of {name}", compare, name)
if not (DATA / "asterix/ref").exists():
    print(f"skip peers no asterix/ref under {DATA}")
finish()
