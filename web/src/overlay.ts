// The canvas over the map: labels with their lines, names of sensors and countries, the ruler. Also
// knows which track is under the pointer.
import type { App } from "./app.js";
import { Flag } from "./delta.js";
import { address, course, knots, level, trend, NAUTICAL_MILE } from "./format.js";
import { bearing, distance, type Place } from "./geo.js";
import { type LabelPlace, type LabelWish, placeLabels } from "./labels.js";
import type { AirMap } from "./map.js";
import { css, type Theme, THEMES } from "./theme.js";

const LABELS_MAX = 260,
  WISHES_MAX = 700,
  OUTSIDE = -1e5,
  PLACE_MS = 450,
  PICK_PX = 14,
  LINE = 14;
const NAMES_MAX_M = 450; // metres a pixel: beyond, the names of sites run into each other
const FONT = '12px "DejaVu Sans Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace';
const SMALL = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export class Overlay {
  readonly canvas = document.createElement("canvas");
  hovered = 0; // track id
  ruler: Place[] = [];
  private xy = new Float32Array(0); // pixels of each row
  private places: LabelPlace[] = [];
  private placeOf = new Map<number, number>(); // id -> where its label stood
  private placedMs = 0;
  private zoom = 0;
  private letter = 7.2;

  constructor(
    private readonly app: App,
    private readonly map: AirMap,
  ) {
    this.canvas.className = "overlay";
    this.canvas.setAttribute("aria-hidden", "true");
    const g = this.canvas.getContext("2d")!;
    g.font = FONT;
    this.letter = g.measureText("MMMMMMMMMM").width / 10;
  }

  private project(): void {
    const { store } = this.app,
      project = this.map.projector();
    if (this.xy.length < store.count * 2) this.xy = new Float32Array(store.id.length * 2);
    const bounds = this.map.map.getBounds();
    const west = bounds.getWest(),
      wide = bounds.getEast() - west,
      edge = wide * 0.1;
    const south = bounds.getSouth() - 1,
      north = bounds.getNorth() + 1;
    for (let i = 0; i < store.count; i++) {
      const longitude = store.shownLongitude[i]!,
        latitude = store.shownLatitude[i]!;
      const turn = (((longitude - west + edge) % 360) + 360) % 360;
      if (latitude < south || latitude > north || turn > wide + 2 * edge)
        this.xy[2 * i] = this.xy[2 * i + 1] = OUTSIDE;
      else project(longitude, latitude, this.xy, 2 * i);
    }
  }

  // The shown track nearest to a pixel; 0: none near.
  pick(x: number, y: number): number {
    const { store, mask } = this.app;
    let best = PICK_PX * PICK_PX,
      id = 0;
    for (let i = 0; i < store.count; i++) {
      const dx = this.xy[2 * i]! - x,
        dy = this.xy[2 * i + 1]! - y,
        d = dx * dx + dy * dy;
      if (d < best && mask[i]) {
        best = d;
        id = store.id[i]!;
      }
    }
    if (id) return id;
    for (const place of this.places) {
      const left = this.xy[2 * place.row]! + place.x,
        top = this.xy[2 * place.row + 1]! + place.y;
      if (x >= left && x <= left + place.width && y >= top && y <= top + place.height)
        return store.id[place.row] ?? 0;
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

  private place(width: number, height: number): void {
    const { store, mask, selected } = this.app;
    const wishes: LabelWish[] = [];
    const rows = this.app.settings.labelRows;
    for (let i = 0; i < store.count; i++) {
      const x = this.xy[2 * i]!,
        y = this.xy[2 * i + 1]!;
      if (!mask[i] || !(x > 0 && y > 0 && x < width && y < height)) continue;
      const id = store.id[i]!,
        flags = store.flags[i]!;
      if (wishes.length >= WISHES_MAX && id !== selected && id !== this.hovered) continue;
      const rank =
        id === selected
          ? 4e9
          : id === this.hovered
            ? 3e9
            : flags & Flag.emergency
              ? 2e9
              : (this.placeOf.has(id) ? 1e8 : 0) + (store.altitude[i]! || 0);
      wishes.push({
        row: i,
        x,
        y,
        rank,
        place: this.placeOf.get(id) ?? -1,
        width: Math.max(this.name(i).length, rows > 1 ? 8 : 0) * this.letter + 6,
        height: rows * LINE + 2,
      });
    }
    this.places = placeLabels(wishes, LABELS_MAX);
    this.placeOf = new Map(this.places.map((one) => [store.id[one.row]!, one.place]));
  }

  // Rows change their tracks when some end: places are found anew.
  forget(): void {
    this.placedMs = 0;
  }

  get labelCount(): number {
    return this.places.length;
  }

  draw(nowMs: number): void {
    const [width, height] = this.map.size(),
      scale = Math.min(2, devicePixelRatio || 1);
    if (
      this.canvas.width !== Math.round(width * scale) ||
      this.canvas.height !== Math.round(height * scale)
    ) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    const g = this.canvas.getContext("2d")!,
      theme = THEMES[this.app.settings.theme];
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, width, height);
    this.project();
    if (this.app.settings.names) this.drawNames(g, theme, width, height);
    const zoom = this.map.view().zoom;
    if (!this.app.settings.labels) this.places = [];
    else if (nowMs - this.placedMs > PLACE_MS || Math.abs(zoom - this.zoom) > 0.25) {
      this.place(width, height);
      this.placedMs = nowMs;
      this.zoom = zoom;
    }
    this.drawLabels(g, theme);
    if (this.ruler.length === 2) this.drawRuler(g, theme);
  }

  private drawLabels(g: CanvasRenderingContext2D, theme: Theme): void {
    const { store, selected } = this.app;
    g.font = FONT;
    g.textBaseline = "top";
    g.textAlign = "left";
    g.lineWidth = 1;
    for (const place of this.places) {
      if (place.row >= store.count) continue;
      const x = this.xy[2 * place.row]!,
        y = this.xy[2 * place.row + 1]!;
      const left = x + place.x,
        top = y + place.y,
        id = store.id[place.row]!;
      const chosen = id === selected || id === this.hovered;
      g.strokeStyle = chosen ? theme.select : theme.leader;
      const toX = Math.max(left, Math.min(x, left + place.width)),
        toY = Math.max(top, Math.min(y, top + place.height));
      const reach = Math.hypot(toX - x, toY - y) || 1;
      if (reach > 9) {
        g.beginPath();
        g.moveTo(x + ((toX - x) * 8) / reach, y + ((toY - y) * 8) / reach);
        g.lineTo(toX, toY);
        g.stroke();
      }
      g.fillStyle = theme.labelBack;
      g.fillRect(left, top, place.width, place.height);
      if (chosen) g.strokeRect(left + 0.5, top + 0.5, place.width - 1, place.height - 1);
      const emergency = store.flags[place.row]! & Flag.emergency;
      this.lines(place.row).forEach((line, i) => {
        g.fillStyle = emergency
          ? css(theme.emergency)
          : chosen
            ? theme.select
            : i === 0 && !(store.flags[place.row]! & Flag.coasting)
              ? theme.label
              : theme.labelDim;
        g.fillText(line, left + 3, top + 2 + i * LINE);
      });
    }
  }

  private drawNames(
    g: CanvasRenderingContext2D,
    theme: Theme,
    width: number,
    height: number,
  ): void {
    const at = new Float32Array(2),
      project = this.map.projector();
    g.font = SMALL;
    g.textBaseline = "middle";
    g.textAlign = "center";
    g.fillStyle = theme.country;
    const pixelsPerDegree = (512 * 2 ** this.map.view().zoom) / 360;
    for (const country of this.map.countries) {
      if (country.span * pixelsPerDegree < country.name.length * 9) continue;
      project(country.longitude, country.latitude, at, 0);
      if (at[0]! > 0 && at[1]! > 0 && at[0]! < width && at[1]! < height)
        g.fillText(country.name.toUpperCase(), at[0]!, at[1]!);
    }
    if (!this.app.settings.rings || this.map.metresPerPixel() > NAMES_MAX_M) return;
    g.fillStyle = theme.labelDim;
    for (const sensor of this.app.sensors.sensors) {
      if (!sensor.site) continue;
      project(sensor.site.longitude_deg, sensor.site.latitude_deg, at, 0);
      g.fillText(sensor.name, at[0]!, at[1]! + 14);
    }
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
    g.font = FONT;
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
