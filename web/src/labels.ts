// Where labels stand: beside their track, over no other label and no other symbol, and over lines
// of motion only where there is no other place.

export interface LabelWish {
  row: number;
  x: number;
  y: number; // of the symbol, pixels
  width: number;
  height: number;
  rank: number; // higher ones choose first
  place: number; // where it stood before; -1: nowhere
  dx: number;
  dy: number; // from the symbol to the end of its line of motion
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
export const SURE = 5e6; // from this rank on a label may even lie over symbols
// What a label may lie over.
const NOTHING = 0,
  LINES = 1,
  SYMBOLS = 2;
const GAP = 12,
  SYMBOL = 5, // from the middle of a symbol
  SQUARE = 2; // pixels

function leftAt(wish: LabelWish, place: number): number {
  const side = PLACES[place]![0];
  if (side === 0) return wish.x - wish.width / 2;
  return side > 0 ? wish.x + GAP : wish.x - GAP - wish.width;
}

function topAt(wish: LabelWish, place: number): number {
  const [across, side] = PLACES[place]!;
  if (side === 0) return wish.y - wish.height / 2;
  const reach = across === 0 ? GAP + 4 : SYMBOL;
  return side > 0 ? wish.y + reach : wish.y - reach - wish.height;
}

// Squares of a few pixels, a bit each.
class Squares {
  private readonly perRow: number; // words
  private readonly words: Uint32Array;

  constructor(width: number, height: number) {
    this.perRow = Math.ceil((Math.floor(width / SQUARE) + 1) / 32);
    this.words = new Uint32Array(this.perRow * (Math.floor(height / SQUARE) + 1));
  }

  addPoint(x: number, y: number): void {
    const square = Math.floor(x / SQUARE);
    this.words[Math.floor(y / SQUARE) * this.perRow + (square >> 5)]! |= 1 << (square & 31);
  }

  add(left: number, top: number, right: number, bottom: number): void {
    this.scan(left, top, right, bottom, true);
  }

  hits(left: number, top: number, right: number, bottom: number): boolean {
    return this.scan(left, top, right, bottom, false);
  }

  // Whether any is set; or sets all.
  private scan(left: number, top: number, right: number, bottom: number, sets: boolean): boolean {
    const first = Math.floor(left / SQUARE),
      last = Math.ceil(right / SQUARE) - 1,
      end = Math.ceil(bottom / SQUARE) - 1;
    for (let row = Math.floor(top / SQUARE); row <= end; row++)
      for (let word = first >> 5; word <= last >> 5; word++) {
        const from = Math.max(0, first - 32 * word),
          to = Math.min(31, last - 32 * word);
        const mask = (0xffffffff << from) & (0xffffffff >>> (31 - to)),
          at = row * this.perRow + word;
        if (sets) this.words[at]! |= mask;
        else if (this.words[at]! & mask) return true;
      }
    return false;
  }
}

// What is covered of the map, by symbols and by labels; all outside of it is.
export class Covered {
  private readonly symbols: Squares;
  private readonly labels: Squares;
  private readonly lines: Squares;

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    this.symbols = new Squares(width, height);
    this.labels = new Squares(width, height);
    this.lines = new Squares(width, height);
  }

  addSymbol(x: number, y: number): void {
    if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.symbols.addPoint(x, y);
  }

  // A line of motion.
  addLine(x: number, y: number, dx: number, dy: number): void {
    const far = Math.min(1, (this.width + this.height) / (Math.hypot(dx, dy) || 1)),
      steps = Math.ceil((Math.hypot(dx, dy) * far) / SQUARE);
    for (let i = 1; i <= steps; i++) {
      const toX = x + (dx * far * i) / steps,
        toY = y + (dy * far * i) / steps;
      if (toX >= 0 && toY >= 0 && toX < this.width && toY < this.height)
        this.lines.addPoint(toX, toY);
    }
  }

