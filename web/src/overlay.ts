// The canvas over the map: labels with their lines, and the ruler. Also knows which track is under
// the pointer.
import type { App } from "./app.js";
import { Flag } from "./delta.js";
import { canvasScale, fitCanvas } from "./dom.js";
import { address, course, knots, level, trend, NAUTICAL_MILE } from "./format.js";
import { bearing, distance, type Place } from "./geo.js";
import { Covered, type LabelPlace, type LabelWish, placeLabels } from "./labels.js";
import { LABEL_FONT, LABEL_LINE, LabelPictures, type LabelText } from "./label_pictures.js";
import type { AirMap, Projector } from "./map.js";
import { css, type Theme, THEMES } from "./theme.js";

const LABELS_MAX = 260,
  WISHES_MAX = 700,
  PLACE_MS = 450,
  PLACE_MANY_MS = 3000, // with so many tracks, that finding places takes a while:
  MANY = 4000,
  PICK_PX = 14;

interface Pixel {
  x: number;
  y: number;
}

// Rows change their tracks when others end: labels know theirs by id.
interface Label extends LabelPlace {
  id: number;
}

// Whether a place is between these degrees; west may be any turn away.
function inside(
  west: number,
  east: number,
  south: number,
  north: number,
): (longitude: number, latitude: number) => boolean {
  const wide = east - west,
    from = ((((west + 180) % 360) + 360) % 360) - 180;
  return (longitude, latitude) => {
    const turn = longitude - from;
    return latitude > south && latitude < north && (turn < 0 ? turn + 360 : turn) <= wide;
  };
}

// The line from a symbol to its label, when that is not beside it.
function lead(g: CanvasRenderingContext2D, { x, y }: Pixel, place: LabelPlace): void {
  const left = x + place.x,
    top = y + place.y;
  const toX = Math.max(left, Math.min(x, left + place.width)),
    toY = Math.max(top, Math.min(y, top + place.height));
  const reach = Math.hypot(toX - x, toY - y);
  if (reach <= 9) return;
  g.moveTo(x + ((toX - x) * 8) / reach, y + ((toY - y) * 8) / reach);
  g.lineTo(toX, toY);
}

export class Overlay {
  readonly canvas = document.createElement("canvas");
  hovered = 0; // track id
  ruler: Place[] = [];
  private projector: Projector = () => {};
  private readonly at = new Float32Array(2);
  private places: Label[] = [];
  private placeOf = new Map<number, number>(); // id -> where its label stood
  private placedMs = 0;
  private zoom = 0;
  private letter = 7.2;
  private readonly pictures = new LabelPictures();

  constructor(
    private readonly app: App,
    private readonly map: AirMap,
  ) {
    this.canvas.className = "overlay";
    this.canvas.setAttribute("aria-hidden", "true");
    const g = this.canvas.getContext("2d")!;
    g.font = LABEL_FONT;
    this.letter = g.measureText("MMMMMMMMMM").width / 10;
  }

  // Pixels of a row, now.
  private locate(row: number): Pixel {
    const { motion } = this.app;
    this.projector(motion.longitude(row), motion.latitude(row), this.at, 0);
    return { x: this.at[0]!, y: this.at[1]! };
  }

  // The shown track nearest to a pixel, else whose label is there; 0: none.
  pick(x: number, y: number): number {
    const { store, mask, motion } = this.app;
    this.projector = this.map.projector();
    const here = this.map.map.unproject([x, y]),
      near = (PICK_PX * 360) / this.map.worldPixels();
    const isNear = inside(here.lng - near, here.lng + near, here.lat - near, here.lat + near);
    let best = PICK_PX,
      id = 0;
    for (let i = 0; i < store.count; i++) {
      if (!mask[i] || !isNear(motion.longitude(i), motion.latitude(i))) continue;
      const pixel = this.locate(i),
        distance = Math.hypot(pixel.x - x, pixel.y - y);
      if (distance >= best) continue;
      best = distance;
      id = store.id[i]!;
    }
    return id || this.pickLabel(x, y);
  }

