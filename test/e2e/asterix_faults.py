#!/usr/bin/env python3
"""One fault in 60 data blocks of 200 records: what it costs, and what is told about it.

The row of each fault stands beside what other decoders delivered from the same kind of file
(CroatiaControl 2.8.11, jASTERIX, tshark 4.0.17; measured once, with real blocks).

Then recordings whose every block stands between octets of a recorder that nobody knows."""
import collections
import json
import pathlib
import random
import struct

from common import case, finish, need_data, run, workdir

BLOCKS, RECORDS = 60, 200
PEERS = {
    "block cut by 3 bytes": ("199, 12 error lines", "200, no error", "200, not flagged"),
    "length 5 too large": ("71", "72", "189, not flagged"),
    "5 garbage bytes": ("64", "64, no error", "64, not flagged"),
    "length 0": ("200, 1 error", "0", "80, malformed"),
    "unknown category": ("200, 2 errors", "200", "200"),
    "file cut": ("197", "200, no error", "200, malformed"),
    "SP of length 0": ("200, 4 errors", "202", "202"),
}


def plot(random_, special=None):
    """A CAT048 record: 010 140 020 040 070 090 220 161 200 170 230 and, if wanted, SP."""
    fspec = bytes([0xFD, 0x97, 0x02]) if special is None else bytes([0xFD, 0x97, 0x03, 0x04])

    def number(below, size):
        return random_.randrange(below).to_bytes(size, "big")

    body = (b"\x19\xc9" + (5529600 + random_.randrange(12800)).to_bytes(3, "big") + b"\xa0" +
            number(50000, 2) + number(65536, 2) + number(4096, 2) + number(1600, 2) +
            number(1 << 24, 3) + number(4096, 2) + number(2000, 2) + number(65536, 2) +
            b"\x40" + b"\x20\xfd")
    return fspec + body + (special or b"")


def block(category, records):
    body = b"".join(records)
    return struct.pack(">BH", category, len(body) + 3) + body


def marker(random_):
    return bytes([0xE0, 25, 201, 1]) + struct.pack(">I", random_.randrange(5529600, 5542400))[1:]


def base():
    """40 blocks of 4 plots and 20 of 2 markers, mixed."""
    random_ = random.Random(20)
    return [block(34, [marker(random_) for _ in range(2)]) if k % 3 == 2
            else block(48, [plot(random_) for _ in range(4)]) for k in range(BLOCKS)]


def lengthened(data, by):
    return struct.pack(">BH", data[0], len(data) + by) + data[3:]


def faults():
    """{name: (bytes, least records, reasons that may be told)}"""
    blocks = base()
    head, tail = b"".join(blocks[:21]), b"".join(blocks[22:])
    victim, count = blocks[21], 4  # plots
    random_ = random.Random(7)
    special = block(48, [plot(random_, b"\x00")])
    return {
        "none": (head + victim + tail, RECORDS, set()),
        "block cut by 3 bytes": (head + lengthened(victim, -3)[:-3] + tail, RECORDS - 1,
                                 {"record_overrun"}),
        "length 5 too large": (head + lengthened(victim, 5) + tail, RECORDS - count,
                               {"block_length", "garbage_bytes", "record_overrun", "fspec"}),
        "5 garbage bytes": (head + victim + b"\xa5\x5a\xff\x00\x07" + tail, RECORDS,
                            {"garbage_bytes", "block_length", "category", "truncated"}),
        "length 0": (head + victim + b"\x30\x00\x00" + tail, RECORDS,
                     {"garbage_bytes", "block_length"}),
        "unknown category": (head + victim + b"\xc8\x00\x06abc" + tail, RECORDS, {"category"}),
        "file cut": ((head + victim + tail)[:-3], RECORDS - 2, {"record_overrun", "truncated"}),
        "SP of length 0": (head + victim + special + tail, RECORDS, {"item"}),
    }


def datagram(payload):
    """A pcap of one UDP datagram."""
    udp = struct.pack(">HHHH", 8600, 8600, len(payload) + 8, 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0, b"\xc0\0\2\1",
                     b"\xc0\0\2\2") + udp
    packet = b"\2" * 12 + b"\x08\0" + ip
    return (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) +
            struct.pack("<IIII", 1000, 0, len(packet), len(packet)) + packet)


