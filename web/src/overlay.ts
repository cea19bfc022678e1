// The canvas over the map: labels with their lines, and the ruler. Also knows which track is under
// the pointer.
import type { App } from "./app.js";
import { Flag } from "./delta.js";
import { canvasScale, fitCanvas } from "./dom.js";
import { isOff } from "./filter.js";
import { course, NAUTICAL_MILE } from "./format.js";
import { bearing, distance, type Place } from "./geo.js";
import { LabelFields } from "./label_fields.js";
import {
  LABEL_FONT,
  LABEL_LINE,
  LABELS_MAX,
  LabelPictures,
  type LabelText,
} from "./label_pictures.js";
import { LabelPlaces } from "./label_places.js";
import { isForemost, LabelSurvey } from "./label_survey.js";
import { type Label, renewed, type Shown } from "./label_texts.js";
import { PLACED, WISH } from "./labels.js";
import { type AirMap, inside, type Pixel, type Projector } from "./map.js";
import { css, type Theme, THEMES } from "./theme.js";

const PLACE_MS = 450,
  PLACE_MANY_MS = 6000, // with so many tracks, that finding places takes a while:
  MANY = 4000,
  PICK_PX = 14;

// An end of the ruler: a track, or a place when `id` is 0 or its track is gone.
export interface RulerEnd {
  id: number;
  place: Place;
}

