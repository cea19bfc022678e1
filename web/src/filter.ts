// Which tracks are shown, and finding one.
import { Flag } from "./delta.js";
import { address, FEET, nameOf, type Source, source, squawk } from "./format.js";
import { wrapped } from "./geo.js";
import { type AirKind, kindOf } from "./kinds.js";
import type { Store } from "./store.js";

export type Box = [west: number, south: number, east: number, north: number]; // degrees

// A part of the air; null: no limit.
export interface Area {
  levelMin: number | null; // flight levels; of heights above the ellipsoid: hundreds of feet
  levelMax: number | null;
  box: Box | null; // west > east: over the date line
}

export interface Filter extends Area {
  sources: Set<Source> | null; // null: all
  states: Set<FilterState> | null;
  kinds: Set<AirKind> | null;
}

export type FilterState = "ground" | "coasting" | "simulated" | "emergency" | "doubted";

export const STATE_WORDS: Record<FilterState, string> = {
  ground: "On ground",
  coasting: "Coasting",
  simulated: "Simulated",
  emergency: "Emergency",
  doubted: "Doubted",
};

const STATE_FLAGS: Record<FilterState, number> = {
  ground: Flag.onGround,
  coasting: Flag.coasting,
  simulated: Flag.simulated,
  emergency: Flag.emergency,
  doubted: Flag.identityDoubted | Flag.addressShared,
};

export const everywhere = (): Area => ({ levelMin: null, levelMax: null, box: null });
export const noFilter = (): Filter => ({
  ...everywhere(),
  sources: null,
  states: null,
  kinds: null,
});

export const isEverywhere = (area: Area): boolean =>
  area.levelMin === null && area.levelMax === null && !area.box;

export const isOff = (filter: Filter): boolean =>
  isEverywhere(filter) && !filter.sources && !filter.states && !filter.kinds;

// As links and the interface for programs take it: thousandths of a degree, longitudes within half
// a turn. East may be any turn beyond west; a whole turn or more is all around.
export function boxOf(west: number, south: number, east: number, north: number): Box {
  const round = (degrees: number) => Math.round(degrees * 1000) / 1000;
  const turn = (degrees: number) => round(wrapped(degrees));
  const [low, high] = [round(Math.max(-90, south)), round(Math.min(90, north))];
  return east - west >= 360 ? [-180, low, 180, high] : [turn(west), low, turn(east), high];
}

export function isInBox(box: Box | null, latitude: number, longitude: number): boolean {
  if (!box) return true;
  const [west, south, east, north] = box;
  const inside =
    west <= east
      ? longitude >= west && longitude <= east
      : longitude >= west || longitude <= east; // over the date line
  return inside && latitude >= south && latitude <= north;
}

const LEVEL_STEP = 0.1 / FEET / 100; // in which the stream tells heights, as flight levels

// False of a height that is not known, whatever the limits.
export function isInBand({ levelMin, levelMax }: Area, metres: number): boolean {
  const level = metres / FEET / 100;
  return (
    level >= (levelMin ?? -Infinity) - LEVEL_STEP / 2 &&
    level <= (levelMax ?? Infinity) + LEVEL_STEP / 2
  );
}

// A track of unknown level is in no band, as in the interface for programs.
export function passes(filter: Filter, store: Store, row: number): boolean {
  const flags = store.flags[row]!,
    hasBand = filter.levelMin !== null || filter.levelMax !== null;
  if (hasBand && !isInBand(filter, store.altitude[row]!)) return false;
  if (filter.sources && !filter.sources.has(source(flags))) return false;
  if (filter.kinds && !filter.kinds.has(kindOf(store.category[row]!))) return false;
  if (filter.states) {
    let bits = 0;
    for (const state of filter.states) bits |= STATE_FLAGS[state];
    if (!(flags & bits)) return false;
  }
  return isInBox(filter.box, store.latitude[row]!, store.longitude[row]!);
}

// A mask over the rows; the selected track is always shown.
export function maskOf(filter: Filter, store: Store, mask: Uint8Array, selected: number): number {
  if (isOff(filter)) {
    mask.fill(1, 0, store.count);
    return store.count;
  }
  let count = 0;
  for (let i = 0; i < store.count; i++)
    count += mask[i] = passes(filter, store, i) || store.id[i] === selected ? 1 : 0;
  return count;
}

// The first of them in order, without sorting all.
function first(rows: number[], limit: number, order: (a: number, b: number) => number): number[] {
  const best: number[] = [];
  for (const row of rows) {
    if (best.length === limit && order(best[limit - 1]!, row) < 0) continue;
    best.push(row);
    best.sort(order);
    best.length = Math.min(best.length, limit);
  }
  return best;
}

// Rows of which the text is the call sign, address, code or number; then those whose call sign or
// address begins so; then those that have it anywhere in the call sign.
export function find(store: Store, text: string, limit: number): number[] {
  const wanted = text.trim().toUpperCase();
  if (!wanted) return [];
  const begin: number[] = [],
    within: number[] = [],
    exact: number[] = [],
    digits = wanted.replace("~", "");
  const bySign = (a: number, b: number) => (store.callsign[a]! < store.callsign[b]! ? -1 : 1);
  for (let i = 0; i < store.count; i++) {
    const callsign = store.callsign[i]!,
      of = address(store.address[i]!).toUpperCase().replace("~", "");
    if (
      callsign === wanted ||
      (digits && of === digits) ||
      squawk(store.squawk[i]!) === wanted ||
      String(store.trackNumber[i]) === wanted ||
      "#" + store.id[i] === wanted ||
      nameOf(store, i) === wanted
    )
      exact.push(i);
    else if (callsign.startsWith(wanted) || (digits && of.startsWith(digits))) begin.push(i);
    else if (callsign.includes(wanted)) within.push(i);
  }
  const best = [exact, begin, within].map((rows) => first(rows, limit, bySign));
  return best.flat().slice(0, limit);
}
