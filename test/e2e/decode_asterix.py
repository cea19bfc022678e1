#!/usr/bin/env python3
"""`decode` of real recordings equals the reference decodes, item by item."""
import json
import re

from common import DATA, EDITIONS, Skip, case, finish, lines_of_zst, need_data, need_tool, run

# Records at the end of a file: a block of CAT032 holds one without any item, which is a fault here
# and costs the rest of the block; the reference reads on.
LOST = {"goasterix_sample.ast": {32: 2}}


def expected_counts():
    """Records per category of each file, from the table in SOURCES.md."""
    counts = {}
    for line in (DATA / "asterix/SOURCES.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 9 and re.fullmatch(r"(\d{3}:\d+(, )?)+", cells[9]):
            counts[cells[1]] = {int(c): int(n) for c, n in
                                (pair.split(":") for pair in cells[9].split(", "))}
    return counts


def same(ours, theirs, path=""):
    """Differences between two decoded values; numbers must be equal to the last bit."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        keys = list(ours) + [key for key in theirs if key not in ours]
        return [d for key in keys for d in
                (same(ours[key], theirs[key], f"{path}/{key}") if key in ours and key in theirs
                 else [f"{path}/{key} is in one only"])]
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(ours) != len(theirs):
            return [f"{path} has {len(ours)} for {len(theirs)} elements"]
        return [d for i, (a, b) in enumerate(zip(ours, theirs)) for d in same(a, b, f"{path}[{i}]")]
    if type(ours) is bool or type(theirs) is bool or ours != theirs:
        return [f"{path}: {ours!r} for {theirs!r}"]
    return []


def signed_xy(reference):
    """I020/500 SDP XY is signed in real data, unsigned in the definition the reference used."""
    sdp = reference["rec"].get("500", {}).get("SDP") if reference["cat"] == 20 else None
    if sdp and sdp["XY"] >= 8192:
        sdp["XY"] -= 16384


def quarter_steps(reference):
    """Velocity and acceleration of CAT010 have steps of 1/4, 1/16 in the definition used there."""
    for item in ("202", "210") if reference["cat"] == 10 else ():
        if item in reference["rec"]:
            reference["rec"][item] = {k: 4 * v for k, v in reference["rec"][item].items()}


def check_reference(path, reference_path):
    need_tool("zstd")
    edition = ["--edition", EDITIONS[path.name]] if path.name in EDITIONS else []
    ours = [json.loads(line) for line in run("decode", *edition, path).stdout.splitlines()]
    theirs = lines_of_zst(reference_path)
    lost = LOST.get(path.name, {})
    theirs = theirs[:len(theirs) - sum(lost.values())]
    assert len(ours) == len(theirs), f"{len(ours)} records for {len(theirs)}"
    for index, (mine, reference) in enumerate(zip(ours, theirs)):
        signed_xy(reference)
        quarter_steps(reference)
        differences = same(mine, reference)
        assert not differences, f"record {index}: {'; '.join(differences[:5])}"


def check_counts(path, counts):
    lost = LOST.get(path.name, {})
    counts = {cat: n - lost.get(cat, 0) for cat, n in counts.items()}
    got = {}
    for line in run("decode", path).stdout.splitlines():
        cat = json.loads(line)["cat"]
        got[cat] = got.get(cat, 0) + 1
    assert got == counts, f"{got} for {counts}"


def main():
    try:
        need_data("asterix/SOURCES.md")
        need_tool("zstd")
    except Skip as why:
        print(f"skip decode_asterix {why}")
        return
    for name, counts in expected_counts().items():
        case(f"records of {name}", check_counts, DATA / "asterix" / name, counts)
    for reference in sorted((DATA / "asterix/ref").glob("*.spec.jsonl.zst")):
        name = reference.name.removesuffix(".spec.jsonl.zst")
        case(f"items of {name}", check_reference, DATA / "asterix" / name, reference)


main()
finish()
