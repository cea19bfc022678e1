// The symbols, drawn once into one picture: a shape for each source, a drawing for each state.
import { Flag } from "./delta.js";
import { type Source, source } from "./format.js";

export const CELL = 40; // pixels of the picture a symbol; it is shown at half of that
const SOURCES: Source[] = ["fused", "adsb", "mlat", "radar", "primary", "none"];
const STATES = ["solid", "simulated", "coasting", "doubted"] as const;
export const COLUMNS = SOURCES.length,
  DOUBTED_ROW = STATES.indexOf("doubted"); // the only one that fills its cell
type State = (typeof STATES)[number];

function outline(g: CanvasRenderingContext2D, shape: Source, r: number): void {
  g.beginPath();
  if (shape === "fused") g.rect(-r * 0.82, -r * 0.82, r * 1.64, r * 1.64);
  else if (shape === "adsb")
    [
      [0, -1.15],
      [1.15, 0],
      [0, 1.15],
      [-1.15, 0],
    ].forEach(([x, y]) => g.lineTo(x! * r, y! * r));
  else if (shape === "mlat")
    [
      [0, -1.15],
      [1.1, 0.8],
      [-1.1, 0.8],
    ].forEach(([x, y]) => g.lineTo(x! * r, y! * r));
  else if (shape === "radar") g.arc(0, 0, r, 0, 2 * Math.PI);
  else if (shape === "none") g.arc(0, 0, r * 0.5, 0, 2 * Math.PI);
  else {
    g.moveTo(-r, 0);
    g.lineTo(r, 0);
    g.moveTo(0, -r);
    g.lineTo(0, r);
    return;
  }
  g.closePath();
}

function draw(g: CanvasRenderingContext2D, shape: Source, state: State): void {
  const r = 9;
  g.lineWidth = state === "doubted" ? 2.2 : 2.8;
  g.setLineDash(state === "coasting" ? [3.4, 3.2] : []);
  outline(g, shape, r);
  if (state === "solid" || state === "doubted") {
    g.globalAlpha = 0.9;
    g.fill();
    g.globalAlpha = 1;
  }
  g.stroke();
  g.setLineDash([]);
  if (state === "simulated" && shape !== "primary") {
    g.beginPath();
    g.arc(0, 0, 2.6, 0, 2 * Math.PI);
    g.fill();
  }
  if (state !== "doubted") return;
  const b = 17,
    e = 11; // corners around: not to be trusted
  g.lineWidth = 2;
  for (const [sx, sy] of [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ] as const) {
    g.beginPath();
    g.moveTo(sx * b, sy * e);
    g.lineTo(sx * b, sy * b);
    g.lineTo(sx * e, sy * b);
    g.stroke();
  }
}

export function symbolPicture(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = CELL * SOURCES.length;
  canvas.height = CELL * STATES.length;
  const g = canvas.getContext("2d")!;
  g.strokeStyle = g.fillStyle = "#fff";
  g.lineJoin = "round";
  STATES.forEach((state, y) =>
    SOURCES.forEach((shape, x) => {
      g.save();
      g.translate((x + 0.5) * CELL, (y + 0.5) * CELL);
      draw(g, shape, state);
      g.restore();
    }),
  );
  return canvas;
}

export function cellOf(flags: number): number {
  const y =
    flags & (Flag.identityDoubted | Flag.addressShared)
      ? 3
      : flags & Flag.coasting
        ? 2
        : flags & Flag.simulated
          ? 1
          : 0;
  return SOURCES.indexOf(source(flags)) + y * SOURCES.length;
}

// A small copy for legends and lists, in the colour of the text around it.
export function symbolUrl(picture: HTMLCanvasElement, cell: number, colour: string): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELL;
  const g = canvas.getContext("2d")!;
  const x = cell % SOURCES.length,
    y = Math.floor(cell / SOURCES.length);
  g.drawImage(picture, x * CELL, y * CELL, CELL, CELL, 0, 0, CELL, CELL);
  g.globalCompositeOperation = "source-in";
  g.fillStyle = colour;
  g.fillRect(0, 0, CELL, CELL);
  return canvas.toDataURL();
}
