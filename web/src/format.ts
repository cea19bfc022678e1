// Values in words, as people of the field write them.
import { Flag, NO_ADDRESS, NO_SQUAWK } from "./delta.js";

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
  String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f"); // toLocaleString takes a while

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
