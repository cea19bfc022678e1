// The map below the tracks: countries of world-atlas, from this server alone.
import maplibregl from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import worldUrl from "../generated/world.json?url";
import { type Theme, THEMES } from "./theme.js";

export interface View {
  longitude: number;
  latitude: number;
  zoom: number;
}

// Fills out[at] and out[at+1] with pixels of the map.
export type Projector = (
  longitude: number,
  latitude: number,
  out: Float32Array,
  at: number,
) => void;

export interface Tiles {
  url: string; // with {z}, {x} and {y}
  attribution: string;
}

const TILE = 512,
  ROUGH_STEPS = 4096,
  WORLD_LATEST_MS = 4000,
  RADIANS = Math.PI / 180;

// Mercator's y, 0 at the north end to 1 at the south end.
export function mercatorY(latitude: number): number {
  const s = Math.sin(Math.max(-85.06, Math.min(85.06, latitude)) * RADIANS);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
}

// The same within a pixel for where labels cannot be, eight times as fast.
const ROUGH = Float32Array.from({ length: 2 * ROUGH_STEPS + 2 }, (_, i) =>
  mercatorY((i * 90) / ROUGH_STEPS - 90),
);
function roughY(latitude: number): number {
  const at = ((latitude + 90) / 90) * ROUGH_STEPS,
    i = at | 0;
  return ROUGH[i]! + (ROUGH[i + 1]! - ROUGH[i]!) * (at - i);
}

export class AirMap {
  readonly map: maplibregl.Map;
  private isShown = false;
  onWorld = (): void => {}; // countries are there
  private tiles: Tiles | null = null;
  countries: { name: string; longitude: number; latitude: number; span: number }[] = [];

