// Values in words, as people of the field write them.
import type { TrailPoint } from "./api.js";
import { Flag, NO_ADDRESS, NO_SQUAWK } from "./delta.js";
import type { Store } from "./store.js";

export const FEET = 0.3048,
  KNOT = 1852 / 3600,
  NAUTICAL_MILE = 1852;
const TREND_MPS = 1.5; // about 300 ft/min
export const NONE = "–";

export const flightLevel = (metres: number): number => Math.round(metres / FEET / 100);

export function level(metres: number): string {
  return Number.isNaN(metres) ? "---" : String(Math.max(0, flightLevel(metres))).padStart(3, "0");
}

export function trend(climbMps: number): string {
  return climbMps > TREND_MPS ? "↑" : climbMps < -TREND_MPS ? "↓" : "";
}

const feet = (metres: number): number => Math.round(metres / FEET / 10) * 10;

// Of a row, with its trend, as short as a label wants it: a level in hundreds of feet; a height
// above the ellipsoid, which is none, in feet with the unit. `heightLetters` is its most.
export function height(store: Store, row: number): string {
  const flags = store.flags[row]!,
    metres = store.altitude[row]!;
  if (flags & Flag.onGround) return "GND";
  const isGeometric = flags & Flag.geometric && !Number.isNaN(metres),
    text = isGeometric ? `${signed(String(feet(metres)))}ft` : level(metres);
  return text + trend(store.climb[row]!);
}

export const heightLetters = (flags: number): number =>
  flags & Flag.geometric ? "99990ft↑".length : "350↑".length;

// The same in words.
export function heightWords(store: Store, row: number): string {
  const flags = store.flags[row]!,
    metres = store.altitude[row]!;
  if (flags & Flag.onGround) return "on the ground";
  if (Number.isNaN(metres)) return "level not known";
  const arrow = trend(store.climb[row]!);
  const words = flags & Flag.geometric ? `${count(feet(metres))} ft` : `FL${level(metres)}`;
  return arrow ? `${words} ${arrow}` : words;
}

// Who a track is, in a word: there always is one.
export function nameOf(store: Store, row: number): string {
  return (
    store.callsign[row] ||
    address(store.address[row]!).toUpperCase() ||
    (store.trackNumber[row] ? "T" + store.trackNumber[row] : "#" + store.id[row])
  );
}

export const knots = (mps: number): number => Math.round(mps / KNOT);

export function address(value: number): string {
  if (value === NO_ADDRESS) return "";
  return (value >>> 24 ? "~" : "") + (value & 0xffffff).toString(16).padStart(6, "0");
}

export function squawk(value: number): string {
  return value === NO_SQUAWK ? "" : value.toString(8).padStart(4, "0");
}

export function course(degrees: number): string {
  return String(Math.round(degrees) % 360).padStart(3, "0");
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  for (; value >= 1000 && i < units.length - 1; i++) value /= 1000;
  return `${value < 10 && i ? value.toFixed(1) : Math.round(value)} ${units[i]}`;
}

export const count = (value: number): string =>
  signed(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f")); // toLocaleString is slow

// A number in figures with the minus of print; of nothing but zeros without one.
export const signed = (figures: string): string =>
  /[1-9]/.test(figures) ? figures.replace("-", "−") : figures.replace("-", "");

export function duration(seconds: number): string {
  if (seconds < 1e-6) return "0 s";
  if (seconds < 1e-3) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${Math.round(seconds * 1e3)} ms`;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export const clock = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().slice(11, 19);

export const date = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().slice(0, 10);

export const instant = (seconds: number): string =>
  new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19) + "Z";

export function place(latitude: number, longitude: number): string {
  const part = (value: number, width: number, letters: string) => {
    const minutes = Math.round(Math.abs(value) * 6000) / 100;
    const degrees = Math.floor(minutes / 60);
    const rest = (minutes - degrees * 60).toFixed(2).padStart(5, "0");
    return `${String(degrees).padStart(width, "0")}°${rest}′${letters[value < 0 ? 1 : 0]}`;
  };
  return `${part(latitude, 2, "NS")} ${part(longitude, 3, "EW")}`;
}

export type Source = "adsb" | "mlat" | "radar" | "primary" | "fused" | "none";

export const SOURCE_WORDS: Record<Source, string> = {
  fused: "Several sources",
  adsb: "ADS-B alone",
  mlat: "Multilateration alone",
  radar: "Radar (SSR)",
  primary: "Primary radar alone",
  none: "No recent source",
};

// By what it is seen: one technique alone, or several together.
export function source(flags: number): Source {
  const adsb = flags & Flag.adsb,
    mlat = flags & Flag.mlat;
  const secondary = flags & (Flag.ssr | Flag.modeS),
    primary = flags & Flag.psr;
  const count = (adsb ? 1 : 0) + (mlat ? 1 : 0) + (secondary || primary ? 1 : 0);
  if (count > 1) return "fused";
  if (adsb) return "adsb";
  if (mlat) return "mlat";
  if (secondary) return "radar";
  return primary ? "primary" : "none";
}

const FLAG_WORDS: [number, string][] = [
  [Flag.emergency, "emergency"],
  [Flag.coasting, "coasting"],
  [Flag.extrapolated, "position carried on"],
  [Flag.identityDoubted, "identity doubted"],
  [Flag.addressShared, "address in use twice"],
  [Flag.simulated, "simulated"],
  [Flag.onGround, "on ground"],
  [Flag.spi, "ident (SPI)"],
  [Flag.falling, "falling"],
];

export const flagWords = (flags: number): string[] =>
  FLAG_WORDS.filter(([bit]) => flags & bit).map(([, word]) => word);

// Levels, in FL; of a track whose newest point has none, heights above the ellipsoid, in feet. A
// line of both would have steps that nobody flew.
export function plottedHeight(history: TrailPoint[]): {
  title: string;
  values: (number | null)[];
} {
  const isHeight = (point: TrailPoint) => point.flags?.includes("geometric") ?? false,
    known = history.filter((point) => point.altitude_m !== undefined),
    newest = known[known.length - 1],
    wanted = newest !== undefined && isHeight(newest),
    step = wanted ? FEET : FEET * 100;
  const values = history.map((point) =>
    point.altitude_m === undefined || isHeight(point) !== wanted ? null : point.altitude_m / step,
  );
  return { title: wanted ? "Height above the ellipsoid, ft" : "Level, FL", values };
}

// Times of an axis; with seconds where some would else be the same.
export function tickTimes(ticks: number[]): string[] {
  const minutes = ticks.map((t) => clock(t).slice(0, 5));
  return new Set(minutes).size < ticks.length ? ticks.map(clock) : minutes;
}
