// What labels say: which fields, on which line, of tracks within a sector and of those outside.
import { Flag } from "./delta.js";
import { type Area, type Box, everywhere, isEverywhere, isInBand, isInBox } from "./filter.js";
import {
  address,
  course,
  FEET,
  height,
  heightLetters,
  knots,
  nameOf,
  NONE,
  type Source,
  source,
  squawk,
} from "./format.js";
import type { Store } from "./store.js";

const SHORT: Record<Source, string> = {
  fused: "MULT",
  adsb: "ADSB",
  mlat: "MLAT",
  radar: "SSR",
  primary: "PSR",
  none: NONE,
};

interface Kind {
  words: string;
  letters: number; // at most; 0: as `room` says, else as many as its text has
  room?(flags: number): number;
  text(store: Store, row: number): string; // empty: not known
}

// In this order on a line.
const KINDS = {
  name: { words: "Call sign", letters: 0, text: nameOf },
  address: {
    words: "Address",
    letters: 7,
    text: (s, row) => address(s.address[row]!).toUpperCase(),
  },
  number: {
    words: "Track number",
    letters: 6,
    text: (s, row) => (s.trackNumber[row] ? "T" + s.trackNumber[row] : ""),
  },
  squawk: { words: "Squawk", letters: 4, text: (s, row) => squawk(s.squawk[row]!) },
  level: {
    words: "Level, climbing or not",
    letters: 0,
    room: heightLetters,
    text: height,
  },
  selected: {
    words: "Selected level",
    letters: 4,
    text: (s, row) => selectedLevel(s.selected[row]! / 10),
  },
  climb: {
    words: "Vertical rate, 100 ft/min",
    letters: 4,
    text: (s, row) => hundreds(s.climb[row]!),
  },
  speed: {
    words: "Speed over ground, kt",
    letters: 3,
    text: (s, row) => String(knots(s.speed[row]!)).padStart(3, "0"),
  },
  course: {
    words: "Course over ground",
    letters: 4,
    text: (s, row) => course(s.course[row]!) + "°",
  },
  source: {
    words: "Seen by (SIM: simulated)",
    letters: 4,
    text: (s, row) => (s.flags[row]! & Flag.simulated ? "SIM" : SHORT[source(s.flags[row]!)]),
  },
  age: {
    words: "Age of its position",
    letters: 4,
    text: (s, row) => `${Math.min(999, Math.max(0, Math.floor(s.time - s.stateTime[row]!)))}s`,
  },
} satisfies Record<string, Kind>;

export type Field = keyof typeof KINDS;
export const FIELDS = Object.keys(KINDS) as Field[];
export const fieldWords = (field: Field): string => KINDS[field].words;

export const LINES_MAX = 3;
const OPEN_MAX = 8; // letters of a call sign, or of a height in feet
export type Layout = Partial<Record<Field, number>>; // 1 to LINES_MAX: on that line

export interface LabelChoice {
  full: Layout; // within the sector
  short: Layout; // outside; empty: no label
  sector: Area;
}

export const labelChoice = (): LabelChoice => ({
  full: { name: 1, level: 2, speed: 2 },
  short: { name: 1 },
  sector: everywhere(),
});

// What was kept, by whatever program; what is not known of it is passed over.
export function readChoice(kept: unknown): LabelChoice {
  const { full, short, sector } = (kept ?? {}) as Record<string, unknown>,
    none = labelChoice();
  return {
    full: readLayout(full) ?? none.full,
    short: readLayout(short) ?? none.short,
    sector: readSector(sector),
  };
}

function readLayout(kept: unknown): Layout | null {
  if (typeof kept !== "object" || kept === null) return null;
  const lines = kept as Record<string, unknown>;
  return Object.fromEntries(
    FIELDS.filter((field) => [1, 2, 3].includes(lines[field] as number)).map((field) => [
      field,
      lines[field],
    ]),
  );
}

function readSector(kept: unknown): Area {
  const { levelMin, levelMax, box } = (kept ?? {}) as Record<string, unknown>;
  const number = (value: unknown) => (Number.isFinite(value) ? (value as number) : null);
  const corners = Array.isArray(box) ? box.map(number) : [];
  const isBox = corners.length === 4 && !corners.includes(null);
  return {
    levelMin: number(levelMin),
    levelMax: number(levelMax),
    box: isBox ? (corners as Box) : null,
  };
}

// Of a level in hundreds of feet, which may be below zero.
function selectedLevel(level: number): string {
  if (Number.isNaN(level)) return "";
  const digits = String(Math.round(Math.abs(level)));
  return level <= -0.5 ? "s−" + digits.padStart(2, "0") : "s" + digits.padStart(3, "0");
}

// Hundreds of feet a minute, with a sign.
function hundreds(climbMps: number): string {
  const rate = Math.round(climbMps / FEET / (100 / 60));
  return (rate < 0 ? "−" : "+") + String(Math.min(999, Math.abs(rate))).padStart(2, "0");
}

// The fields of each line, none empty; what is not known of a layout is passed over.
export function linesOf(layout: Layout): Field[][] {
  return Array.from({ length: LINES_MAX }, (_, i) =>
    FIELDS.filter((field) => layout[field] === i + 1),
  ).filter((line) => line.length > 0);
}

// Of a track whose level is not known nobody can say that it is not in the band: it is.
export function isInSector(sector: Area, store: Store, row: number): boolean {
  const metres = store.altitude[row]!;
  if (!Number.isNaN(metres) && !isInBand(sector, metres)) return false;
  return isInBox(sector.box, store.latitude[row]!, store.longitude[row]!);
}

// A choice made ready for many labels.
export class LabelFields {
  readonly widest: number; // letters of the longest line there can be
  readonly hasSector: boolean;
  readonly hasAge: boolean; // what they say changes by itself
  private readonly full: Field[][];
  private readonly short: Field[][];

  constructor(private readonly choice: LabelChoice) {
    this.full = linesOf(choice.full);
    this.short = linesOf(choice.short);
    this.hasAge = [...this.full, ...this.short].flat().includes("age");
    this.hasSector = !isEverywhere(choice.sector);
    this.widest = Math.max(
      0,
      ...[...this.full, ...this.short].map((line) => lettersOf(line, () => OPEN_MAX)),
    );
  }

  // Whether it has the full label by where it is.
  isInside(store: Store, row: number): boolean {
    return !this.hasSector || isInSector(this.choice.sector, store, row);
  }

  lineCount(isFull: boolean): number {
    return (isFull ? this.full : this.short).length;
  }

  // Room for its longest line, in letters, whatever its values come to be.
  letters(store: Store, row: number, isFull: boolean): number {
    let most = 0;
    for (const line of isFull ? this.full : this.short)
      most = Math.max(most, lettersOf(line, (field) => roomOf(KINDS[field], store, row)));
    return most;
  }

  lines(store: Store, row: number, isFull: boolean): string[] {
    return (isFull ? this.full : this.short).map((line) => {
      let words = "";
      for (const field of line) {
        const text = KINDS[field].text(store, row);
        words += words && text ? " " + text : text;
      }
      return words;
    });
  }
}

const roomOf = ({ room, text }: Kind, store: Store, row: number): number =>
  room ? room(store.flags[row]!) : text(store, row).length;

function lettersOf(line: Field[], open: (field: Field) => number): number {
  return line.reduce((sum, field) => sum + (KINDS[field].letters || open(field)) + 1, -1);
}