  constructor(
    container: HTMLElement,
    view: View,
    private theme: Theme,
  ) {
    this.map = new maplibregl.Map({
      container,
      center: [view.longitude, view.latitude],
      zoom: view.zoom,
      minZoom: 1,
      maxZoom: 16,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: true,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(
      new maplibregl.ScaleControl({ unit: "nautical", maxWidth: 120 }),
      "bottom-left",
    );
    this.map
      .getCanvas()
      .setAttribute(
        "aria-label",
        "Map of the air picture; arrow keys move it, plus and minus zoom",
      );
    setTimeout(() => this.showWorld(), WORLD_LATEST_MS);
  }

  // Draws the map itself, which has nothing before: tracks come first. A map without a style has no
  // shaders to compile and draws no frames, but moves.
  showWorld(): void {
    if (this.isShown) return;
    this.isShown = true;
    this.map.once("style.load", () => void this.addWorld());
    this.map.setStyle({
      version: 8,
      sources: {},
      layers: [{ id: "sea", type: "background", paint: { "background-color": this.theme.sea } }],
    });
  }

  private async addWorld(): Promise<void> {
    const world = (await (await fetch(worldUrl)).json()) as Topology;
    const countries = world.objects["countries"] as GeometryCollection<{ name: string }>;
    const { map, theme } = this,
      land = feature(world, countries);
    map.addSource("land", { type: "geojson", data: land, tolerance: 0.3 });
    map.addSource("coast", {
      type: "geojson",
      data: mesh(world, countries, (a, b) => a === b),
      tolerance: 0.3,
    });
    map.addSource("border", {
      type: "geojson",
      data: mesh(world, countries, (a, b) => a !== b),
      tolerance: 0.3,
    });
    map.addSource("grid", { type: "geojson", data: graticule() });
    map.addLayer({
      id: "land",
      type: "fill",
      source: "land",
      paint: { "fill-color": theme.land, "fill-antialias": false },
    });
    map.addLayer({
      id: "grid",
      type: "line",
      source: "grid",
      paint: { "line-color": theme.grid, "line-width": 1 },
    });
    map.addLayer({
      id: "border",
      type: "line",
      source: "border",
      paint: { "line-color": theme.border, "line-width": 1, "line-dasharray": [3, 2] },
    });
    map.addLayer({
      id: "coast",
      type: "line",
      source: "coast",
      paint: { "line-color": theme.coast, "line-width": 1 },
    });
    this.setTheme(this.theme);
    this.countries = land.features.map(nameOf).filter((one) => one.span > 0);
    if (this.tiles) this.addTiles(this.tiles);
    this.onWorld();
  }

  // Somebody else's map over the own one; pale by night, so that tracks stand out.
  setTiles(tiles: Tiles): void {
    this.tiles = tiles;
    if (this.countries.length > 0) this.addTiles(tiles);
  }

  private addTiles({ url, attribution }: Tiles): void {
    const { map } = this,
      text = new Option(attribution).innerHTML; // nothing in it is markup
    map.addSource("tiles", { type: "raster", tiles: [url], tileSize: 256, attribution: text });
    map.addLayer({ id: "tiles", type: "raster", source: "tiles" });
    map.addControl(new maplibregl.AttributionControl({ compact: false }), "bottom-right");
    this.setTheme(this.theme);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    const paint = (layer: string, property: string, value: string | number) => {
      if (this.isShown && this.map.getLayer(layer))
        this.map.setPaintProperty(layer, property, value);
    };
    paint("sea", "background-color", theme.sea);
    paint("land", "fill-color", theme.land);
    paint("grid", "line-color", theme.grid);
    paint("border", "line-color", theme.border);
    paint("coast", "line-color", theme.coast);
    paint("tiles", "raster-brightness-max", theme === THEMES.night ? 0.5 : 1);
    paint("tiles", "raster-saturation", theme === THEMES.night ? -0.6 : -0.2);
  }

  view(): View {
    const centre = this.map.getCenter();
    return { longitude: centre.lng, latitude: centre.lat, zoom: this.map.getZoom() };
  }

  size(): [number, number] {
    const canvas = this.map.getContainer();
    return [canvas.clientWidth, canvas.clientHeight];
  }

  // Longitude and latitude to pixels, without the map's matrices: it is never turned or tilted.
  projector(isRough = false): Projector {
    const { longitude: cx, latitude: cy } = this.view();
    const scale = this.worldPixels(),
      [width, height] = this.size();
    const x0 = width / 2,
      y0 = height / 2 - mercatorY(cy) * scale;
    const northing = isRough ? roughY : mercatorY;
    return (longitude, latitude, out, at) => {
      let turn = longitude - cx;
      if (turn > 180) turn -= 360;
      else if (turn < -180) turn += 360;
      out[at] = x0 + (turn / 360) * scale;
      out[at + 1] = y0 + northing(latitude) * scale;
    };
  }

  // How wide the whole world is.
  worldPixels(): number {
    return TILE * 2 ** this.map.getZoom();
  }

  metresPerPixel(): number {
    return (40_075_017 * Math.cos(this.map.getCenter().lat * RADIANS)) / this.worldPixels();
  }
}

function graticule(): GeoJSON.MultiLineString {
  const lines: number[][][] = [];
  for (let x = -180; x < 180; x += 5)
    lines.push([
      [x, -80],
      [x, 80],
    ]);
  for (let y = -80; y <= 80; y += 5)
    lines.push(Array.from({ length: 37 }, (_, i) => [-180 + 10 * i, y]));
  return { type: "MultiLineString", coordinates: lines };
}

// Where a country's name stands: in the middle of its largest part.
function nameOf(
  country: GeoJSON.Feature<GeoJSON.Geometry, { name: string }>,
): AirMap["countries"][number] {
  const { geometry, properties } = country;
  const parts =
    geometry.type === "Polygon"
      ? [geometry.coordinates]
      : geometry.type === "MultiPolygon"
        ? geometry.coordinates
        : [];
  const best = { name: properties.name, longitude: 0, latitude: 0, span: 0 };
  let largest = 0;
  for (const [ring] of parts) {
    let area = 0,
      x = 0,
      y = 0,
      west = 181,
      east = -181;
    for (let i = 0, j = ring!.length - 1; i < ring!.length; j = i++) {
      const [ax, ay] = ring![j]!,
        [bx, by] = ring![i]!,
        cross = ax! * by! - bx! * ay!;
      area += cross;
      x += (ax! + bx!) * cross;
      y += (ay! + by!) * cross;
      west = Math.min(west, ax!);
      east = Math.max(east, ax!);
    }
    if (Math.abs(area) <= largest) continue;
    largest = Math.abs(area);
    Object.assign(best, { longitude: x / (3 * area), latitude: y / (3 * area), span: east - west });
  }
  return best;
}
