// Which tracks are shown, and finding one.
import { Flag } from "./delta.js";
import { address, FEET, type Source, source, squawk } from "./format.js";
import type { Store } from "./store.js";

export interface Filter {
  levelMin: number | null; // flight levels
  levelMax: number | null;
  sources: Set<Source> | null; // null: all
  states: Set<FilterState> | null;
  box: [west: number, south: number, east: number, north: number] | null;
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

export const noFilter = (): Filter => ({
  levelMin: null,
  levelMax: null,
  sources: null,
  states: null,
  box: null,
});

export const isOff = (filter: Filter): boolean =>
  filter.levelMin === null &&
  filter.levelMax === null &&
  !filter.sources &&
  !filter.states &&
  !filter.box;

export function isInBox(box: Filter["box"], latitude: number, longitude: number): boolean {
  if (!box) return true;
  const [west, south, east, north] = box;
  const inside =
    west <= east
      ? longitude >= west && longitude <= east
      : longitude >= west || longitude <= east; // over the date line
  return inside && latitude >= south && latitude <= north;
}

// A track of unknown level is in no band, as in the interface for programs.
export function passes(filter: Filter, store: Store, row: number): boolean {
  const flags = store.flags[row]!;
  if (filter.levelMin !== null || filter.levelMax !== null) {
    const level = store.altitude[row]! / FEET / 100;
    if (!(level >= (filter.levelMin ?? -Infinity) && level <= (filter.levelMax ?? Infinity)))
      return false;
  }
  if (filter.sources && !filter.sources.has(source(flags))) return false;
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

// Rows whose call sign, address, code or number begin as the text does, best first; then those that
// have it anywhere in the call sign.
export function find(store: Store, text: string, limit: number): number[] {
  const wanted = text.trim().toUpperCase();
  if (!wanted) return [];
  const begin: number[] = [],
    within: number[] = [];
  for (let i = 0; i < store.count && begin.length < limit; i++) {
    const callsign = store.callsign[i]!;
    if (
      callsign.startsWith(wanted) ||
      address(store.address[i]!)
        .toUpperCase()
        .replace("~", "")
        .startsWith(wanted.replace("~", "")) ||
      squawk(store.squawk[i]!) === wanted ||
      String(store.trackNumber[i]) === wanted ||
      "#" + store.id[i] === wanted
    )
      begin.push(i);
    else if (callsign.includes(wanted) && within.length < limit) within.push(i);
  }
  begin.sort((a, b) => (store.callsign[a]! < store.callsign[b]! ? -1 : 1));
  return [...begin, ...within].slice(0, limit);
}
