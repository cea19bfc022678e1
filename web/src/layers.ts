// What deck.gl draws over the map: symbols, vectors, dots, trail, ellipse, sensors.
import { PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { Layer } from "@deck.gl/core";
import type { App } from "./app.js";
import type { TrackDetail } from "./api.js";
import { Flag } from "./delta.js";
import type { Box } from "./filter.js";
import { source } from "./format.js";
import { circle, destination, ellipse, type Place } from "./geo.js";
import { DOT_TRACKS_MAX } from "./history.js";
import { DOTS } from "./store.js";
import { cellOf, symbolPicture } from "./symbols.js";
import { type Colour, levelColour, type Theme, THEMES } from "./theme.js";
import {
  DIM,
  LOOK_AT,
  RECORD_FLOATS,
  RECORD_OCTETS,
  type Records,
  TrackLayer,
} from "./track_layer.js";

const FAST_MPS = 300,
  SYMBOL_PX = 5; // from its middle

function sides([west, south, east, north]: Box): Place[] {
  const end = east < west ? east + 360 : east; // over the date line
  return [
    [west, south],
    [end, south],
    [end, north],
    [west, north],
    [west, south],
  ];
}

export class Layers {
  readonly picture = symbolPicture();
  detail: TrackDetail | null = null; // of the selected track
  sketch: Box | null = null; // an area that is being drawn
  private dots: Layer | null = null;
  private fixed: Layer[] = [];
  private emergencies: number[] = []; // rows
  private base = 0; // times of the records count from here
  private readonly looks = new Uint32Array(65536); // by flags; 0: not reckoned yet
  private looksOf = "";
  private floats = new Float32Array(0);
  private readonly records: Records = {
    count: 0,
    version: 0,
    octets: new Uint8Array(0),
    now: 0,
    keep: 1,
    seconds: 0,
    isDrawn: false,
  };
  private isChanged = true; // more than the records
  private hadMarks = false;
  private trail: { of: TrackDetail | null; paths: Place[][] } = { of: null, paths: [] };

  constructor(private readonly app: App) {}

  theme(): Theme {
    return THEMES[this.app.settings.theme];
  }

  // Of what does not move between updates.
  update(): void {
    this.updateRecords();
    const had = this.dots !== null;
    this.dots = this.app.settings.dots && this.app.shown <= DOT_TRACKS_MAX ? this.dotLayer() : null;
    if (had || this.dots) this.isChanged = true;
  }

  // Of sensors; when they or the settings change, and when the past begins or ends: how far a
  // receiver has heard is known of now alone.
  updateFixed(): void {
    this.isChanged = true;
    const theme = this.theme(),
      { sensors, receivers } = this.app.sensors;
    const placed = sensors.filter((one) => one.site);
    const at = (one: (typeof placed)[number]): Place => [
      one.site!.longitude_deg,
      one.site!.latitude_deg,
    ];
    const rings = placed
      .filter((one) => (one.range_max_m ?? 0) > 0 && one.kind !== "mlat" && one.kind !== "adsb")
      .map((one) => circle(at(one), one.range_max_m!));
    const heard = this.app.past === null ? receivers : [];
    const outlines = heard.flatMap((one) => {
      const sensor = placed.find((each) => each.index === one.sensor_index);
      const reach = one.outline_m ?? [];
      if (!sensor || !reach.some((metres) => metres > 0)) return [];
      const path = reach.map((metres, i) =>
        destination(at(sensor), ((i + 0.5) * 360) / reach.length, metres),
      );
      return [[...path, path[0]!]];
    });
    this.fixed = this.areas();
    if (!this.app.settings.rings || placed.length === 0) return;
    this.fixed.push(
      new PathLayer<Place[]>({
        id: "rings",
        data: rings,
        getPath: (path) => path,
        getColor: [...theme.ring, 150],
        widthUnits: "pixels",
        getWidth: 1.2,
        updateTriggers: { getColor: this.app.settings.theme },
      }),
      new PathLayer<Place[]>({
        id: "outlines",
        data: outlines,
        getPath: (path) => path,
        getColor: [...theme.outline, 80],
        widthUnits: "pixels",
        getWidth: 1,
        updateTriggers: { getColor: this.app.settings.theme },
      }),
      new ScatterplotLayer<Place>({
        id: "sites",
        data: placed.map(at),
        getPosition: (place) => place,
        radiusUnits: "pixels",
        getRadius: 4,
        getFillColor: [...theme.ring, 255],
        stroked: true,
        getLineColor: theme.source.fused,
        lineWidthUnits: "pixels",
        getLineWidth: 1,
        updateTriggers: {
          getFillColor: this.app.settings.theme,
          getLineColor: this.app.settings.theme,
        },
      }),
    );
  }

  // The sides of the filter's area, of the sector of labels, and of what is being drawn.
  private areas(): Layer[] {
    const { filter, settings } = this.app,
      { selected, source } = this.theme(),
      { sector } = settings.label;
    const boxes = [
      { box: sector.box, colour: source.none },
      { box: filter.box, colour: selected },
      { box: this.sketch, colour: selected },
    ].filter((one): one is { box: Box; colour: Colour } => one.box !== null);
    if (boxes.length === 0) return [];
    return [
      new PathLayer<(typeof boxes)[number]>({
        id: "areas",
        data: boxes,
        getPath: (one) => sides(one.box),
        getColor: (one) => [...one.colour, 220],
        widthUnits: "pixels",
        getWidth: 1.4,
      }),
    ];
  }

  // What to draw now; null: the same layers as the last time, carried on to this moment. Seen from
  // afar the lines of motion lie under the symbols: they are not drawn.
  all(metresPerPixel: number): Layer[] | null {
    const { app, records } = this;
    records.now = app.motion.now - this.base;
    records.keep = app.motion.keep;
    const seconds = app.settings.vector * 60;
    records.seconds = seconds * FAST_MPS > SYMBOL_PX * metresPerPixel ? seconds : 0;
    const hasMarks = app.selected !== 0 || this.emergencies.length > 0;
    if (!this.isChanged && !hasMarks && !this.hadMarks) return null;
    this.isChanged = false;
    this.hadMarks = hasMarks;
    const tracks = new TrackLayer({ id: "tracks", records, symbols: this.picture });
    return [...this.fixed, ...(this.dots ? [this.dots] : []), ...this.chosen(), tracks];
  }

  // Whether something of these is not drawn yet: a shader is still being made.
  isWaiting(layers: Layer[]): boolean {
    const waits = (one: Layer) => one.getModels().map((model) => model.needsRedraw());
    const others = layers.filter((one) => !(one instanceof TrackLayer));
    return !this.records.isDrawn || others.flatMap(waits).some(Boolean);
  }

  private dotLayer(): Layer {
    const { store, mask } = this.app,
      theme = this.theme();
    const position = new Float32Array(this.app.shown * DOTS * 2),
      colour = new Uint8ClampedArray(this.app.shown * DOTS * 4);
    let n = 0;
    for (let row = 0; row < store.count; row++) {
      if (!mask[row]) continue;
      const held = store.dotCount[row]!;
      for (let i = 0; i < held; i++) {
        const at = (row * DOTS + ((store.dotNext[row]! - 1 - i + DOTS) % DOTS)) * 2;
        position[2 * n] = store.dot[at]!;
        position[2 * n + 1] = store.dot[at + 1]!;
        this.colourOf(row, theme, colour, 4 * n);
        colour[4 * n + 3] = 150 * (1 - i / DOTS);
        n++;
      }
    }
    return new ScatterplotLayer({
      id: "dots",
      data: {
        length: n,
        attributes: {
          getPosition: { value: position, size: 2 },
          getFillColor: { value: colour, size: 4 },
        },
      },
      radiusUnits: "pixels",
      getRadius: 1.4,
      stroked: false,
    });
  }

  private colourOf(row: number, theme: Theme, out: Uint8ClampedArray, at: number): void {
    const { store, settings } = this.app,
      flags = store.flags[row]!;
    if (settings.colour === "level" && !(flags & Flag.emergency)) {
      levelColour(theme, store.altitude[row]!, out, at);
    } else {
      const colour = flags & Flag.emergency ? theme.emergency : theme.source[source(flags)];
      out[at] = colour[0];
      out[at + 1] = colour[1];
      out[at + 2] = colour[2];
    }
    out[at + 3] = flags & (Flag.coasting | Flag.onGround) ? 150 : 255;
  }

  // What the graphics processor needs of the shown rows: it changes with updates, not between them.
  private updateRecords(): void {
    const { store, shown } = this.app,
      { records } = this;
    if (records.octets.length < shown * RECORD_OCTETS) {
      this.floats = new Float32Array(store.id.length * RECORD_FLOATS);
      records.octets = new Uint8Array(this.floats.buffer);
    }
    this.base = store.time;
    this.emergencies.length = 0;
    records.count = this.writeStates();
    this.writeLooks();
    records.version++;
  }

  private writeStates(): number {
    const { store, mask } = this.app,
      { floats, base } = this;
    const { longitude, latitude, east, north, stateTime, jumpLongitude, jumpLatitude } = store,
      { flags } = store;
    let at = 0;
    for (let row = 0; row < store.count; row++) {
      if (!mask[row]) continue;
      floats[at] = longitude[row]!;
      floats[at + 1] = latitude[row]!;
      floats[at + 2] = east[row]!;
      floats[at + 3] = north[row]!;
      floats[at + 4] = stateTime[row]! - base;
      floats[at + 5] = jumpLongitude[row]!;
      floats[at + 6] = jumpLatitude[row]!;
      at += RECORD_FLOATS;
      if (flags[row]! & Flag.emergency) this.emergencies.push(row);
    }
    return at / RECORD_FLOATS;
  }

  // Colours and symbols. By source they depend on nothing but the flags.
  private writeLooks(): void {
    const { store, mask, settings } = this.app,
      { flags: marks } = store,
      { looks } = this,
      words = new Uint32Array(this.floats.buffer);
    const by = settings.theme + settings.colour;
    if (by !== this.looksOf) looks.fill(0);
    this.looksOf = by;
    const isByLevel = settings.colour === "level";
    const colour = new Uint8ClampedArray(4);
    for (let row = 0, at = LOOK_AT / 4; row < store.count; row++) {
      if (!mask[row]) continue;
      const flags = marks[row]!;
      let look = isByLevel ? 0 : looks[flags]!;
      if (!look) {
        this.colourOf(row, this.theme(), colour, 0);
        const symbol = cellOf(flags) + (colour[3]! < 255 ? DIM : 0);
        look = colour[0]! | (colour[1]! << 8) | (colour[2]! << 16) | (symbol << 24);
        looks[flags] = look;
      }
      words[at] = look;
      at += RECORD_FLOATS;
    }
  }

  // The trail as it was told: deck.gl reckons it anew only when that changes.
  private trailOf(detail: TrackDetail): Place[][] {
    if (this.trail.of !== detail) {
      const path = detail.history.map(
        (point): Place => [point.longitude_deg, point.latitude_deg],
      );
      this.trail = { of: detail, paths: [path] };
    }
    return this.trail.paths;
  }

  // Trail, ellipse (two sigma) and ring of the selected track; rings of emergencies.
  private chosen(): Layer[] {
    const { store, motion, selected } = this.app,
      theme = this.theme();
    const row = store.row(selected),
      list: Layer[] = [];
    const detail = this.detail?.track_id === selected ? this.detail : null;
    const here: Place | null =
      row < 0 ? null : [motion.longitude(row), motion.latitude(row)];
    if (detail && detail.history.length > 0) {
      const paths = this.trailOf(detail),
        end = paths[0]!.at(-1)!;
      const line = (id: string, data: Place[][]) =>
        new PathLayer<Place[]>({
          id,
          data,
          getPath: (each) => each,
          getColor: [...theme.trail, 190],
          widthUnits: "pixels",
          getWidth: 1.6,
          jointRounded: true,
          updateTriggers: { getColor: this.app.settings.theme },
        });
      list.push(line("trail", paths));
      if (here) list.push(line("trail-end", [[end, here]]));
    }
    const sigma = detail?.track?.position_sigma_m;
    if (here && sigma)
      list.push(
        new PathLayer<Place[]>({
          id: "ellipse",
          data: [
            ellipse(
              here,
              2 * sigma,
              2 * (detail.track!.position_sigma_minor_m ?? sigma),
              detail.track!.position_sigma_axis_deg ?? 0,
            ),
          ],
          getPath: (each) => each,
          getColor: [...theme.ellipse, 230],
          widthUnits: "pixels",
          getWidth: 1.2,
        }),
      );
    const rings: { place: Place; colour: [number, number, number]; radius: number }[] = [];
    if (here) rings.push({ place: here, colour: theme.selected, radius: 13 });
    for (const i of this.emergencies)
      rings.push({
        place: [motion.longitude(i), motion.latitude(i)],
        colour: theme.emergency,
        radius: 16,
      });
    if (rings.length === 0) return list;
    list.push(
      new ScatterplotLayer<(typeof rings)[number]>({
        id: "marks",
        data: rings,
        getPosition: (each) => each.place,
        getLineColor: (each) => each.colour,
        filled: false,
        stroked: true,
        radiusUnits: "pixels",
        getRadius: (each) => each.radius,
        lineWidthUnits: "pixels",
        getLineWidth: 1.8,
      }),
    );
    return list;
  }
}
