// The map itself, by MapLibre GL: countries of world-atlas, from this server alone. It is large,
// and nobody needs it to see tracks: it is loaded after the first picture.
import maplibregl from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Tiles } from "./api.js";
import worldUrl from "../generated/world.bin?url";
import { nameOf } from "./countries.js";
import { type AirMap, type View, ZOOM_MAX, ZOOM_MIN } from "./map.js";
import { type Theme, THEMES } from "./theme.js";
import { unpackWorld } from "./world.js";

const AGAIN_MS = 5000; // until countries that did not come are asked for again

export class BaseMap {
  readonly map: maplibregl.Map;
  private world: Topology | null = null; // null: not here yet
  private readonly attribution = new maplibregl.AttributionControl({ compact: false });
  private isStyled = false; // not while graphics are lost, nor right after

  // In `box`, at the view of `air`, which is told from now on what the user does.
  constructor(
    private readonly air: AirMap,
    box: HTMLElement,
    private theme: Theme,
    private tiles: Tiles | null,
  ) {
    const { longitude, latitude, zoom } = air.view();
    this.map = new maplibregl.Map({
      container: box,
      center: [longitude, latitude],
      zoom,
      minZoom: ZOOM_MIN,
      maxZoom: ZOOM_MAX,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: true,
      fadeDuration: 0,
      locale: { "ScaleControl.NauticalMiles": "NM" },
      style: seaOf(theme),
    });
    this.map.once("style.load", () => void this.fetchWorld());
    this.followStyle();
    this.setControls();
    this.listen();
  }

  private setControls(): void {
    const { map } = this;
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new maplibregl.ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-left");
    map
      .getCanvas()
      .setAttribute(
        "aria-label",
        "Map of the air picture; arrow keys move it, plus and minus zoom",
      );
  }

  private listen(): void {
    const { map, air } = this;
    const view = (): View => {
      const { lng, lat } = map.getCenter();
      return { longitude: lng, latitude: lat, zoom: map.getZoom() };
    };
    map.on("move", () => air.moved(view()));
    map.on("moveend", () => air.tell("moveend"));
    map.on("dragstart", () => air.tell("dragstart"));
    map.on("mouseout", () => air.tell("mouseout"));
    for (const event of ["mousemove", "click"] as const)
      map.on(event, ({ lngLat, point }) => air.tell(event, [lngLat.lng, lngLat.lat], point));
    air.moved(view()); // it keeps the poles outside
  }

  // With the graphics the style is lost. What MapLibre brings back is of the moment of the loss;
  // nothing, when the style was still being made then.
  private followStyle(): void {
    const { map } = this;
    map.on("webglcontextlost", () => (this.isStyled = false));
    map.on("webglcontextrestored", () => {
      if (!map.style) map.setStyle(seaOf(this.theme), { diff: false });
    });
    map.on("style.load", () => {
      this.isStyled = true;
      this.complete();
    });
  }

  private async fetchWorld(): Promise<void> {
    const answer = await fetch(worldUrl).catch(() => null);
    if (!answer?.ok) return void setTimeout(() => void this.fetchWorld(), AGAIN_MS);
    this.world = unpackWorld(await answer.arrayBuffer());
    this.complete();
  }

  // Adds to the style what it lacks of all that is here.
  private complete(): void {
    const { map, world, tiles } = this;
    if (!this.isStyled) return;
    if (world && !map.getSource("land")) this.addWorld(world);
    if (world && tiles && !map.getSource("tiles")) this.addTiles(tiles);
    this.setTheme(this.theme);
  }

  private addWorld(world: Topology): void {
    const countries = world.objects["countries"] as GeometryCollection<{ name: string }>;
    const { map, theme } = this,
      land = feature(world, countries);
    map.addSource("land", { type: "geojson", data: land, tolerance: 0.3 });
    for (const lines of ["coast", "border"])
      map.addSource(lines, {
        type: "geojson",
        data: feature(world, world.objects[lines]!),
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
    // Their names are not to stand in an empty sea.
    const show = ({ sourceId, isSourceLoaded, tile }: maplibregl.MapSourceDataEvent) => {
      if (sourceId !== "land" || !isSourceLoaded || !tile) return;
      map.off("sourcedata", show);
      this.air.setCountries(land.features.map(nameOf).filter((one) => one.span > 0));
    };
    map.on("sourcedata", show);
  }

  // Somebody else's map over the own one; pale by night, so that tracks stand out.
  setTiles(tiles: Tiles): void {
    this.tiles = tiles;
    this.complete();
  }

  private addTiles({ url, attribution }: Tiles): void {
    const { map } = this,
      text = new Option(attribution).innerHTML; // nothing in it is markup
    map.addSource("tiles", { type: "raster", tiles: [url], tileSize: 256, attribution: text });
    map.addLayer({ id: "tiles", type: "raster", source: "tiles" });
    if (!map.hasControl(this.attribution)) map.addControl(this.attribution, "bottom-right");
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (!this.isStyled) return; // it is set with the style
    const paint = (layer: string, property: string, value: string | number) => {
      if (this.map.getLayer(layer)) this.map.setPaintProperty(layer, property, value);
    };
    paint("sea", "background-color", theme.sea);
    paint("land", "fill-color", theme.land);
    paint("grid", "line-color", theme.grid);
    paint("border", "line-color", theme.border);
    paint("coast", "line-color", theme.coast);
    paint("tiles", "raster-brightness-max", theme === THEMES.night ? 0.5 : 1);
    paint("tiles", "raster-saturation", theme === THEMES.night ? -0.6 : -0.2);
  }
}

const seaOf = ({ sea }: Theme): maplibregl.StyleSpecification => ({
  version: 8,
  sources: {},
  layers: [{ id: "sea", type: "background", paint: { "background-color": sea } }],
});

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