// The line from a symbol to its label, when that is not beside it.
function lead(g: CanvasRenderingContext2D, x: number, y: number, place: Label): void {
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
  ruler: RulerEnd[] = []; // none, or two
  rulerBox: number[] = []; // left, top, right, bottom of its words
  private projector: Projector = () => {};
  private readonly at = new Float32Array(2);
  private places: Label[] = [];
  private placeOf = new Map<number, number>(); // id -> where its label stood
  private shown: Shown[] | null = null; // null: rows and texts are to be looked up
  private readonly pixels = new Float32Array(2 * LABELS_MAX);
  private readonly finder: LabelPlaces;
  private survey: LabelSurvey | null = null; // goes on with each update
  private isSought = false; // it went on since the last frame
  private asked: { ids: number[]; wishes: number[] } = { ids: [], wishes: [] };
  private placedMs = 0;
  private zoom = 0;
  private scale = 0; // of the canvas when texts were drawn
  private letter = 7.2;
  private readonly pictures = new LabelPictures();
  fields: LabelFields;

  constructor(
    private readonly app: App,
    private readonly map: AirMap,
    private readonly blocked: () => number[], // labels.ts
    onPlaced: () => void, // labels stand elsewhere now
  ) {
    this.finder = new LabelPlaces((placed) => {
      this.settle(placed);
      onPlaced();
    });
    this.fields = new LabelFields(app.settings.label);
    app.on("settings", () => (this.fields = new LabelFields(app.settings.label)));
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
    const [longitude, latitude] = this.map.unproject(x, y),
      near = (PICK_PX * 360) / this.map.worldPixels();
    const isNear = inside(longitude - near, latitude - near, longitude + near, latitude + near);
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

  // Who has the full label: within the sector, and who is not to be overlooked.
  private isFull(row: number): boolean {
    const { app, fields, hovered } = this;
    return fields.isInside(app.store, row) || isForemost(app, hovered, row);
  }

  // Goes on finding out who is to have a label, and asks for their places when that is known.
  private seek(isWhole: boolean): void {
    const { survey } = this;
    if (!survey) return;
    let isKnown = survey.step();
    while (isWhole && !isKnown) isKnown = survey.step();
    if (!isKnown) return;
    this.survey = null;
    this.asked = survey;
    this.finder.ask(survey.work([...this.blocked(), ...this.rulerBox]));
  }

  wide(letters: number): number {
    return letters * this.letter + 6;
  }

  // The answer: labels stand there from now on.
  private settle(placed: Float32Array): void {
    const { ids, wishes } = this.asked;
    this.places = [];
    this.placeOf.clear();
    this.shown = null;
    if (!this.app.settings.labels) return;
    for (let i = 0; i < placed.length; i += PLACED) {
      const index = placed[i]!,
        id = ids[index]!;
      const [width, height] = [wishes[index * WISH + 2]!, wishes[index * WISH + 3]!];
      this.places.push({ id, x: placed[i + 1]!, y: placed[i + 2]!, width, height });
      this.placeOf.set(id, placed[i + 3]!);
    }
  }

  // Something else than time has changed: places are found anew.
  forget(): void {
    this.placedMs = 0;
    this.survey = null;
    this.renew();
  }

  // Which tracks are shown, how, or who of them is chosen, has changed.
  renew(): void {
    this.shown = null;
  }

  // What is kept by numbers of tracks, when these are others' now.
  forgetTracks(): void {
    this.hovered = 0;
    if (this.ruler.some(({ id }) => id !== 0)) this.ruler = [];
    this.forget();
  }

  // After an update: texts of the tracks that it told. By a filter others may be shown than before.
  update(): void {
    const { store, filter, settings } = this.app;
    this.seek(false);
    this.isSought = true;
    if (!isOff(filter) || this.fields.hasAge) this.shown = null;
    if (!this.shown) return;
    const theme = THEMES[settings.theme];
    const { left, isOther } = renewed(this.shown, store, (row, label) =>
      this.text(row, theme, label),
    );
    this.shown = left;
    if (isOther) this.findPictures(left);
  }

  private findPictures(shown: Shown[]): void {
    const found = this.pictures.find(
      shown.map(({ text }) => text),
      this.scale,
      this.wide(this.fields.widest),
    );
    found.forEach((picture, i) => (shown[i]!.picture = picture));
  }

  get labelCount(): number {
    return this.places.length;
  }

  draw(nowMs: number): void {
    const [width, height] = this.map.size(),
      g = fitCanvas(this.canvas, width, height),
      theme = THEMES[this.app.settings.theme];
    this.projector = this.map.projector();
    if (!this.app.settings.labels) {
      this.survey = null;
      if (this.places.length > 0) this.settle(new Float32Array(0));
    } else this.seekAll(nowMs);
    this.drawLabels(g, theme);
    this.rulerBox = [];
    if (this.ruler.length === 2) this.drawRuler(g, theme);
    // Chromium may go on showing a canvas that was cleared and not drawn on.
    this.canvas.hidden = this.places.length === 0 && this.ruler.length !== 2;
  }

  // In a frame: begins when places are due, and goes on when no update has.
  private seekAll(nowMs: number): void {
    const isMany = this.app.shown > MANY,
      { zoom } = this.map.view(),
      isZoomed = Math.abs(zoom - this.zoom) > 0.25;
    const isOther = isZoomed || this.placedMs === 0; // labels are to follow at once
    const isDue = nowMs - this.placedMs > (isMany ? PLACE_MANY_MS : PLACE_MS);
    if ((isOther || (isDue && !this.survey)) && !this.finder.isAsking) {
      this.survey = new LabelSurvey(this.app, this.map, this, this.placeOf);
      this.placedMs = nowMs;
      this.zoom = zoom;
      this.isSought = false;
    }
    if (!this.isSought) this.seek(isOther || !isMany);
    this.isSought = false;
  }

  private drawLabels(g: CanvasRenderingContext2D, theme: Theme): void {
    const { pictures, pixels, projector } = this,
      { motion } = this.app;
    if (this.scale !== canvasScale()) this.shown = null;
    const shown = (this.shown ??= this.look(theme));
    shown.forEach(({ row }, i) =>
      projector(motion.longitude(row), motion.latitude(row), pixels, 2 * i),
    );
    g.lineWidth = 1;
    g.strokeStyle = theme.leader;
    g.beginPath();
    shown.forEach(({ label }, i) => lead(g, pixels[2 * i]!, pixels[2 * i + 1]!, label));
    g.stroke();
    shown.forEach(({ label, text, picture }, i) =>
      pictures.copy(g, picture, text, pixels[2 * i]! + label.x, pixels[2 * i + 1]! + label.y),
    );
  }

  // Labels of those that are still there, with the rows and texts that they have now.
  private look(theme: Theme): Shown[] {
    const { store, mask } = this.app;
    this.scale = canvasScale();
    const list: Shown[] = this.places
      .map((label) => ({ label, row: store.row(label.id) }))
      .filter(({ row }) => row >= 0 && mask[row])
      .map(({ label, row }) => ({
        ...{ label, row, text: this.text(row, theme, label) },
        ...{ picture: 0, update: store.changedAt[row]! },
      }));
    this.findPictures(list);
    return list;
  }

  private text(row: number, theme: Theme, { width, height }: Label): LabelText {
    const { store, selected } = this.app,
      id = store.id[row]!,
      flags = store.flags[row]!,
      lines = this.fields
        .lines(store, row, this.isFull(row))
        .slice(0, Math.floor(height / LABEL_LINE)), // as many as it had when its place was found
      isChosen = id === selected || id === this.hovered;
    const one = flags & Flag.emergency ? css(theme.emergency) : isChosen ? theme.select : "";
    const first = flags & Flag.coasting ? theme.labelDim : theme.label;
    const colours = lines.map((_, i) => one || (i === 0 ? first : theme.labelDim)),
      frame = isChosen ? theme.select : "",
      back = theme.labelBack;
    const key = [...lines, ...colours, back, frame, width].join("\n");
    return { key, lines, colours, back, frame, width, height };
  }

  // Where an end of the ruler is now: its track goes on.
  rulerPlace({ id, place }: RulerEnd): Place {
    const row = this.app.store.row(id),
      { motion } = this.app;
    return row < 0 ? place : [motion.longitude(row), motion.latitude(row)];
  }

  private drawRuler(g: CanvasRenderingContext2D, theme: Theme): void {
    const [from, to] = this.ruler.map((end) => this.rulerPlace(end)) as [Place, Place],
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
    const wide = g.measureText(text).width + 12,
      [width, height] = this.map.size(),
      left = Math.max(0, Math.min(width - wide, at[2]! + 12)), // on a phone there is little room
      middle = Math.max(11, Math.min(height - 11, at[3]! + (left < at[2]! + 12 ? 24 : 0)));
    g.fillStyle = theme.sea;
    g.fillRect(left, middle - 11, wide, 22);
    this.rulerBox = [left, middle - 11, left + wide, middle + 11];
    g.fillStyle = theme.select;
    g.fillText(text, left + 6, middle);
  }
}

export function rulerText(from: Place, to: Place): string {
  const metres = distance(from, to);
  const miles = (metres / NAUTICAL_MILE).toFixed(1),
    km = (metres / 1000).toFixed(1);
  return `${miles} NM  ${km} km  ${course(bearing(from, to))}°`;
}