  // Nothing is to stand there.
  block(left: number, top: number, right: number, bottom: number): void {
    const { width, height } = this;
    if (right <= 0 || bottom <= 0 || left >= width || top >= height) return;
    this.labels.add(
      Math.max(0, left),
      Math.max(0, top),
      Math.min(width, right),
      Math.min(height, bottom),
    );
  }

  // Takes the place of a label, if it is free but for what it may lie over.
  take(left: number, top: number, width: number, height: number, over = NOTHING): boolean {
    const right = left + width,
      bottom = top + height;
    if (left < 0 || top < 0 || right > this.width || bottom > this.height) return false;
    if (this.labels.hits(left, top, right, bottom)) return false;
    if (over < LINES && this.lines.hits(left, top, right, bottom)) return false;
    if (over < SYMBOLS && this.isOnSymbol(left, top, right, bottom)) return false;
    this.labels.add(left, top, right, bottom);
    return true;
  }

  private isOnSymbol(left: number, top: number, right: number, bottom: number): boolean {
    const reach = SYMBOL - SQUARE / 2; // the squares make up for the rest
    return this.symbols.hits(
      Math.max(0, left - reach),
      Math.max(0, top - reach),
      Math.min(this.width, right + reach),
      Math.min(this.height, bottom + reach),
    );
  }
}

// The first place that is free, the one from before ahead of others; -1: none.
function findPlace(wish: LabelWish, covered: Covered): number {
  const most = wish.rank >= SURE ? SYMBOLS : LINES;
  for (let over = NOTHING; over <= most; over++)
    for (let i = wish.place < 0 ? 0 : -1; i < PLACES.length; i++) {
      const place = i < 0 ? wish.place : i,
        x = leftAt(wish, place),
        y = topAt(wish, place);
      if (covered.take(x, y, wish.width, wish.height, over)) return place;
    }
  return -1;
}

// Places as many as fit, at most `limit`, where nothing is covered; a label stays where it was as
// long as it can.
export function placeLabels(wishes: LabelWish[], covered: Covered, limit: number): LabelPlace[] {
  const placed: LabelPlace[] = [];
  wishes.sort((a, b) => b.rank - a.rank || a.row - b.row);
  for (const wish of wishes) {
    if (placed.length === limit) break;
    const place = findPlace(wish, covered);
    if (place < 0) continue;
    placed.push({
      row: wish.row,
      x: leftAt(wish, place) - wish.x,
      y: topAt(wish, place) - wish.y,
      width: wish.width,
      height: wish.height,
      place,
    });
  }
  return placed;
}

// The same as columns, as it travels to a worker and back. A wish is WISH numbers: x, y, width,
// height, rank, place, dx, dy; an answer PLACED numbers: index of the wish, x, y, place.
export interface LabelWork {
  width: number; // of the map, pixels
  height: number;
  limit: number;
  blocked: number[]; // left, top, right and bottom of what labels must not lie over or under
  symbols: Float32Array; // x and y of each
  wishes: Float64Array;
}
export const WISH = 8,
  PLACED = 4;

export function workOut(work: LabelWork): Float32Array {
  const { width, height, limit, blocked, symbols, wishes } = work,
    covered = new Covered(width, height),
    list: LabelWish[] = [];
  for (let i = 0; i < blocked.length; i += 4)
    covered.block(blocked[i]!, blocked[i + 1]!, blocked[i + 2]!, blocked[i + 3]!);
  for (let i = 0; i < symbols.length; i += 2) covered.addSymbol(symbols[i]!, symbols[i + 1]!);
  for (let i = 0; i < wishes.length; i += WISH) {
    const wish = wishes.subarray(i, i + WISH) as unknown as number[],
      [x, y, wide, high, rank, place, dx, dy] = wish;
    list.push({
      row: i / WISH,
      x: x!,
      y: y!,
      width: wide!,
      height: high!,
      rank: rank!,
      place: place!,
      dx: dx!,
      dy: dy!,
    });
    covered.addLine(x!, y!, dx!, dy!);
  }
  const placed = placeLabels(list, covered, limit);
  return Float32Array.from(placed.flatMap(({ row, x, y, place }) => [row, x, y, place]));
}
