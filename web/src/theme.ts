// Colours. Sources are told apart by shape and by hues of Okabe and Ito's palette, which people
// with any kind of colour vision can tell apart; levels by a scale whose lightness rises with them.
import { FEET, type Source } from "./format.js";

export type Colour = [number, number, number];

export interface Theme {
  sea: string;
  land: string;
  coast: string;
  border: string;
  grid: string;
  country: string;
  label: string;
  labelDim: string;
  labelBack: string;
  leader: string;
  select: string;
  source: Record<Source, Colour>;
  emergency: Colour;
  ring: Colour;
  outline: Colour;
  trail: Colour;
  ellipse: Colour;
  selected: Colour;
  levels: Colour[];
}

export const THEMES: Record<"night" | "day", Theme> = {
  night: {
    sea: "#0b1018",
    land: "#141c27",
    coast: "#34465a",
    border: "#243140",
    grid: "#141d28",
    country: "#3f5166",
    label: "#d6e2ee",
    labelDim: "#8b9cb0",
    labelBack: "rgba(11,16,24,.62)",
    leader: "rgba(139,156,176,.5)",
    select: "#ffd166",
    source: {
      fused: [226, 236, 246],
      adsb: [104, 192, 246],
      mlat: [36, 180, 130],
      radar: [236, 222, 100],
      primary: [236, 160, 50],
      none: [130, 144, 160],
    },
    emergency: [255, 106, 61],
    ring: [70, 104, 140],
    outline: [58, 200, 160],
    trail: [255, 209, 102],
    ellipse: [255, 209, 102],
    selected: [255, 209, 102],
    levels: [
      [92, 84, 190],
      [64, 124, 214],
      [44, 164, 190],
      [76, 194, 140],
      [168, 214, 90],
      [246, 226, 92],
    ],
  },
  day: {
    sea: "#dfe7ee",
    land: "#f6f5f1",
    coast: "#9fb0bf",
    border: "#cfd3d2",
    grid: "#d3dde6",
    country: "#a3abb0",
    label: "#16202c",
    labelDim: "#4d5b69",
    labelBack: "rgba(250,250,248,.72)",
    leader: "rgba(77,91,105,.45)",
    select: "#a34700",
    source: {
      fused: [28, 40, 54],
      adsb: [0, 98, 168],
      mlat: [0, 122, 92],
      radar: [140, 100, 0],
      primary: [210, 120, 0],
      none: [110, 120, 130],
    },
    emergency: [190, 0, 60],
    ring: [120, 150, 178],
    outline: [0, 122, 92],
    trail: [163, 71, 0],
    ellipse: [163, 71, 0],
    selected: [163, 71, 0],
    levels: [
      [196, 132, 20],
      [120, 140, 40],
      [40, 130, 100],
      [20, 110, 150],
      [50, 72, 160],
      [60, 30, 110],
    ],
  },
};

const LEVEL_TOP_M = 12_500;

// Fills out[at..at+2]; what has no level (NaN) is of none of its colours.
export function levelColour(
  theme: Theme,
  metres: number,
  out: Uint8ClampedArray,
  at: number,
): void {
  const steps = theme.levels,
    top = steps.length - 1;
  if (Number.isNaN(metres)) return void out.set(theme.source.none, at);
  const share = Math.max(0, Math.min(1, metres / LEVEL_TOP_M)) * top;
  const i = Math.min(top - 1, Math.floor(share)),
    part = share - i;
  for (let c = 0; c < 3; c++) out[at + c] = steps[i]![c]! * (1 - part) + steps[i + 1]![c]! * part;
}

// The scale of levels, as a picture of CSS; and where a flight level stands in it, in percent.
export const levelScale = (theme: Theme): string =>
  `linear-gradient(to right, ${theme.levels.map(css).join(", ")})`;
export const levelShare = (flightLevel: number): number =>
  Math.min(100, (flightLevel * 100 * FEET * 100) / LEVEL_TOP_M);

export const css = (colour: Colour): string => `rgb(${colour.join(",")})`;
