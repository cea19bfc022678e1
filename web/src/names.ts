// Names of countries and sensors, on a canvas below the tracks: drawn when the map moves, not when
// tracks do.
import type { App } from "./app.js";
import { fitCanvas } from "./dom.js";
import type { AirMap } from "./map.js";
import { THEMES } from "./theme.js";

const SITES_MAX_M = 450; // metres a pixel: beyond, the names of sites run into each other
const FONT = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const LINE = 13; // pixels
const SITE_PX = 5; // from its middle
const LETTER = 9; // pixels of a name's letter, with some room

export class Names {
  readonly canvas = document.createElement("canvas");
  boxes: number[] = []; // left, top, right, bottom of sites and their names

  constructor(
    private readonly app: App,
    private readonly map: AirMap,
  ) {
    this.canvas.className = "overlay";
    this.canvas.hidden = true;
    this.canvas.setAttribute("aria-hidden", "true");
    for (const topic of ["settings", "sensors"] as const) app.on(topic, () => this.draw());
    map.on("world", () => this.draw());
  }

  draw(): void {
    const { settings, sensors } = this.app;
    this.boxes = [];
    if (settings.rings) this.blockSites();
    const most = this.map.countries.length + sensors.sensors.length;
    this.canvas.hidden = !settings.names || most === 0;
    if (this.canvas.hidden) return; // and not made, as long as there is nothing on it
    const [width, height] = this.map.size(),
      g = fitCanvas(this.canvas, width, height);
    g.font = FONT;
    g.textBaseline = "middle";
    g.textAlign = "center";
    this.drawCountries(g, width, height);
    if (settings.rings && this.map.metresPerPixel() <= SITES_MAX_M) this.drawSites(g);
  }

  private drawCountries(g: CanvasRenderingContext2D, width: number, height: number): void {
    const at = new Float32Array(2),
      project = this.map.projector(),
      pixelsPerDegree = this.map.worldPixels() / 360;
    g.fillStyle = THEMES[this.app.settings.theme].country;
    for (const { name, longitude, latitude, span } of this.map.countries) {
      if (span * pixelsPerDegree < name.length * LETTER) continue;
      project(longitude, latitude, at, 0);
      if (at[0]! > 0 && at[1]! > 0 && at[0]! < width && at[1]! < height)
        g.fillText(name.toUpperCase(), at[0]!, at[1]!);
    }
  }

  // Sites are drawn from everywhere, by layers.ts.
  private blockSites(): void {
    const at = new Float32Array(2),
      project = this.map.projector();
    for (const { site } of this.app.sensors.sensors) {
      if (!site) continue;
      project(site.longitude_deg, site.latitude_deg, at, 0);
      this.boxes.push(at[0]! - SITE_PX, at[1]! - SITE_PX, at[0]! + SITE_PX, at[1]! + SITE_PX);
    }
  }

  private drawSites(g: CanvasRenderingContext2D): void {
    const at = new Float32Array(2),
      project = this.map.projector();
    g.fillStyle = THEMES[this.app.settings.theme].labelDim;
    const lines: { x: number; y: number; half: number }[] = [],
      half = LINE / 2;
    for (const { site, name } of this.app.sensors.sensors) {
      if (!site) continue;
      project(site.longitude_deg, site.latitude_deg, at, 0);
      const [x, y] = [at[0]!, at[1]!];
      const line = { x, y: y + LINE, half: g.measureText(name).width / 2 + 2 };
      const isOn = (one: typeof line) =>
        Math.abs(one.x - line.x) < one.half + line.half && Math.abs(one.y - line.y) < LINE;
      while (lines.some(isOn)) line.y += LINE; // several at one place stand below each other
      lines.push(line);
      g.fillText(name, line.x, line.y);
      this.boxes.push(line.x - line.half, line.y - half, line.x + line.half, line.y + half);
    }
  }
}