  private pickLabel(x: number, y: number): number {
    const { store } = this.app;
    for (const place of this.places) {
      const row = store.row(place.id);
      if (row < 0) continue;
      const pixel = this.locate(row),
        left = pixel.x + place.x,
        top = pixel.y + place.y;
      if (x >= left && x <= left + place.width && y >= top && y <= top + place.height)
        return place.id;
    }
    return 0;
  }

  private name(row: number): string {
    const { store } = this.app;
    return (
      store.callsign[row] ||
      address(store.address[row]!).toUpperCase() ||
      (store.trackNumber[row] ? "T" + store.trackNumber[row] : "#" + store.id[row])
    );
  }

  private lines(row: number): string[] {
    const { store, settings } = this.app;
    const metres = store.altitude[row]!,
      flags = store.flags[row]!;
    const height = flags & Flag.onGround ? "GND" : level(metres) + trend(store.climb[row]!);
    const speed = String(knots(store.speed[row]!)).padStart(3, "0");
    const lines = [this.name(row)];
    if (settings.labelRows > 1) lines.push(`${height} ${speed}`);
    if (settings.labelRows > 2)
      lines.push(`${course(store.course[row]!)}°${flags & Flag.simulated ? " SIM" : ""}`);
    return lines;
  }

  private rank(row: number): number {
    const { store, selected } = this.app,
      id = store.id[row]!;
    if (id === selected) return 4e9;
    if (id === this.hovered) return 3e9;
    if (store.flags[row]! & Flag.emergency) return 2e9;
    return (this.placeOf.has(id) ? 1e8 : 0) + (store.altitude[row]! || 0);
  }

  // Finds places for labels of tracks in view; when there are more than WISHES_MAX, of those in an
  // emergency, the selected one and as many others, in the order of their rows.
  private place(width: number, height: number): void {
    const { store, mask, motion, selected } = this.app,
      covered = new Covered(width, height),
      rough = this.map.projector(true),
      isSeen = this.inView(),
      wishes: LabelWish[] = [],
      { at } = this,
      { shownLongitude, shownLatitude } = store,
      isFirst = (row: number) => (store.flags[row]! & Flag.emergency) !== 0;
    motion.leave();
    for (let i = 0; i < store.count; i++) {
      const longitude = shownLongitude[i]!,
        latitude = shownLatitude[i]!;
      if (!mask[i] || !isSeen(longitude, latitude)) continue;
      rough(longitude, latitude, at, 0);
      covered.addSymbol(at[0]!, at[1]!);
      const id = store.id[i]!;
      if (wishes.length < WISHES_MAX || isFirst(i) || id === selected || id === this.hovered)
        wishes.push(this.wish(i));
    }
    this.places = placeLabels(wishes, covered, LABELS_MAX).map((one) => ({
      ...one,
      id: store.id[one.row]!,
    }));
    this.placeOf = new Map(this.places.map((one) => [one.id, one.place]));
  }

  private wish(row: number): LabelWish {
    const lines = this.app.settings.labelRows,
      id = this.app.store.id[row]!;
    return {
      row,
      ...this.locate(row),
      rank: this.rank(row),
      place: this.placeOf.get(id) ?? -1,
      width: Math.max(this.name(row).length, lines > 1 ? 8 : 0) * this.letter + 6,
      height: lines * LABEL_LINE + 2,
    };
  }

  private inView(): (longitude: number, latitude: number) => boolean {
    const bounds = this.map.map.getBounds();
    return inside(
      bounds.getWest(),
      bounds.getEast(),
      bounds.getSouth(),
      bounds.getNorth(),
    );
  }

  // Something else than time has changed: places are found anew.
  forget(): void {
    this.placedMs = 0;
  }

