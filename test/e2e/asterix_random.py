"""Random ASTERIX records, drawn from the definitions in spec/asterix: octets, and every value that
they hold by its path."""
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import asterix_spec

LETTERS = [*range(1, 27), 32, *range(48, 58)]  # of the six-bit alphabet


class Drawn:
    """Bits as they are laid out, and what they mean: values = [(path, Bits, raw, group)], group the
    path of the inner group that the value is in, or None."""

    def __init__(self, random):
        self.random, self.number, self.size, self.values = random, 0, 0, []

    def put(self, value, size):
        self.number = self.number << size | value
        self.size += size

    def octets(self):
        assert self.size % 8 == 0
        return self.number.to_bytes(self.size // 8, "big")

    def raw(self, bits):
        if bits.content == "icao":
            codes = [self.random.choice(LETTERS) for _ in range(8)]
            return sum(code << 42 - 6 * k for k, code in enumerate(codes))
        if bits.content == "ascii":
            return int.from_bytes(bytes(self.random.choice(b"ABCXYZ019")
                                        for _ in range(bits.size // 8)), "big")
        return self.random.getrandbits(bits.size)

    def members(self, path, members, fixed=(), group=None):
        for bits in members:
            if bits.op == "spare":
                self.put(0, bits.size)
            elif bits.op == "group":
                inner = (*path, bits.name)
                self.members(inner, bits.members, fixed, inner)
            elif bits.op == "element":
                value = dict(fixed).get(bits.name, None)
                raw = self.raw(bits) if value is None else value
                here = (*path, bits.name) if bits.name else path
                self.values.append((here, bits, raw, group))
                self.put(raw, bits.size)

    def item(self, item, path, fixed=()):
        if item.kind == "explicit":
            content = bytes([0x00])
            self.put(int.from_bytes(bytes([len(content) + 1]) + content, "big"), 16)
        elif item.kind == "extended":
            parts = item.parts()
            count = self.random.randint(1, len(parts))
            for number, (part, fx) in enumerate(parts[:count], 1):
                self.members(path, part, fixed)
                if fx:
                    self.put(number < count, 1)
        elif item.kind == "repeat":
            count = self.random.randint(1, 3)
            if item.count_size:
                self.put(count, 8 * item.count_size)
            for number in range(1, count + 1):
                self.members(path, item.bits)
                if not item.count_size:
                    self.put(number < count, 1)
        elif item.kind == "compound":
            present = [k for k, sub in enumerate(item.subs) if sub and self.random.random() < 0.4]
            present = present or [next(k for k, sub in enumerate(item.subs) if sub)]
            self.fspec(present)
            for k in present:
                self.item(item.subs[k], (*path, item.subs[k].name))
        else:
            self.members(path, item.bits, fixed)

    def fspec(self, places):
        octets = max(places) // 7 + 1
        for k in range(7 * octets):
            self.put(k in places, 1)
            if k % 7 == 6:
                self.put(k // 7 + 1 < octets, 1)


def record(random, spec, wanted, layout=0):
    """A record of these items in the given layout: (octets, values)."""
    names = spec.uaps[layout][1]
    fixed = {}
    if spec.select:
        item, element, cases = spec.select
        wanted = {*wanted, item}
        value = next(v for v, name in cases.items() if name == spec.uaps[layout][0])
        fixed[item] = ((element, value),)
    drawn = Drawn(random)
    places = sorted(names.index(name) for name in wanted)
    drawn.fspec(places)
    for place in places:
        name = names[place]
        drawn.item(spec.items[name], (name,), fixed.get(name, ()))
    return drawn.octets(), drawn.values


def records(random, spec, left_out=(), layouts_left_out=()):
    """Every item of every layout alone with the source, then a few of many items."""
    source = [] if spec.source == "-" else [spec.source]
    for layout, (_, names) in enumerate(spec.uaps):
        if layout in layouts_left_out:
            continue
        plain = [n for n in names if n in spec.items and spec.items[n].kind != "explicit" and
                 n not in left_out]
        for name in plain:
            for _ in range(2):
                yield record(random, spec, {name, *source}, layout)
        for _ in range(2):
            some = {n for n in plain if random.random() < 0.5} | set(source) | {plain[0]}
            yield record(random, spec, some, layout)


def block(category, octets):
    return struct.pack(">BH", category, len(octets) + 3) + octets


def capture(datagrams):
    """A pcap with one UDP datagram to port 8600 for each."""
    packets = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for payload in datagrams:
        udp = struct.pack(">HHHH", 8600, 8600, len(payload) + 8, 0) + payload
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0,
                         b"\xc0\0\2\1", b"\xc0\0\2\2") + udp
        packet = b"\2" * 12 + b"\x08\0" + ip
        packets.append(struct.pack("<IIII", 1000, 0, len(packet), len(packet)) + packet)
    return b"".join(packets)


def specs():
    """{(category, edition): Spec} of all definitions."""
    return {(s.category, s.edition): s for s in asterix_spec.read_all(ROOT / "spec/asterix")}
