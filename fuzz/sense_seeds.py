#!/usr/bin/env python3
"""Writes the seeds of the sense and sensors file targets: one of each path.

    fuzz/sense_seeds.py      writes fuzz/corpus/sense/ and fuzz/corpus/sensors_file/
"""

import pathlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
NOON = (43200 * 128).to_bytes(3, "big")
SOURCE = bytes([1, 1])

# Categories with FSPEC and items: the shortest records that become reports or are counted.
RECORDS = {
    "cat001": (1, b"\xE0" + SOURCE + b"\x20" + b"\x10\x00\x40\x00"),
    "cat002": (2, b"\xF0" + SOURCE + b"\x02" + b"\x40" + NOON),
    "cat010": (10, b"\xF1\x40" + SOURCE + b"\x01" + b"\x60" + NOON + b"\x05\x00\x20\x00"),
    "cat020": (20, b"\xF0" + SOURCE + b"\x40" + NOON + b"\x00\x8E\x38\xE4\x00\x16\xC1\x6C"),
    "cat034": (34, b"\xF0" + SOURCE + b"\x01" + NOON + b"\x00"),
    "cat048": (48, b"\xF0" + SOURCE + NOON + b"\xA0" + b"\x10\x00\x40\x00"),
    "cat062": (62, b"\x98" + SOURCE + NOON + b"\x00\x8E\x38\xE4\x00\x16\xC1\x6C"),
}

# Fields of 56 bits: positions, surface, velocity, identification, status.
SQUITTERS = ["58c382d690c8ac", "58c386435cc412", "399e40586b4ee4", "990834888f0040",
             "231493b51d6820", "f8000000004a30", "ea0dc878013c00"]

SENSORS = {
    "radar": "sensors:\n  - name: A\n    kind: mode_s\n    sac: 1\n    sic: 2\n"
             "    latitude_deg: 50\n    longitude_deg: 8\n    height_m: 100\n    turn_s: 4\n",
    "receiver": "sensors:\n  - {name: B, kind: adsb, input: 1, latency_s: 0.1}\n",
    "errors": "sensors:\n  - {name: C, kind: tower, sac: 300, range_max_km: 5}\n  - x\n",
}


def piece(kind, data, step=17):
    return bytes([kind, len(data), step]) + data


def block(category, record):
    return bytes([category]) + (3 + len(record)).to_bytes(2, "big") + record


def frame(first, field):
    return bytes([first, 0, 0, 1]) + bytes.fromhex(field) + bytes(3)


def main():
    seeds = {name: piece(0, block(*record)) * 2 for name, record in RECORDS.items()}
    seeds["modes"] = b"".join(piece(3, frame(0x8D, field)) for field in SQUITTERS)
    seeds["replies"] = piece(3, frame(0x8D, SQUITTERS[0])) + b"".join(
        piece(3, frame(first, "81951536E024D4")) for first in (0x20, 0x28, 0x58, 0xA0, 0xA8))
    seeds["tisb"] = b"".join(piece(7, frame(0x90 | control, SQUITTERS[3])) for control in range(8))
    # Bits 3 to 5 of a piece's kind name a receiver: three hear what two inputs merge.
    seeds["witnesses"] = b"".join(piece(kind | 64 * (kind > 8), frame(0x8D, field), 16)
                                  for field in SQUITTERS for kind in (3, 11, 19, 27, 7))
    for folder, of in (("sense", seeds), ("sensors_file", SENSORS)):
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for name, content in of.items():
            data = content if isinstance(content, bytes) else content.encode()
            (CORPUS / folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
