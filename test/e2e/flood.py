#!/usr/bin/env python3
"""A flood of 200,000 invented addresses within two seconds, each with the right parity, into the
recording of a receiver: the aircraft that were there are reported as without it, every invented
frame is in a counter, and memory stays what it is."""
import json
import pathlib
import random
import re
import resource

from common import case, finish, run, workdir

FLOOD = 200_000
FLOOD_AT_S = 20
TICKS_S = 12_000_000
ESCAPE = 0x1A
AIRCRAFT_CAP = 20_000
MEMORY_MIB = 450


def table():
    rows = []
    for byte in range(256):
        value = byte << 16
        for _ in range(8):
            value = (value << 1 ^ 0x1FFF409) if value & 0x800000 else value << 1
        rows.append(value)
    return rows


REMAINDER = table()


def sealed(octets):
    """The frame with its parity."""
    rest = 0
    for octet in octets:
        rest = (rest << 8 & 0xFFFFFF) ^ REMAINDER[rest >> 16 ^ octet]
    return octets + rest.to_bytes(3, "big")


def elements(data):
    """(ticks, whole element) of a Beast stream."""
    at = 0
    while at < len(data):
        size, plain = {0x32: 14, 0x33: 21}[data[at + 1]], bytearray()
        start, at = at, at + 2
        while len(plain) < size:
            plain.append(data[at])
            at += 2 if data[at] == ESCAPE else 1
        yield int.from_bytes(plain[:6], "big"), data[start:at]


def element(ticks, frame):
    body = ticks.to_bytes(6, "big") + b"\x40" + frame
    return b"\x1a3" + body.replace(b"\x1a", b"\x1a\x1a")


def invented(first_ticks):
    """Identifications, velocities and positions of addresses that are sent once."""
    draw = random.Random(4)
    kinds = (b"\x20\x04\xd4\x32\xc3\x0c\x20", b"\x99\x44\x09\x94\x08\x38\x17",
             b"\x58\xc3\x82\xd6\x90\xc8\xac")
    for n in range(FLOOD):
        address = 0x200000 + draw.getrandbits(20)
        frame = sealed(b"\x8d" + address.to_bytes(3, "big") + kinds[n % 3])
        yield first_ticks + n * 2 * TICKS_S // FLOOD, frame


def flooded(data):
    genuine = list(elements(data))
    middle = genuine[0][0] + FLOOD_AT_S * TICKS_S
    both = genuine + [(ticks, element(ticks, frame)) for ticks, frame in invented(middle)]
    both.sort(key=lambda one: one[0])
    return b"".join(one for _, one in both)


def replay(folder, name):
    """({address: lines of its reports} of the demo's aircraft, the summary)."""
    reports = folder / (name + ".jsonl")
    done = run("replay", "--aircraft-cap", AIRCRAFT_CAP, "--reports", reports, folder / name)
    lines = {}
    for line in reports.read_text().splitlines():
        address = json.loads(line).get("icao24", "")
        if address.startswith("f0"):
            lines.setdefault(address, []).append(line)
    return lines, done.stdout.decode()


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        run("demo", "--speed", "0", "--minutes", "1", "-o", folder / "out")
        data = (folder / "out/receiver.beast").read_bytes()
        (folder / "calm.beast").write_bytes(data)
        (folder / "flood.beast").write_bytes(flooded(data))
        calm, _ = replay(folder, "calm.beast")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        flood, summary = replay(folder, "flood.beast")

        first_s = min(json.loads(lines[0])["time_s"] for lines in calm.values())
        flood_s = first_s + FLOOD_AT_S

        def aircraft_there():
            known = [a for a, lines in calm.items()
                     if json.loads(lines[0])["time_s"] < flood_s - 2]
            assert len(known) > 30, len(known)
            for address in known:
                assert flood[address] == calm[address], f"{address} is reported otherwise"

        def aircraft_that_come():
            """They come late, not less."""
            assert flood.keys() == calm.keys()
            for address, lines in calm.items():
                missing = set(lines) - set(flood[address])
                late = [line for line in missing
                        if not flood_s - 1 < json.loads(line)["time_s"] < flood_s + 6]
                assert not late, f"{address} lost {late[0]}"

        def counters():
            row = next(line for line in summary.splitlines() if "receiver 1" in line)
            blocks, records, _, reports = map(int, re.findall(r"\d+", row.split("adsb")[1])[1:5])
            refused = sum(int(n) for n in re.findall(r"(\d+) [a-z_]+", row.split("Z")[-1]))
            assert blocks == records > FLOOD
            assert blocks == reports + refused, row

        def memory():
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            assert peak == before or peak < MEMORY_MIB * 1024, f"{peak} KiB"

        case("the aircraft that were there", aircraft_there)
        case("the aircraft that come", aircraft_that_come)
        case("every frame is counted", counters)
        case("memory", memory)


main()
finish()