  private placeMs(): number {
    return this.app.shown > MANY ? PLACE_MANY_MS : PLACE_MS;
  }

  get labelCount(): number {
    return this.places.length;
  }

  draw(nowMs: number): void {
    const [width, height] = this.map.size(),
      g = fitCanvas(this.canvas, width, height),
      theme = THEMES[this.app.settings.theme];
    this.projector = this.map.projector();
    const zoom = this.map.map.getZoom();
    if (!this.app.settings.labels) {
      this.places = [];
      this.placeOf.clear();
    } else if (nowMs - this.placedMs > this.placeMs() || Math.abs(zoom - this.zoom) > 0.25) {
      this.place(width, height);
      this.placedMs = nowMs;
      this.zoom = zoom;
    }
    this.drawLabels(g, theme);
    if (this.ruler.length === 2) this.drawRuler(g, theme);
    // Chromium may go on showing a canvas that was cleared and not drawn on.
    this.canvas.hidden = this.places.length === 0 && this.ruler.length !== 2;
  }

  private drawLabels(g: CanvasRenderingContext2D, theme: Theme): void {
    const { pictures } = this,
      places = this.current();
    pictures.begin(canvasScale(), places.length);
    const texts = places.map((one) =>
      pictures.find(this.text(one.row, theme), one.width, one.height),
    );
    g.lineWidth = 1;
    g.strokeStyle = theme.leader;
    g.beginPath();
    const pixels = places.map((one) => this.locate(one.row));
    places.forEach((one, i) => lead(g, pixels[i]!, one));
    g.stroke();
    places.forEach((one, i) => {
      const { x, y } = pixels[i]!;
      pictures.copy(g, texts[i]!, x + one.x, y + one.y, one.width, one.height);
    });
  }

  // Labels of those that are still there, with the rows that they have now.
  private current(): LabelPlace[] {
    const { store, mask } = this.app;
    return this.places
      .map((one) => ({ ...one, row: store.row(one.id) }))
      .filter((one) => one.row >= 0 && mask[one.row]);
  }

  private text(row: number, theme: Theme): LabelText {
    const { store, selected } = this.app,
      id = store.id[row]!,
      flags = store.flags[row]!,
      lines = this.lines(row),
      isChosen = id === selected || id === this.hovered;
    const one = flags & Flag.emergency ? css(theme.emergency) : isChosen ? theme.select : "";
    const first = flags & Flag.coasting ? theme.labelDim : theme.label;
    return {
      lines,
      colours: lines.map((_, i) => one || (i === 0 ? first : theme.labelDim)),
      back: theme.labelBack,
      frame: isChosen ? theme.select : "",
    };
  }

  private drawRuler(g: CanvasRenderingContext2D, theme: Theme): void {
    const [from, to] = this.ruler as [Place, Place],
      project = this.map.projector(),
      at = new Float32Array(4);
    project(from[0], from[1], at, 0);
    project(to[0], to[1], at, 2);
    g.strokeStyle = theme.select;
    g.lineWidth = 1.5;
    g.setLineDash([6, 4]);
    g.beginPath();
    g.moveTo(at[0]!, at[1]!);
    g.lineTo(at[2]!, at[3]!);
    g.stroke();
    g.setLineDash([]);
    const text = rulerText(from, to);
    g.font = LABEL_FONT;
    g.textAlign = "left";
    g.textBaseline = "middle";
    const wide = g.measureText(text).width + 12;
    g.fillStyle = theme.labelBack;
    g.fillRect(at[2]! + 12, at[3]! - 11, wide, 22);
    g.fillStyle = theme.select;
    g.fillText(text, at[2]! + 18, at[3]!);
  }
}

export function rulerText(from: Place, to: Place): string {
  const metres = distance(from, to);
  const miles = (metres / NAUTICAL_MILE).toFixed(1),
    km = (metres / 1000).toFixed(1);
  return `${miles} NM  ${km} km  ${course(bearing(from, to))}°`;
}
