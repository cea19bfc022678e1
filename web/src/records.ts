// What the graphics processor is told of the tracks: one record each. They change with updates, not
// between them, and only those of the tracks that an update tells.
import type { App } from "./app.js";
import { Flag } from "./delta.js";
import { source } from "./format.js";
import { markOf } from "./kinds.js";
import { Runs } from "./runs.js";
import { cellOf } from "./symbols.js";
import { levelColour, type Theme, THEMES } from "./theme.js";

// A record: longitude, latitude (degrees), east and north (degrees a second), seconds of the state,
// what is left of a jump in longitude and latitude (degrees); then octets: red, green, blue and
// symbol. The lowest bits of the colours are the number of the kind's mark.
export const RECORD_FLOATS = 8,
  RECORD_OCTETS = 4 * RECORD_FLOATS,
  LOOK_AT = 28, // octet at which the colour begins
  DIM = 128; // with the symbol: half seen

const BASE_MAX_S = 60, // times in records keep their hundredths of a millisecond
  FAST_MPS = 300,
  SYMBOL_PX = 5; // from its middle

const COLOURS = 0xfffefefe,
  MARKS = Uint32Array.from({ length: 256 }, (_, category) => {
    const mark = markOf(category);
    return (mark & 1) | ((mark & 2) << 7) | ((mark & 4) << 14);
  });

// The colour of a row, and how much of it is seen.
export function colourOf(
  app: App,
  row: number,
  theme: Theme,
  out: Uint8ClampedArray,
  at: number,
): void {
  const { store, settings } = app,
    flags = store.flags[row]!;
  if (settings.colour === "level" && !(flags & Flag.emergency)) {
    const isLevel = !(flags & Flag.geometric); // else a height above the ellipsoid
    levelColour(theme, isLevel ? store.altitude[row]! : NaN, out, at);
  } else {
    const colour = flags & Flag.emergency ? theme.emergency : theme.source[source(flags)];
    out[at] = colour[0];
    out[at + 1] = colour[1];
    out[at + 2] = colour[2];
  }
  out[at + 3] = flags & (Flag.coasting | Flag.onGround) ? 150 : 255;
}

export class Records {
  count = 0;
  octets = new Uint8Array(0);
  readonly changed = new Runs(); // records that the graphics processor has not got yet
  now = 0; // on the scale of the records' times, seconds
  keep = 1; // share of the jumps that is left
  seconds = 0; // of motion that the lines show; 0: none
  emergencies: number[] = []; // rows
  private floats = new Float32Array(0);
  private words = new Uint32Array(0);
  base = 0; // times of the records count from here
  private isByRow = false; // record i is row i: all are shown
  private fades = 0; // motion.fades when they were written
  private readonly looks = new Uint32Array(65536); // by flags; 0: not reckoned yet
  private looksOf = "";
  private readonly colour = new Uint8ClampedArray(4);

  constructor(private readonly app: App) {}

  // After an update: of the rows that it tells, where nothing else has changed.
  update(): void {
    const { store, motion, shown } = this.app;
    const isPart =
      this.isByRow &&
      shown === store.count &&
      store.changed !== null &&
      this.fades === motion.fades &&
      Math.abs(store.time - this.base) < BASE_MAX_S &&
      store.count * RECORD_OCTETS <= this.octets.length;
    if (!isPart) return this.writeAll();
    this.count = store.count;
    this.write(store.changed!, true);
    this.changed.addList(store.changed!, this.count);
    this.findEmergencies();
  }

  // After anything else: a filter, colours.
  writeAll(base = this.app.store.time): void {
    const { store, shown, motion } = this.app;
    if (this.octets.length < shown * RECORD_OCTETS) {
      this.floats = new Float32Array(store.id.length * RECORD_FLOATS);
      this.words = new Uint32Array(this.floats.buffer);
      this.octets = new Uint8Array(this.floats.buffer);
    }
    this.base = base;
    this.fades = motion.fades;
    this.isByRow = shown === store.count;
    this.forgetLooks();
    this.write(this.app.rowsShown(), false);
    this.count = shown;
    this.changed.addAll(shown);
    this.findEmergencies();
  }

  // What a frame shows. Seen from afar the lines of motion lie under the symbols: they are not
  // drawn.
  carryOn(metresPerPixel: number): void {
    const { motion, settings } = this.app;
    this.now = motion.now - this.base;
    this.keep = motion.keep;
    const seconds = settings.vector * 60;
    this.seconds = seconds * FAST_MPS > SYMBOL_PX * metresPerPixel ? seconds : 0;
  }

  // Of these rows: record i is of the i-th one, or of row i.
  private write(rows: Uint32Array, isByRow: boolean): void {
    const { longitude, latitude, east, north, stateTime } = this.app.store,
      { jumpLongitude, jumpLatitude, flags, category } = this.app.store,
      { floats, words, base, looks } = this,
      isByLevel = this.app.settings.colour === "level";
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!,
        at = (isByRow ? row : i) * RECORD_FLOATS;
      floats[at] = longitude[row]!;
      floats[at + 1] = latitude[row]!;
      floats[at + 2] = east[row]!;
      floats[at + 3] = north[row]!;
      floats[at + 4] = stateTime[row]! - base;
      floats[at + 5] = jumpLongitude[row]!;
      floats[at + 6] = jumpLatitude[row]!;
      const look = (isByLevel ? 0 : looks[flags[row]!]!) || this.lookOf(row);
      words[at + LOOK_AT / 4] = look | MARKS[category[row]!]!;
    }
  }

  // Colour and symbol. By source they depend on nothing but the flags.
  private lookOf(row: number): number {
    const flags = this.app.store.flags[row]!,
      { colour } = this;
    colourOf(this.app, row, THEMES[this.app.settings.theme], colour, 0);
    const symbol = cellOf(flags) + (colour[3]! < 255 ? DIM : 0);
    const look =
      ((colour[0]! | (colour[1]! << 8) | (colour[2]! << 16) | (symbol << 24)) & COLOURS) >>> 0;
    this.looks[flags] = look;
    return look;
  }

  private forgetLooks(): void {
    const { theme, colour } = this.app.settings;
    if (this.looksOf !== theme + colour) this.looks.fill(0);
    this.looksOf = theme + colour;
  }

  private findEmergencies(): void {
    const { store, mask } = this.app,
      { flags, count } = store;
    this.emergencies.length = 0;
    for (let row = 0; row < count; row++)
      if (flags[row]! & Flag.emergency && mask[row]) this.emergencies.push(row);
  }
}
