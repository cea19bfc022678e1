// The texts of labels, each drawn once: text costs much, a copy of its picture little.

export interface LabelText {
  key: string; // the same for what looks the same
  lines: string[];
  colours: string[]; // of each line
  back: string;
  frame: string; // a colour; empty: none
  width: number;
  height: number; // pixels
}

export const LABEL_FONT =
  '12px "DejaVu Sans Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace';
export const LABEL_LINE = 14; // pixels
export const LABELS_MAX = 260;

// A quarter more than there are labels: when it is full, what is not shown any more makes room. It
// is kept small, for the browser copies it whole after each text that is drawn.
const COLUMNS = 5,
  ROWS = 65,
  WIDTH = 96, // pixels of a picture, when no more are asked for
  HEIGHT = 3 * LABEL_LINE + 4;

export class LabelPictures {
  private readonly canvas = document.createElement("canvas");
  private readonly g = this.canvas.getContext("2d")!;
  private readonly places = new Map<string, number>();
  private free: number[] = [];
  private scale = 0; // pixels of the screen a pixel
  private width = WIDTH; // of a picture, at most

  // Where the pictures of these texts are, LABELS_MAX at most, none wider than `width`; drawn where
  // they are not there yet.
  find(texts: LabelText[], scale: number, width: number): number[] {
    const keys = texts.map(({ key }) => key);
    const most = Math.max(WIDTH, Math.ceil(width));
    if (scale !== this.scale || most !== this.width) this.clear(scale, most);
    const unknown = keys.filter((key) => !this.places.has(key));
    if (unknown.length > this.free.length) this.makeRoom(new Set(keys));
    return texts.map((text, i) => this.places.get(keys[i]!) ?? this.add(text, keys[i]!));
  }

  copy(to: CanvasRenderingContext2D, place: number, text: LabelText, x: number, y: number): void {
    const { scale, width } = this,
      w = Math.min(width, text.width),
      h = Math.min(HEIGHT, text.height);
    const fromX = (place % COLUMNS) * width * scale,
      fromY = Math.floor(place / COLUMNS) * HEIGHT * scale;
    // Whole pixels of the screen: letters stay sharp.
    const toX = Math.round(x * scale) / scale,
      toY = Math.round(y * scale) / scale;
    to.drawImage(this.canvas, fromX, fromY, w * scale, h * scale, toX, toY, w, h);
  }

  private clear(scale: number, width: number): void {
    this.scale = scale;
    this.width = width;
    this.places.clear();
    this.free = Array.from({ length: COLUMNS * ROWS }, (_, i) => i);
    this.canvas.width = COLUMNS * this.width * scale;
    this.canvas.height = ROWS * HEIGHT * scale;
  }

  private makeRoom(wanted: Set<string>): void {
    for (const [key, place] of this.places) {
      if (wanted.has(key)) continue;
      this.places.delete(key);
      this.free.push(place);
    }
  }

  private add(text: LabelText, key: string): number {
    const place = this.free.pop()!;
    this.places.set(key, place);
    this.draw(text, place);
    return place;
  }

  private draw(text: LabelText, place: number): void {
    const { g, scale } = this,
      width = Math.min(this.width, text.width),
      height = Math.min(HEIGHT, text.height);
    const left = (place % COLUMNS) * this.width,
      top = Math.floor(place / COLUMNS) * HEIGHT;
    g.setTransform(scale, 0, 0, scale, left * scale, top * scale);
    g.clearRect(0, 0, this.width, HEIGHT);
    g.font = LABEL_FONT;
    g.textBaseline = "top";
    g.fillStyle = text.back;
    g.fillRect(0, 0, width, height);
    if (text.frame) {
      g.strokeStyle = text.frame;
      g.strokeRect(0.5, 0.5, width - 1, height - 1);
    }
    text.lines.forEach((line, i) => {
      g.fillStyle = text.colours[i]!;
      g.fillText(line, 3, 2 + i * LABEL_LINE);
    });
  }
}
