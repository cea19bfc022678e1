"""How definitions become C names: units, steps, types."""

from fractions import Fraction

UNITS = {
    "s": "s", "ms": "ms", "ns": "ns", "fs": "fs", "ft": "ft", "ft/min": "ftpmin", "FL": "fl",
    "NM": "nmi", "NM/s": "nmips", "m": "m", "m/s": "mps", "m/s2": "mps2", "kt": "kt",
    "deg": "deg", "deg/s": "degps", "degC": "degc", "dB": "db", "dBm": "dbm", "dBm2": "dbm2",
    "dBuV": "dbuv", "hPa": "hpa", "mb": "mb", "%": "percent", "MHz": "mhz", "Mach": "mach",
    "m2": "m2", "ALTFL": "altfl", "": "",
}

KEYWORDS = {
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while",
}


def power_of_two(n):
    return n.bit_length() - 1 if n > 0 and n & (n - 1) == 0 else None


def suffix(bits):
    """Step and unit of an element as the end of its name, with its underscore."""
    if bits.content == "icao":
        return "_icao6"
    if bits.content != "quantity":
        return ""
    unit = UNITS[bits.unit]
    lsb = bits.lsb
    turn = power_of_two((360 / lsb).numerator) if bits.unit == "deg" else None
    if turn is not None and (360 / lsb).denominator == 1 and lsb != 1:
        return f"_turn{turn}"
    tail = "_" + unit if unit else ""
    if lsb == 1:
        return tail
    if lsb == Fraction(1, 2):
        return "_half" + tail
    exponent = power_of_two(lsb.denominator)
    if lsb.numerator == 1 and exponent is not None and exponent > 16:
        return f"_2pm{exponent}{tail}"
    if lsb.numerator == 1:
        return f"_{lsb.denominator}th{tail}"
    if lsb.denominator == 1:
        return f"_{lsb.numerator}{tail}"
    return f"_{lsb.numerator}_{lsb.denominator}th{tail}"


def identifier(name):
    lower = name.lower()
    if lower[0].isdigit():
        return "n" + lower
    return lower + "_" if lower in KEYWORDS else lower


def integer_bits(size):
    return next(width for width in (8, 16, 32, 64) if size <= width)


def ctype(bits):
    return f"{'' if bits.signed else 'u'}int{integer_bits(bits.size)}_t"


def declaration(bits, name):
    if bits.content == "ascii":
        return f"char {name}[{bits.size // 8 + 1}]"
    if bits.size > 64:
        return f"uint8_t {name}[{bits.size // 8}]"
    return f"{ctype(bits)} {name}"


def step_text(bits):
    """Unit and step for people: "1/256 NM"."""
    if bits.content == "quantity":
        lsb = bits.lsb
        exponent = power_of_two(lsb.denominator)
        under = f"2^{exponent}" if exponent and exponent > 4 else str(lsb.denominator)
        step = str(lsb.numerator) if lsb.denominator == 1 else f"{lsb.numerator}/{under}"
        if bits.unit == "deg" and suffix(bits).startswith("_turn"):
            step = f"360/2^{suffix(bits)[5:]}"
        return (step + " " + bits.unit).strip()
    return {"ascii": "ASCII", "icao": "8 six-bit characters", "octal": "octal digits",
            "bds": "register and its address" if bits.size == 64 else "register",
            "table": "", "raw": "", "hex": "", "integer": "",
            "by": f"step depends on {bits.selector}"}[bits.content]