def decoded(folder, name, data):
    path, errors = pathlib.Path(folder) / name, pathlib.Path(folder) / "errors.jsonl"
    path.write_bytes(data)
    out = run("decode", "--errors", errors, path, status=None).stdout.splitlines()
    told = [json.loads(line) for line in errors.read_text().splitlines()]
    return [json.loads(line)["hex"] for line in out], told


def one(name, data, least, reasons, sound):
    with workdir() as folder:
        for form, content in (("file.ast", data), ("one.pcap", datagram(data))):
            found, told = decoded(folder, form, content)
            strange = [record for record in found if record not in sound]
            row = " | ".join((f"ours {len(found)}, {len(told)} told",) + PEERS.get(name, ()))
            print(f"   {name:22} {form:9} {row}", flush=True)
            assert not strange, f"{form}: {len(strange)} records that nobody sent"
            assert len(found) >= least, f"{form}: {len(found)} of {least} records"
            assert {line["reason"] for line in told} <= reasons, (form, told)
            assert len(told) == bool(reasons), (form, told)


def dressed(blocks, dress):
    return b"".join(dress(k, block_) for k, block_ in enumerate(blocks))


def recorded_blocks(folder, file):
    """The blocks of a recording, without their container."""
    path = pathlib.Path(folder) / "bare.ast"
    run("decode", "--filter", path, need_data("asterix", file))
    data, at, blocks = path.read_bytes(), 0, []
    while at < len(data):
        size = int.from_bytes(data[at + 1:at + 3], "big")
        blocks.append(data[at:at + size])
        at += size
    return blocks


def foreign(file, dress, least_share):
    """Of the records that are there so many come out, and next to none that nobody sent."""
    with workdir() as folder:
        blocks = recorded_blocks(folder, file)
        found = {}
        for name, data in (("bare", b"".join(blocks)), ("dressed", dressed(blocks, dress))):
            path = pathlib.Path(folder) / f"{name}.ast"
            path.write_bytes(data)
            out = run("decode", "--format", "asterix", path, status=None).stdout.splitlines()
            found[name] = collections.Counter(json.loads(line)["hex"] for line in out)
    sound, count = found["bare"], sum(found["bare"].values())
    kept = sum((found["dressed"] & sound).values())
    strange = sum((found["dressed"] - sound).values())
    print(f"   {kept} of {count} records, {strange} that nobody sent", flush=True)
    assert kept >= least_share * count, f"{kept} of {count} records"
    assert strange < 0.001 * count, f"{strange} records that nobody sent"


def foreign_forms():
    """{name: (recording, dress, least share)}"""
    random_ = random.Random(1)

    def any_octets(longest):
        return lambda k, block_: block_ + random_.randbytes(random_.randint(0, longest))

    return {
        "8 octets before each block": (
            "rn_068test_rrd3.gps",
            lambda k, block_: struct.pack("<II", 500000 + 37 * k, len(block_)) + block_, 1),
        "A5A5A5A5 behind each block": (
            "rn_sdpb-op-cat20.first.ast", lambda k, block_: block_ + b"\xa5" * 4, 1),
        "7E, block, 12347E": (
            "rn_068test_bds30.first.gps",
            lambda k, block_: b"\x7e" + block_ + b"\x12\x34\x7e", 1),
        "up to 300 random octets between": (
            "rn_068test_bds30.first.gps", any_octets(300), 0.99),
        "up to 2,000 random octets between": (
            "rn_sdpb-op-cat20.first.ast", any_octets(2000), 0.99),
    }


def main():
    all_faults = faults()
    with workdir() as folder:
        sound, _ = decoded(folder, "base.ast", all_faults["none"][0])
    assert len(sound) == RECORDS, len(sound)
    for name, (data, least, reasons) in all_faults.items():
        case(name, one, name, data, least, reasons, set(sound))
    for name, (file, dress, least_share) in foreign_forms().items():
        case(name, foreign, file, dress, least_share)


main()
finish()
