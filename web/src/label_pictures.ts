// The texts of labels, each drawn once: text costs much, a copy of its picture little.

export interface LabelText {
  lines: string[];
  colours: string[]; // of each line
  back: string;
  frame: string; // a colour; empty: none
}

export const LABEL_FONT =
  '12px "DejaVu Sans Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace';
export const LABEL_LINE = 14; // pixels

const COLUMNS = 4,
  ROWS = 128,
  WIDTH = 128, // pixels of a picture, at most
  HEIGHT = 3 * LABEL_LINE + 4;

export class LabelPictures {
  private readonly canvas = document.createElement("canvas");
  private readonly g = this.canvas.getContext("2d")!;
  private readonly places = new Map<string, number>();
  private scale = 0;

  // Makes room for another scale (pixels of the screen a pixel), or when all places are taken.
  begin(scale: number, wanted: number): void {
    if (scale === this.scale && this.places.size + wanted <= COLUMNS * ROWS) return;
    this.scale = scale;
    this.places.clear();
    this.canvas.width = COLUMNS * WIDTH * scale; // clears it, too
    this.canvas.height = ROWS * HEIGHT * scale;
  }

  // Where the picture of this text is; drawn if it is not there yet. All before the first `copy`:
  // a canvas that is drawn on and copied by turns is copied whole each time.
  find(text: LabelText, width: number, height: number): number {
    const key = [...text.lines, ...text.colours, text.back, text.frame].join("\n");
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const place = this.places.size;
    this.places.set(key, place);
    this.draw(text, place, Math.min(WIDTH, width), Math.min(HEIGHT, height));
    return place;
  }

  copy(
    to: CanvasRenderingContext2D,
    place: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const { scale } = this,
      w = Math.min(WIDTH, width),
      h = Math.min(HEIGHT, height);
    const fromX = (place % COLUMNS) * WIDTH * scale,
      fromY = Math.floor(place / COLUMNS) * HEIGHT * scale;
    // Whole pixels of the screen: letters stay sharp.
    const toX = Math.round(x * scale) / scale,
      toY = Math.round(y * scale) / scale;
    to.drawImage(this.canvas, fromX, fromY, w * scale, h * scale, toX, toY, w, h);
  }

  private draw(text: LabelText, place: number, width: number, height: number): void {
    const { g, scale } = this;
    const left = (place % COLUMNS) * WIDTH,
      top = Math.floor(place / COLUMNS) * HEIGHT;
    g.setTransform(scale, 0, 0, scale, left * scale, top * scale);
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
