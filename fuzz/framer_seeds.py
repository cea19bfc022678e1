#!/usr/bin/env python3
"""Writes the seeds of the framer and input targets: small inputs of every container.

    fuzz/framer_seeds.py      writes fuzz/corpus/framer_*/ and fuzz/corpus/input/
"""

import gzip
import pathlib
import struct
import subprocess

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
LONG = bytes.fromhex("8d4840d6202cc371c32ce0576098")
SHORT = bytes.fromhex("5d4d20237a551a")


def block(category=34, records=2):
    body = b"".join(bytes([0xF0, 20, 1, 2, 0x12, 0x34, 0x56, i & 0xFF])
                    for i in range(records))
    return struct.pack(">BH", category, 3 + len(body)) + body


def trailed(data, tod=1000):
    return data + b"\xCD" * 6 + tod.to_bytes(3, "big") + b"\xCD"


def oradis(data, ms=45826101):
    return struct.pack(">HI", 6 + len(data), ms) + data


def final(data, time=100):
    return struct.pack(">HBBB", 12 + len(data), 1, 2, 3) + time.to_bytes(3, "big") + data + \
        b"\xA5" * 4


def udp(payload):
    return struct.pack(">HHHH", 8600, 8600, 8 + len(payload), 0) + payload


def ipv4(payload, fragment=0, protocol=17):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, fragment, 64, protocol, 0,
                       0x0A000001, 0xE0000001) + payload


def ipv6(payload, following=17):
    return struct.pack(">IHBB", 6 << 28, len(payload), following, 64) + bytes(32) + payload


def ethernet(payload, kind=0x0800, tags=b""):
    return bytes(12) + tags + struct.pack(">H", kind) + payload


def pcap(packets, link=1, order="<", magic=0xA1B2C3D4):
    data = struct.pack(order + "IHHQII", magic, 2, 4, 0, 65535, link)
    for i, packet in enumerate(packets):
        data += struct.pack(order + "IIII", 1717664319 + i, i, len(packet), len(packet)) + packet
    return data


def pcapng_block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def pcapng(packets, order="<"):
    data = pcapng_block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    options = struct.pack(order + "HHB3xHHqHH", 9, 1, 9, 14, 8, 5, 0, 0)
    data += pcapng_block(1, struct.pack(order + "HHI", 1, 0, 0) + options, order)
    for packet in packets:
        size = len(packet)
        data += pcapng_block(6, struct.pack(order + "IIIII", 0, 1, 2, size, size) + packet, order)
        data += pcapng_block(2, struct.pack(order + "HHIIII", 0, 0, 1, 2, size, size) + packet,
                             order)
        data += pcapng_block(3, struct.pack(order + "I", size) + packet, order)
    return data


def beast(kind, payload, ticks=0x1A2B, signal=26):
    body = ticks.to_bytes(6, "big") + bytes([signal]) + payload
    return b"\x1A" + kind + body.replace(b"\x1A", b"\x1A\x1A")


def packets():
    plain = udp(block())
    yield ethernet(ipv4(plain))
    yield ethernet(ipv4(udp(oradis(block()) + oradis(block(48, 1)))))
    yield ethernet(ipv6(plain), 0x86DD)
    yield ethernet(ipv6(bytes([17, 0]) + bytes(6) + plain, 0), 0x86DD)
    yield ethernet(ipv4(plain), tags=bytes.fromhex("810000058100 0006"))
    yield ethernet(ipv4(plain, fragment=0x2000))
    yield ethernet(b"\x42\x42\x03", 40)


def long_run():
    """Long blocks, damage in one, and bytes in which every offset begins a long block."""
    damaged = bytearray(block(34, 2000))
    damaged[9000] ^= 0xFF
    costly = bytes.fromhex("3e8001") * 2000 + bytes.fromhex("15200280") * 1500 + b" " * 4000
    return block(34, 1500) + damaged + block(2, 20) + costly + block() * 8


def seeds():
    run = b"".join([block(), block(2, 1), block(200, 3), block(34, 1)])
    yield "asterix", "run", run
    yield "asterix", "damage", block() + b"\xDE\xAD" + block(2, 1) + block()[:-3] + run
    yield "asterix", "long", long_run()
    yield "oradis", "long", oradis(block(34, 4000)) + b"x" + oradis(block()) * 400
    yield "pcap", "long", pcap([ipv4(udp(block(34, 1 + 40 * i))) for i in range(12)], link=101)
    yield "final", "run", final(block()) + final(run) + b"x" + final(block())
    yield "gps", "run", b"\xCD" * 2200 + trailed(block()) + trailed(block(2, 1)) + trailed(block())
    yield "oradis", "run", oradis(block()) + oradis(run) + b"x" + oradis(block())
    for order in "<", ">":
        name = "little" if order == "<" else "big"
        yield "pcap", name, pcap(packets(), order=order)
        yield "pcap", f"nano-{name}", pcap(packets(), order=order, magic=0xA1B23C4D)
        yield "pcap", f"ng-{name}", pcapng(packets(), order)
    plain = ipv4(udp(block()))
    yield "pcap", "raw", pcap([plain, ipv6(udp(block()))], link=101)
    yield "pcap", "null", pcap([b"\2\0\0\0" + plain], link=0)
    yield "pcap", "cooked", pcap([bytes(14) + b"\x08\x00" + plain], link=113)
    yield "pcap", "cooked2", pcap([b"\x08\x00" + bytes(18) + plain], link=276)
    yield "beast", "run", b"".join([
        beast(b"3", LONG), beast(b"2", SHORT), beast(b"1", b"\x12\x34"), beast(b"4", LONG),
        b"\x1A\xE3" + bytes(8), b"\x1A\xE4" + b"00112233-4455", b"\x1A\xE8\x1A" + bytes(7),
        b"noise", beast(b"3", LONG)[:-3], beast(b"3", LONG, ticks=0xFF004D4C4154)])
    text = f"*{LONG.hex()};\r\n@0123456789ab{SHORT.hex()};\n<0123456789ab7f{LONG.hex().upper()};\n"
    yield "avr", "run", (text + "*7700;\njunk*00;\n").encode()


