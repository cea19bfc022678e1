// Where labels stand: beside their track, over no other label and no other symbol.

export interface LabelWish {
  row: number;
  x: number;
  y: number; // of the symbol, pixels
  width: number;
  height: number;
  rank: number; // higher ones choose first
  place: number; // where it stood before; -1: nowhere
}

export interface LabelPlace {
  row: number;
  x: number;
  y: number;
  width: number;
  height: number;
  place: number;
}

// Directions from the symbol: right and up first, as on paper strips.
const PLACES: readonly [number, number][] = [
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
];
const GAP = 12,
  CELL = 64;

function boxAt(wish: LabelWish, place: number): [number, number] {
  const [dx, dy] = PLACES[place]!;
  const x = dx > 0 ? wish.x + GAP : dx < 0 ? wish.x - GAP - wish.width : wish.x - wish.width / 2;
  const reach = dx === 0 ? GAP + 4 : 5;
  const y =
    dy > 0 ? wish.y + reach : dy < 0 ? wish.y - reach - wish.height : wish.y - wish.height / 2;
  return [x, y];
}

// A grid of cells that holds rectangles; asked for overlaps.
class Taken {
  private readonly cells = new Map<number, number[]>();
  private readonly boxes: number[] = [];

  private each(
    x: number,
    y: number,
    w: number,
    h: number,
    visit: (key: number) => boolean,
  ): boolean {
    for (let cy = Math.floor(y / CELL); cy <= Math.floor((y + h) / CELL); cy++)
      for (let cx = Math.floor(x / CELL); cx <= Math.floor((x + w) / CELL); cx++)
        if (visit((cy + 512) * 4096 + cx + 512)) return true;
    return false;
  }

  add(x: number, y: number, w: number, h: number): void {
    const at = this.boxes.push(x, y, x + w, y + h) - 4;
    this.each(x, y, w, h, (key) => {
      const cell = this.cells.get(key);
      if (cell) cell.push(at);
      else this.cells.set(key, [at]);
      return false;
    });
  }

  hits(x: number, y: number, w: number, h: number): boolean {
    return this.each(
      x,
      y,
      w,
      h,
      (key) =>
        this.cells
          .get(key)
          ?.some(
            (at) =>
              x < this.boxes[at + 2]! &&
              x + w > this.boxes[at]! &&
              y < this.boxes[at + 3]! &&
              y + h > this.boxes[at + 1]!,
          ) ?? false,
    );
  }
}

// Places as many as fit, at most `limit`; a label stays where it was as long as it can.
export function placeLabels(wishes: LabelWish[], limit: number): LabelPlace[] {
  const taken = new Taken(),
    placed: LabelPlace[] = [];
  wishes.sort((a, b) => b.rank - a.rank || a.row - b.row);
  for (const wish of wishes) taken.add(wish.x - 5, wish.y - 5, 10, 10);
  for (const wish of wishes) {
    if (placed.length === limit) break;
    const order = wish.place < 0 ? PLACES.keys() : [wish.place, ...PLACES.keys()];
    for (const place of order) {
      const [x, y] = boxAt(wish, place);
      if (taken.hits(x, y, wish.width, wish.height)) continue;
      taken.add(x, y, wish.width, wish.height);
      placed.push({
        row: wish.row,
        x: x - wish.x,
        y: y - wish.y,
        width: wish.width,
        height: wish.height,
        place,
      });
      break;
    }
  }
  return placed;
}
