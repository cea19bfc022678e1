"""Random ASTERIX records, drawn from the definitions in spec/asterix: every value that they hold by
its path, the record as `decode` writes it, and the octets that this test makes of it by itself."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import asterix_spec

LETTERS = [*range(1, 27), 32, *range(48, 58)]  # of the six-bit alphabet


def in_json(bits, raw, siblings):
    """A value as `decode` writes it, in the unit of the definition."""
    if bits.content == "by":
        case = dict(bits.cases).get(siblings.get(bits.selector))
        return in_json(case, raw, {}) if case and case.content == "quantity" else raw
    if bits.content == "icao":
        codes = [raw >> 42 - 6 * k & 63 for k in range(8)]
        return "".join(chr(c + 64) if c <= 26 else chr(c) for c in codes)
    if bits.content == "ascii":
        return raw.to_bytes(bits.size // 8, "big").decode()
    if bits.content == "octal":
        return f"{raw:0{bits.size // 3}o}"
    if bits.size > 64:
        return raw.to_bytes(bits.size // 8, "big").hex()
    number = raw - (1 << bits.size) if bits.signed and raw >> bits.size - 1 else raw
    return float(number * bits.lsb) if bits.content == "quantity" else number


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
        """Draws them; returns their JSON, of an item of one value that alone."""
        plain, json = {}, {}
        for bits in members:
            if bits.op == "spare":
                self.put(0, bits.size)
            elif bits.op == "group":
                inner = (*path, bits.name)
                json[bits.name] = self.members(inner, bits.members, fixed, inner)
            elif bits.op == "element":
                value = dict(fixed).get(bits.name, None)
                raw = self.raw(bits) if value is None else value
                here = (*path, bits.name) if bits.name else path
                self.values.append((here, bits, raw, group))
                self.put(raw, bits.size)
                json[bits.name] = in_json(bits, raw, plain)
                plain[bits.name] = raw
        return json[""] if "" in json else json

    def extended(self, item, path, fixed):
        parts, json = item.parts(), {}
        count = self.random.randint(1, len(parts))
        for number, (part, fx) in enumerate(parts[:count], 1):
            json |= self.members(path, part, fixed)
            if fx:
                self.put(number < count, 1)
        return json

    def repeat(self, item, path):
        count, json = self.random.randint(1, 3), []
        if item.count_size:
            self.put(count, 8 * item.count_size)
        for number in range(1, count + 1):
            json.append(self.members(path, item.bits))
            if not item.count_size:
                self.put(number < count, 1)
        return json

    def compound(self, item, path):
        present = [k for k, sub in enumerate(item.subs) if sub and self.random.random() < 0.4]
        present = present or [next(k for k, sub in enumerate(item.subs) if sub)]
        self.fspec(present)
        return {item.subs[k].name: self.item(item.subs[k], (*path, item.subs[k].name))
                for k in present}

    def item(self, item, path, fixed=()):
        """Draws it; returns its JSON."""
        if item.kind == "explicit":
            self.put(0x0200, 16)
            return {"raw": "00"}
        if item.kind == "extended":
            return self.extended(item, path, fixed)
        if item.kind == "repeat":
            return self.repeat(item, path)
        if item.kind == "compound":
            return self.compound(item, path)
        return self.members(path, item.bits, fixed)

    def fspec(self, places):
        octets = max(places) // 7 + 1
        for k in range(7 * octets):
            self.put(k in places, 1)
            if k % 7 == 6:
                self.put(k // 7 + 1 < octets, 1)


def record(random, spec, wanted, layout=0):
    """A record of these items in the given layout: (octets, values, JSON)."""
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
    json = {names[place]: drawn.item(spec.items[names[place]], (names[place],),
                                     fixed.get(names[place], ())) for place in places}
    return drawn.octets(), drawn.values, json


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


def specs():
    """{(category, edition): Spec} of all definitions."""
    return {(s.category, s.edition): s for s in asterix_spec.read_all(ROOT / "spec/asterix")}
