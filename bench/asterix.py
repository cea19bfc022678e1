#!/usr/bin/env python3
"""ASTERIX throughput: the codec in memory, then the program beside tshark on the same bytes.

The workload is the recordings' blocks, weighted by category, shuffled (seeded) and repeated; it is
made in a temporary folder. CPU time (user + system) of one core; MB are of input."""
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
DATA = pathlib.Path(os.environ.get("AIRPICTURE_DATA", ROOT.parent / "shared/data")) / "asterix"
UNIT_SIZE = 775_000
REPEATS = 135
SMALL_REPEATS = 20
SHARES = {48: 26.3, 20: 26.4, 62: 21.8, 1: 8.6, 10: 7.3, 21: 6.1, 65: 1.2, 34: 1.0, 19: 0.7,
          63: 0.3, 2: 0.1, 8: 0.1}


def blocks_of(path, folder):
    """Data blocks of a recording, out of whatever container."""
    raw = pathlib.Path(folder) / "raw.ast"
    options = ["--edition", "021=2.1"] if "021ed2.1" in path.name else []
    subprocess.run([BUILD / "airpicture", "decode", *options, "--filter", raw, path],
                   stderr=subprocess.DEVNULL)
    data = raw.read_bytes() if raw.exists() else b""
    at = 0
    while at + 3 <= len(data):
        size = struct.unpack(">H", data[at + 1:at + 3])[0]
        yield data[at:at + size]
        at += size
    raw.unlink(missing_ok=True)


def unit(folder):
    by_category = {}
    for path in sorted(DATA.iterdir()):
        if path.is_file() and path.suffix in (".ast", ".bin", ".gps", ".pcap", ".raw"):
            for block in blocks_of(path, folder):
                by_category.setdefault(block[0], []).append(block)
    random_ = random.Random(1)
    chosen = []
    for category, share in SHARES.items():
        pool, size = by_category[category], 0
        while size < UNIT_SIZE * share / 100:
            chosen.append(random_.choice(pool))
            size += len(chosen[-1])
    random_.shuffle(chosen)
    return chosen


def capture(blocks):
    """A pcap with datagrams of up to 1,400 octets."""
    packets = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    payload = b""
    for block in [*blocks, None]:
        if payload and (block is None or len(payload) + len(block) > 1400):
            udp = struct.pack(">HHHH", 8600, 8600, len(payload) + 8, 0) + payload
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0,
                             b"\xc0\0\2\1", b"\xc0\0\2\2") + udp
            packet = b"\2" * 12 + b"\x08\0" + ip
            packets.append(struct.pack("<IIII", 1000, 0, len(packet), len(packet)) + packet)
            payload = b""
        payload += block or b""
    return b"".join(packets)


def cpu_s(command):
    def spent():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime
    before = spent()
    subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    return spent() - before


def compare(folder, blocks):
    path = pathlib.Path(folder) / "mixed.pcap"
    path.write_bytes(capture(blocks * SMALL_REPEATS))
    size = sum(map(len, blocks)) * SMALL_REPEATS
    print(f"\nprograms, the same capture of {size / 1e6:.1f} MB:")
    ours = [BUILD / "airpicture", "decode"]
    ways = [("airpicture", "JSON lines", [*ours, path]),
            ("airpicture", "text", [*ours, "--to", "text", path]),
            ("airpicture", "CSV, positions", [*ours, "--to", "csv", "--items",
             "I048/040,I048/140,I048/220,I020/041,I062/105,I001/040,I010/041", path]),
            ("airpicture", "summary", [*ours, "--to", "summary", path])]
    tshark = shutil.which("tshark")
    if tshark:
        ways += [("tshark", "JSON", [tshark, "-r", path, "-T", "json", "-J", "asterix"]),
                 ("tshark", "text", [tshark, "-r", path, "-V", "-O", "asterix"]),
                 ("tshark", "dissect only", [tshark, "-r", path, "-Y", "asterix.category==255"])]
    for tool, way, command in ways:
        spent = sorted(cpu_s(command) for _ in range(3 if tool == "airpicture" else 1))
        print(f"  {tool:11} {way:15} {size / spent[len(spent) // 2] / 1e6:8.2f} MB/s")


def main():
    if not DATA.is_dir():
        sys.exit(f"no recordings at {DATA} (set AIRPICTURE_DATA)")
    with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as folder:
        blocks = unit(folder)
        files = [pathlib.Path(folder) / "mixed"]
        files[0].write_bytes(b"".join(blocks) * REPEATS)
        for category in (48, 62):
            path = pathlib.Path(folder) / f"CAT{category:03d} alone"
            path.write_bytes(b"".join(b for b in blocks if b[0] == category) * 100)
            files.append(path)
        subprocess.run([BUILD / "bench.asterix", *files], check=True)
        files[0].unlink()
        compare(folder, blocks)


main()
