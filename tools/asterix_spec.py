"""Reader of the ASTERIX definitions in spec/asterix; its README.md explains the notation."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path


class SpecError(Exception):
    pass


@dataclass
class Codes:
    """A table of codes: rows (first, last, meaning), by code."""
    name: str
    rows: tuple

    def numbers(self):
        return [code for first, last, _ in self.rows for code in range(first, last + 1)]


@dataclass
class Bits:
    """One run of bits inside an item: op is element, spare, group or fx."""
    op: str
    name: str = ""
    size: int = 0            # bits; of a group: the sum of its members
    content: str = "raw"     # raw hex table ascii icao octal bds integer quantity by
    signed: bool = False
    lsb: Fraction = None
    unit: str = ""
    title: str = ""
    c_name: str = ""         # field name, given by the generator
    members: list = field(default_factory=list)  # of a group
    selector: str = ""       # content "by": name of the sibling that selects
    cases: list = field(default_factory=list)    # content "by": (value, Bits)
    codes: Codes = None      # content "table"

    def is_octets(self):
        """Whether it is kept as octets: characters, or too long for a number."""
        return self.content == "ascii" or self.size > 64

    def is_coded(self):
        """Whether its values are codes, of one table or of one that another value selects."""
        return self.content == "table" or (
            self.content == "by" and all(case.content == "table" for _, case in self.cases))


@dataclass
class Item:
    """kind: fixed, extended, repeat, compound, explicit, rfs."""
    name: str
    kind: str
    title: str = ""
    single: bool = False     # one element without a name of its own, not a group
    bits: list = field(default_factory=list)
    count_size: int = 0      # repeat: octets of the count; 0: repetition by FX
    subs: list = field(default_factory=list)  # compound: Item or None

    def size(self):
        """Octets of a fixed item or of one repetition."""
        total = sum(b.size for b in self.bits) + (self.kind == "repeat" and not self.count_size)
        if total % 8:
            raise SpecError(f"item {self.name}: {total} bits are no whole octets")
        return total // 8

    def parts(self):
        """Parts of an extended item, as (list of Bits without the FX bit, ends in FX)."""
        parts, part = [], []
        for bits in self.bits:
            if bits.op == "fx":
                parts.append((part, True))
                part = []
            else:
                part.append(bits)
        if part:
            parts.append((part, False))
        for part, fx in parts:
            if (sum(b.size for b in part) + fx) % 8:
                raise SpecError(f"item {self.name}: a part is no whole octets")
        return parts


    def element(self, name):
        """Bit offset and Bits of an element; the only one if it has no name."""
        offset = 0
        for bits in self.bits:
            if bits.name == name:
                return offset, bits
            offset += bits.size
        raise SpecError(f"item {self.name}: no element {name}")


@dataclass
class Spec:
    category: int
    edition: str
    title: str
    uaps: list               # (name, [item name or '-' or 'RFS'])
    select: tuple            # (item, element or "", {value: uap name}) or None
    items: dict              # name -> Item, in the order of the definition
    times: list = field(default_factory=list)     # items that tell the time of day, best first
    source: str = "010"      # item of SAC and SIC; "-": none
    time_512: str = ""       # item that tells the time of day modulo 512 s
    expansion: bool = False  # content of a reserved expansion field, not of a record
    fspec_size: int = 0      # octets of the field specification without FX; 0: by FX


def fraction(text):
    def integer(token):
        base, _, power = token.partition("^")
        return int(base) ** int(power or 1)
    numerator, _, denominator = text.partition("/")
    return Fraction(integer(numerator), integer(denominator or "1"))


class Lines:
    """Indented lines as (depth, text, title); one is looked at before it is taken."""

    def __init__(self, path, tables=None):
        self.path = path
        self.tables = tables or {}
        self.rows = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("#")[0].rstrip()
            if not code.strip():
                continue
            text, _, title = code.partition(";")
            depth = len(text) - len(text.lstrip(" "))
            if depth % 4:
                raise SpecError(f"{path}:{number}: indent is no multiple of 4")
            self.rows.append((depth // 4, text.strip(), title.strip(), number))
        self.at = 0

    def peek_depth(self):
        return self.rows[self.at][0] if self.at < len(self.rows) else -1

    def take(self):
        self.at += 1
        return self.rows[self.at - 1]

    def fail(self, number, why):
        raise SpecError(f"{self.path}:{number}: {why}")


MEANING_SIZE_MAX = 40


def read_code(lines, text, number):
    """(first, last, meaning) of a line "7 meaning" or "7-9 meaning"."""
    code, _, meaning = text.partition(" ")
    first, _, last = code.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        lines.fail(number, f"no code: {text!r}")
    return int(first), int(last or first), meaning.strip()


def read_codes(path):
    """{name: Codes} of the tables that the definitions refer to."""
    lines, own, others, tables = Lines(Path(path)), {}, {}, {}
    while lines.peek_depth() >= 0:
        depth, text, _, number = lines.take()
        name, _, meanings = text.partition(":")
        if depth or name in own or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            lines.fail(number, f"no name of a table: {text!r}")
        own[name] = [(code, code, meaning.strip())
                     for code, meaning in enumerate(meanings.split("|")) if meanings]
        others[name] = []
        while lines.peek_depth() == 1:
            _, text, _, number = lines.take()
            if text.startswith("as "):
                others[name].append(text[3:])
            else:
                own[name].append(read_code(lines, text, number))

    def rows_of(name, users=()):
        if name not in own or name in users:
            raise SpecError(f"{path}: {users[-1]}: no codes of {name!r} to take over")
        return own[name] + [row for other in others[name]
                            for row in rows_of(other, (*users, name))]

    for name in own:
        tables[name] = Codes(name, tuple(sorted(rows_of(name))))
        check_codes(path, tables[name])
    return tables


def check_codes(path, codes):
    last = -1
    for row in codes.rows:
        if row[0] <= last or row[1] < row[0]:
            raise SpecError(f"{path}: {codes.name}: code {row[0]} twice or out of order")
        if not 0 < len(row[2]) <= MEANING_SIZE_MAX:
            raise SpecError(f"{path}: {codes.name}: code {row[0]}: no meaning of up to "
                            f"{MEANING_SIZE_MAX} letters")
        last = row[1]
    if last < 0:
        raise SpecError(f"{path}: {codes.name} has no codes")


def read_content(bits, tokens, lines, depth, number):
    kind = tokens[0] if tokens else ""
    if kind in ("", "hex", "ascii", "icao", "octal", "bds"):
        if kind == "hex" and bits.size > 64:
            lines.fail(number, "hex is of up to 64 bits; longer values are octets anyway")
        bits.content = kind or "raw"
    elif kind == "table" and len(tokens) == 2:
        bits.content = kind
        bits.codes = lines.tables.get(tokens[1])
        if not bits.codes:
            lines.fail(number, f"no table {tokens[1]!r} in codes.txt")
        if bits.codes.rows[-1][1] >> bits.size:
            lines.fail(number, f"codes of {tokens[1]} do not fit {bits.size} bits")
    elif kind in ("u", "s"):
        bits.signed = kind == "s"
        bits.content = "quantity" if len(tokens) > 1 else "integer"
        if len(tokens) > 1:
            bits.lsb = fraction(tokens[1])
            bits.unit = tokens[2] if len(tokens) > 2 else ""
    elif kind == "by":
        bits.content, bits.selector = "by", tokens[1]
        while lines.peek_depth() == depth + 1:
            _, text, _, at = lines.take()
            value, *rest = text.split()
            case = Bits("element", size=bits.size)
            read_content(case, rest, lines, depth + 1, at)
            bits.cases.append((int(value), case))
    else:
        lines.fail(number, f"unknown content {kind!r}")


def read_bits(lines, depth):
    """The members of a group or extended item, at `depth`."""
    members = []
    while lines.peek_depth() == depth:
        _, text, title, number = lines.take()
        name, *tokens = text.split()
        if name == "fx":
            members.append(Bits("fx", size=1))
        elif name == "-":
            members.append(Bits("spare", size=int(tokens[0])))
        elif tokens == ["group"]:
            inner = read_bits(lines, depth + 1)
            members.append(Bits("group", name, sum(b.size for b in inner), title=title,
                                members=inner))
        elif tokens and tokens[0].isdigit():
            bits = Bits("element", name, int(tokens[0]), title=title)
            read_content(bits, tokens[1:], lines, depth, number)
            members.append(bits)
        else:
            lines.fail(number, f"no member of a group: {text!r}")
    return members


def read_item(lines, depth):
    _, text, title, number = lines.take()
    name, *tokens = text.split()
    if name == "-" and not tokens:
        return None
    item = Item(name, "fixed", title)
    if tokens[:1] == ["repeat"]:
        item.kind = "repeat"
        item.count_size = 0 if tokens[1] == "fx" else int(tokens[1])
        tokens = tokens[2:]
    if tokens == ["group"]:
        item.bits = read_bits(lines, depth + 1)
    elif tokens and tokens[0].isdigit():
        bits = Bits("element", "", int(tokens[0]), title=title)
        read_content(bits, tokens[1:], lines, depth, number)
        item.single, item.bits = True, [bits]
    elif tokens == ["extended"] and item.kind == "fixed":
        item.kind, item.bits = "extended", read_bits(lines, depth + 1)
        item.parts()
    elif tokens == ["explicit"] and item.kind == "fixed":
        item.kind = "explicit"
    elif tokens == ["compound"] and item.kind == "fixed" and depth == 0:
        item.kind = "compound"
        while lines.peek_depth() == depth + 1:
            item.subs.append(read_item(lines, depth + 1))
    else:
        lines.fail(number, f"no item: {text!r}")
    if item.kind in ("fixed", "repeat"):
        item.size()
    return item


def read_spec(path, tables):
    lines = Lines(Path(path), tables)
    spec = Spec(0, "", "", [], None, {})
    while lines.peek_depth() >= 0:
        depth, text, title, number = lines.rows[lines.at]
        if depth:
            lines.fail(number, "stray indent")
        word, *tokens = text.split()
        if word in ("category", "expansion"):
            spec.category, spec.title = int(tokens[0]), title
            spec.expansion = word == "expansion"
        elif word == "fspec":
            spec.fspec_size = int(tokens[0])
        elif word == "edition":
            spec.edition = tokens[0]
        elif word == "uap":
            name = tokens.pop(0)[:-1] if tokens[0].endswith(":") else ""
            spec.uaps.append((name, tokens))
        elif word == "time":
            spec.times = tokens
        elif word == "source":
            spec.source, = tokens
        elif word == "time512":
            spec.time_512, = tokens
        elif word == "select":
            item, _, element = tokens[0].partition("/")
            spec.select = (item, element,
                           {int(v): n for v, n in (t.split("=") for t in tokens[1:])})
        else:
            item = read_item(lines, 0)
            if item.name in spec.items:
                lines.fail(number, f"item {item.name} twice")
            spec.items[item.name] = item
            continue
        lines.take()
    if spec.source != "-" and spec.items[spec.source].size() != 2:
        raise SpecError(f"{path}: item {spec.source} is no source")
    for name in spec.times + ([spec.time_512] if spec.time_512 else []):
        if spec.items[name].size() != (2 if name == spec.time_512 else 3):
            raise SpecError(f"{path}: item {name} is no time of day")
    for _, names in spec.uaps:
        for name in names:
            if name not in ("-", "RFS") and name not in spec.items:
                raise SpecError(f"{path}: no item {name} of the UAP")
        if len(names) > 63:
            raise SpecError(f"{path}: UAP of more than 63 items")
    return spec


def edition_key(edition):
    return tuple(int(part) for part in edition.split("."))


def read_overrides(path):
    """[(category, edition, element path, [content tokens], reason)]"""
    overrides = []
    for line in Path(path).read_text().splitlines():
        code = line.split("#")[0].strip()
        if code:
            text, _, reason = code.partition(";")
            category, edition, where, *tokens = text.split()
            overrides.append((int(category), edition, where, tokens, reason.strip()))
    return overrides


def read_all(folder, pattern="cat*.txt"):
    tables = read_codes(Path(folder) / "codes.txt")
    specs = [read_spec(p, tables) for p in sorted(Path(folder).glob(pattern))]
    return sorted(specs, key=lambda s: (s.category, edition_key(s.edition)))


def read_expansions(folder):
    return read_all(folder, "re*.txt")