def json_lines():
    yield f'{{"timestamp":1717664319.147975,"frame":"{LONG.hex()}","df":"17"}}\r\n'
    yield f'{{"frame": "{SHORT.hex().upper()}", "time_s": 1.5, "synthetic": true}}\n\n'
    yield f'{{"metadata":[{{"rssi":-6.02,"serial":7}}],"rawmsg":"{SHORT.hex()}"}}\n'
    yield '{"frame":"7700"}\n{"a":[1,{"]":"\\""}]}\nx\n'
    yield f'{{"hex":"{LONG.hex()}","mintime":1717664319}}'


SBS = ["MSG,3,1,1,4CA216,1,2024/06/06,08:58:39.147,2024/06/06,08:58:40,,1125,,,43.6,1.3,,,0,-1,0,0",
       "MSG,4,1,1,4CA216,1,2024/06/06,08:58:39.147,,,,,140,143.1,,,-128,,,,,0",
       "MLAT,3,1,1,4CA216,1,,,,,EIN5GV  ,,,,1,2,,7700,,,,-1"]
AIRCRAFT = ['{"hex":"a2fcf2","type":"adsb_icao","flight":"ASA541  ","r":"N292AK","t":"B739",'
            '"alt_baro":5400,"alt_geom":5650,"gs":250.2,"track":0.69,"baro_rate":-960,'
            '"squawk":"3766","emergency":"none","category":"A3","nav_qnh":1026.4,"lat":47.1,'
            '"lon":-122.3,"nic":8,"rc":186,"seen_pos":0.5,"nac_p":10,"sil":3,"alert":0,"spi":1,'
            '"mlat":[],"tisb":["lat","gs"],"messages":5,"seen":0.25,"rssi":-5.1}',
            '{"hex":"~2a0001","altitude":"ground","speed":12,"type":"tisb_trackfile"}']
TRAFFIC = bytes.fromhex("1400ab45491fef15a889780f09a907b00120014e3832355620202000")


def gdl90(message):
    crc = 0
    for octet in message:
        entry = crc >> 8 << 8
        for _ in range(8):
            entry = entry << 1 ^ (0x1021 if entry & 0x8000 else 0)
        crc = (entry ^ crc << 8 ^ octet) & 0xFFFF
    message += crc.to_bytes(2, "little")
    return b"\x7E" + b"".join(bytes([0x7D, octet ^ 0x20]) if octet in (0x7D, 0x7E) else
                              bytes([octet]) for octet in message) + b"\x7E"


def targets():
    yield "sbs", ("\r\n".join(SBS) + "\nSTA,,5\nMSG,x\n" + SBS[0]).encode()
    document = '{"now":%s,"messages":1,"aircraft":[\n' + ",\n".join(AIRCRAFT) + "]}\n"
    yield "aircraft", (document % 1717664400.5 + document % 1717664401500 + "x[{7").encode()
    yield "gdl90", gdl90(bytes.fromhex("00814 1dbd00802".replace(" ", ""))) + gdl90(TRAFFIC) + \
        gdl90(b"\x0A" + TRAFFIC[1:])[:-1] + gdl90(b"\x0B\0\x7E\x7F\xFF") + b"\x7Enoise"


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    write("framer_jsonl", "run", "".join(json_lines()).encode())
    write("framer_auto", "jsonl-run", "".join(json_lines()).encode())
    for container, data in targets():
        write(f"framer_{container}", "run", data)
        write("framer_auto", f"{container}-run", data)
    for i, text in enumerate(AIRCRAFT):
        write("feed", f"aircraft-{i}", b"\0" + text.encode())
    for i, text in enumerate(SBS):
        write("feed", f"sbs-{i}", b"\1" + text.encode())
    write("feed", "gdl90-traffic", b"\2" + TRAFFIC)
    write("feed", "gdl90-height", b"\2\x0B\0\x7E\x7F\xFF")
    for container, name, data in seeds():
        write(f"framer_{container}", name, data)
        write("framer_auto", f"{container}-{name}", data)
    text = block() * 20
    packed = gzip.compress(text, mtime=0)
    write("input", "plain", text)
    write("input", "gzip", packed)
    write("input", "gzip-two", packed + packed + bytes(20))
    frame = subprocess.run(["zstd", "-q", "-c"], input=text, stdout=subprocess.PIPE,
                           check=True).stdout
    write("input", "zstd", frame)
    write("input", "zstd-two", frame + b"\x50\x2A\x4D\x18\x02\0\0\0hi" + frame)


if __name__ == "__main__":
    main()
