// The symbols, drawn once into one picture: a shape for each source, a drawing for each state; and
// the marks of kinds, which are laid over them.
import { Flag } from "./delta.js";
import { type Source, source } from "./format.js";
import { type AirKind, drawKind, MARKED } from "./kinds.js";

export const CELL = 40; // pixels of the picture a symbol; it is shown at half of that
const SOURCES: Source[] = ["fused", "adsb", "mlat", "radar", "primary", "none"];
// What is read back must not be made by the graphics processor: the page would wait for it.
const READ: CanvasRenderingContext2DSettings = { willReadFrequently: true };
const STATES = ["solid", "simulated", "coasting", "simulated and coasting"] as const;
export const COLUMNS = SOURCES.length,
  DOUBTED_ROW = STATES.length, // from here on the same again in corners, which fill their cell
  MARK_ROW = 2 * STATES.length;
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

// Lines have no inside to be left out: the cross becomes one of two lines.
function hollowCross(g: CanvasRenderingContext2D, r: number): void {
  const a = r * 0.38;
  g.beginPath();
  for (let quarter = 0; quarter < 4; quarter++) {
    g.lineTo(a, -a);
    g.lineTo(r + 1, -a);
    g.lineTo(r + 1, a);
    g.rotate(Math.PI / 2);
  }
  g.closePath();
}

function draw(g: CanvasRenderingContext2D, shape: Source, state: State, doubted: boolean): void {
  const isSimulated = state.startsWith("simulated"),
    isHollowCross = isSimulated && shape === "primary",
    isSmall = shape === "none",
    r = isSmall && state !== "solid" ? 13 : 9; // of a dot the line alone is left
  g.lineWidth = isHollowCross || isSmall ? 1.7 : doubted ? 2.2 : 2.8;
  g.setLineDash(state.endsWith("coasting") ? [3.4, 3.2] : []);
  if (isHollowCross) hollowCross(g, r);
  else outline(g, shape, r);
  if (state === "solid") {
    g.globalAlpha = 0.9;
    g.fill();
    g.globalAlpha = 1;
  }
  g.stroke();
  g.setLineDash([]);
  if (isSimulated) {
    g.beginPath();
    g.arc(0, 0, isHollowCross ? 1.6 : 2.7, 0, 2 * Math.PI);
    g.fill();
  }
  if (!doubted) return;
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
  canvas.height = CELL * (MARK_ROW + 1);
  const g = canvas.getContext("2d", READ)!;
  g.strokeStyle = g.fillStyle = "#fff";
  g.lineJoin = "round";
  for (let y = 0; y < MARK_ROW; y++)
    SOURCES.forEach((shape, x) => {
      g.save();
      g.translate((x + 0.5) * CELL, (y + 0.5) * CELL);
      draw(g, shape, STATES[y % DOUBTED_ROW]!, y >= DOUBTED_ROW);
      g.restore();
    });
  g.scale(2, 2);
  g.lineWidth = 1.2;
  MARKED.forEach((kind, x) =>
    drawKind(g, kind, ((x + 0.5) * CELL) / 2, ((MARK_ROW + 0.5) * CELL) / 2),
  );
  return canvas;
}

export function cellOf(flags: number): number {
  const doubted = flags & (Flag.identityDoubted | Flag.addressShared) ? DOUBTED_ROW : 0,
    y = (flags & Flag.simulated ? 1 : 0) + (flags & Flag.coasting ? 2 : 0) + doubted;
  return SOURCES.indexOf(source(flags)) + y * SOURCES.length;
}

// A small copy for legends and lists, in the colour of the text around it.
export function symbolUrl(
  picture: HTMLCanvasElement,
  cell: number,
  colour: string,
  kind: AirKind = "unknown",
): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELL;
  const g = canvas.getContext("2d", READ)!;
  const x = cell % SOURCES.length,
    y = Math.floor(cell / SOURCES.length);
  g.drawImage(picture, x * CELL, y * CELL, CELL, CELL, 0, 0, CELL, CELL);
  g.scale(2, 2);
  drawKind(g, kind, CELL / 4, CELL / 4);
  g.globalCompositeOperation = "source-in";
  g.fillStyle = colour;
  g.fillRect(0, 0, CELL, CELL);
  return canvas.toDataURL();
}
