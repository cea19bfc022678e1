#!/usr/bin/env python3
"""Writes the seeds of the asterix, asterix_stream, encode, json, publish and score targets.

    fuzz/record_seeds.py      writes fuzz/corpus/{asterix,asterix_stream,encode,...}/
"""

import math
import pathlib
import random
import struct
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import asterix_spec  # noqa: E402

CORPUS = ROOT / "fuzz/corpus"


# ---- asterix: the number of the definition, then a record with every item of a layout

def field_spec(present):
    """Octets of seven bits and FX, up to the last one present."""
    last = max(i for i, there in enumerate(present) if there)
    octets = bytearray(last // 7 + 1)
    for i, there in enumerate(present):
        if there:
            octets[i // 7] |= 0x80 >> i % 7
    for i in range(len(octets) - 1):
        octets[i] |= 1
    return bytes(octets)


def ended(data, more):
    return data[:-1] + bytes([data[-1] & 0xFE | more])


def item_octets(item, draw):
    if item.kind == "fixed":
        return draw.randbytes(item.size())
    if item.kind == "extended":
        parts = [(sum(b.size for b in part) + fx) // 8 for part, fx in item.parts()]
        fx = [has for _, has in item.parts()]
        return b"".join(ended(draw.randbytes(n), i + 1 < len(parts)) if fx[i] else
                        draw.randbytes(n) for i, n in enumerate(parts))
    if item.kind == "repeat" and item.count_size:
        return (2).to_bytes(item.count_size, "big") + draw.randbytes(2 * item.size())
    if item.kind == "repeat":
        return b"".join(ended(draw.randbytes(item.size()), i < 1) for i in range(2))
    if item.kind == "compound":
        subs = [item_octets(sub, draw) if sub else b"" for sub in item.subs]
        return field_spec([sub is not None for sub in item.subs]) + b"".join(subs)
    return bytes([4]) + draw.randbytes(3)


def select_layout(spec, uap, octets):
    """The octets of the selecting item, telling this layout."""
    item, element, values = spec.select
    value = next(value for value, name in values.items() if name == uap)
    offset, bits = spec.items[item].element(element)
    shift = 8 * len(octets) - offset - bits.size
    number = int.from_bytes(octets, "big") & ~(((1 << bits.size) - 1) << shift)
    return (number | int(value) << shift).to_bytes(len(octets), "big")


def record(spec, uap, names, draw):
    present = [name in spec.items and spec.items[name].kind != "rfs" for name in names]
    data = field_spec(present)
    for name in (name for name, there in zip(names, present) if there):
        octets = item_octets(spec.items[name], draw)
        if spec.select and name == spec.select[0]:
            octets = select_layout(spec, uap, octets)
        data += octets
    return data


def asterix_seeds():
    specs = asterix_spec.read_all(ROOT / "spec/asterix")
    newest = {spec.category: i for i, spec in enumerate(specs)}
    for category, i in newest.items():
        draw = random.Random(category)
        for uap, names in specs[i].uaps:
            name = f"{category:03d}" + (f"-{uap}" if len(specs[i].uaps) > 1 else "")
            yield name, bytes([i]) + record(specs[i], uap, names, draw)


# ---- asterix_stream: options, then blocks

def block(category, data, more=0):
    return bytes([category]) + (3 + len(data) + more).to_bytes(2, "big") + data


def stream_seeds():
    newest = {spec.category: spec for spec in asterix_spec.read_all(ROOT / "spec/asterix")}
    draw = random.Random(7)

    def drawn(category, count=1, more=0):
        uap, names = newest[category].uaps[0]
        return block(category, b"".join(record(newest[category], uap, names, draw)
                                        for _ in range(count)), more)

    marker = block(34, bytes([0xE0, 1, 1, 1, 7, 8, 0]) * 2)
    announced = block(247, bytes([0x90, 1, 1, 1, 21, 2, 1]))
    yield "blocks", b"\0" + drawn(34) + drawn(48, 2) + drawn(62) + drawn(1)
    yield "announced", b"\1" + announced + drawn(21) + marker
    yield "chosen", b"\2" + marker + drawn(48)
    yield "garbage", b"\0" + marker + b"\xff\0\1\2" + drawn(65) + block(200, b"\0\0") + marker
    yield "too-long", b"\0" + drawn(34, 1, 5) + marker + drawn(2, 1, -2) + marker
    yield "cut", b"\0" + marker + drawn(48)[:-9]


# ---- encode: the number of the definition, then JSON

def encode_seeds():
    specs = asterix_spec.read_all(ROOT / "spec/asterix")
    newest = {spec.category: i for i, spec in enumerate(specs)}
    plot = ('{"010": {"SAC": 25, "SIC": 201}, "140": 28802.0, "020": {"TYP": 5, "SIM": 0, "RDP": 1,'
            ' "SPI": 0, "RAB": 0, "TST": 0, "ERR": 0, "XPP": 0, "ME": 0, "MI": 0, "FOEFRI": 0},'
            ' "040": {"RHO": 65.18359375, "THETA": 359.99}, "070": {"V": 0, "G": 0, "L": 0,'
            ' "MODE3A": "7000"}, "120": {"CAL": {"D": 0, "CAL": -1.5e1}}, "240": "DLH4AB? ",'
            ' "250": [{"MBDATA": 72057594037927935, "BDS1": 4, "BDS2": 0}], "030": [1, 2],'
            ' "RE": {"raw": "00ff"}}')
    for name, category, json in (
            ("plot", 48, plot), ("expanded", 48, '{"RE": {"MD5": {"SUM": {"M5": 1}}}}'),
            ("track", 1, '{"161": 7, "020": {"TYP": 1, "SIM": 0, "SSRPSR": 2, "ANT": 0, "SPI": 0,'
             ' "RAB": 0}, "RFS": {"raw": "0101190a"}}'),
            ("step", 21, '{"150": {"IM": 1, "AS": 0.8}}'),
            ("text", 205, '{"090": "A\\u00e9\\ud83d\\ude00"}'),
            ("plan", 62, '{"390": {"CS": "DLH4AB", "TOD": [], "CFL": 330.25}}'),
            ("video", 240, '{"051": ["' + "0f" * 64 + '"], "041": {"STARTAZ": 0.0}}'),
            ("broken", 48, '{"010": {"SAC": 01,, "SIC" 1}]')):
        yield name, bytes([newest[category]]) + json.encode()


# ---- json: decimals, a number, a string

def json_seeds():
    numbers = [0.0, 0.1, -1e-5, 1e16, 123456.789, 5e-324, math.pi, math.inf]
    texts = [b"", b"KLM1023", b"a\"b\\c\n", "\u00e9\u20ac\U0001f6eb".encode(), b"\xff\xc0\x80",
             bytes(range(1, 32)), b"\xed\xa0\x80", b"x" * 200]
    for i, (number, text) in enumerate(zip(numbers, texts)):
        yield f"{i:02d}", bytes([i]) + struct.pack(">d", number) + text


# ---- publish: an event and a track

START_NS = 1709251200 * 10**9
UNKNOWN = b"\xff" * 8


def time(seconds):
    return struct.pack(">Q", (START_NS + int(seconds * 1e9)) << 2)


def track(state, has, present, flags, numbers, times, source_count=2, reason_count=3):
    data = struct.pack(">BBIIIBBH", state, has, present, flags, 0x3C6DD2, 0, 0xA3, 0o1234)
    data += b"DLH4AB\0\0" + b"".join(struct.pack(">d", number) for number in numbers)
    data += b"".join(times) + bytes([source_count]) + struct.pack(">H", reason_count)
    data += b"".join(bytes([i % 2]) + time(i) for i in range(12))
    return data + b"".join(time(i) + bytes([i, i % 2]) for i in range(16))


def publish_seeds():
    flying = [0.89, 0.08, 9000, 180, -90, 5, 0.01, 0.2, 9100, 9150, 1.1, 230, 150, 0.78, 0.1, 10000,
              0.99, 400, 50, 300, 4, 0.5, 3, 900, 1]
    every, known = 0x1FFFFF, [time(10)] * 12
    cases = {
        "whole": track(1, 15, every, 0, flying, known),
        "bare": track(0, 0, 0, 0, [0.89, 0.08] + [0] * 23, [UNKNOWN] * 3 + [time(9)] +
                      [UNKNOWN] * 8, 0, 0),
        "flags": track(2, 7, every, 0x3FFF, flying, known, 19, 40),
        "extreme": track(1, 15, every, 0, [1.57, -3.15] + [1e9] * 23, known),
        "not-numbers": track(1, 15, every, 0, [math.nan, -math.inf] * 12 + [math.inf], known),
        "ages": track(3, 15, every, 0, flying, [time(-i * i * 50) for i in range(12)]),
    }
    for i, (name, data) in enumerate(cases.items()):
        yield name, bytes([i % 5]) + time(11) + bytes([i % 3]) + data


# ---- score: instants of truths and tracks

def point(north, east, speed, number, kind):
    return struct.pack(">hhhBB", north, east, speed, number, kind)


def score_seeds():
    def instant(points):
        return bytes([len(points)]) + b"".join(points)
    truths = [point(1000 * i, -800 * i, 20000, i, 8) for i in range(5)]
    tracks = [point(1000 * i + 3, -800 * i - 2, 19900, i, 0x31) for i in range(5)]
    yield "paired", b"".join(instant(truths + tracks) for _ in range(4))
    yield "swapped", instant(truths + tracks) + instant(
        truths + [point(1000 * i, -800 * i, 0, 4 - i, 0x31) for i in range(5)])
    yield "missed", instant(truths) + instant(tracks) + instant(truths[:2] + tracks[1:])
    yield "not-numbers", instant([point(32760 + i, 32767 - i, 32761, i, 8 * (i % 2) + 1)
                                  for i in range(8)])


def main():
    for target, seeds in (("asterix", asterix_seeds), ("asterix_stream", stream_seeds),
                          ("encode", encode_seeds), ("json", json_seeds),
                          ("publish", publish_seeds), ("score", score_seeds)):
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
