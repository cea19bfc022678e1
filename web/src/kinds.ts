// Kinds of aircraft and vehicles, by the emitter category that they send: DO-260B, 2.2.3.2.5.2.
export type AirKind = "large" | "small" | "rotorcraft" | "light" | "drone" | "ground" | "unknown";

export const KIND_WORDS: Record<AirKind, string> = {
  large: "Large aircraft",
  small: "Small aircraft, jets",
  rotorcraft: "Rotorcraft",
  light: "Glider, balloon, ultralight",
  drone: "Drone",
  ground: "Vehicle, obstacle",
  unknown: "Not told",
};

const BY_CATEGORY: Record<number, AirKind> = {
  0xa1: "small",
  0xa2: "small",
  0xa3: "large",
  0xa4: "large",
  0xa5: "large",
  0xa6: "small",
  0xa7: "rotorcraft",
  0xb1: "light",
  0xb2: "light",
  0xb3: "light",
  0xb4: "light",
  0xb6: "drone",
  0xc1: "ground",
  0xc2: "ground",
  0xc3: "ground",
  0xc4: "ground",
  0xc5: "ground",
};

export const kindOf = (category: number): AirKind => BY_CATEGORY[category] ?? "unknown";

// Those that have a mark, by its number; the first stands for all that have none.
export const MARKED: AirKind[] = ["unknown", "rotorcraft", "light", "drone", "ground"];
export const markOf = (category: number): number =>
  Math.max(0, MARKED.indexOf(kindOf(category)));

// What is drawn over the symbol at a place: rotors, wings, four motors, the ground.
export function drawKind(g: CanvasRenderingContext2D, kind: AirKind, x: number, y: number): void {
  const line = (ax: number, ay: number, bx: number, by: number) => {
    g.moveTo(x + ax, y + ay);
    g.lineTo(x + bx, y + by);
  };
  g.beginPath();
  if (kind === "rotorcraft") {
    line(-8, -8, 8, 8);
    line(-8, 8, 8, -8);
  } else if (kind === "light") line(-9, -8, 9, -8);
  else if (kind === "ground") line(-7, 8, 7, 8);
  else if (kind === "drone")
    for (const [dx, dy] of [
      [0, -9],
      [9, 0],
      [0, 9],
      [-9, 0],
    ] as const) {
      g.moveTo(x + dx + 1.5, y + dy);
      g.arc(x + dx, y + dy, 1.5, 0, 2 * Math.PI);
    }
  g.stroke();
}
