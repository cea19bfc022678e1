// What deck.gl draws over the map, under the tracks: dots, trail, ellipse, marks, sensors. It is
// loaded when the first tracks are on the screen.
import { Deck, type Layer, MapView } from "@deck.gl/core";
import { PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { App } from "./app.js";
import type { TrackDetail } from "./api.js";
import type { Box } from "./filter.js";
import { circle, destination, ellipse, type Place } from "./geo.js";
import { DOT_TRACKS_MAX } from "./history.js";
import type { View } from "./map.js";
import { colourOf, type Records } from "./records.js";
import { DOTS } from "./store.js";
import { type Colour, type Theme, THEMES } from "./theme.js";

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
  detail: TrackDetail | null = null; // of the selected track
  sketch: Box | null = null; // an area that is being drawn
  shown: Layer[] = []; // by deck.gl
  private readonly deck: Deck<MapView>;
  private deckFrame: ((nowMs: number) => void) | null = null; // null: it is not ready
  private dots: Layer | null = null;
  private fixed: Layer[] = [];
  private isChanged = true;
  private isMoved = true;
  private hadMarks = false;
  private trail: { of: TrackDetail | null; paths: Place[][] } = { of: null, paths: [] };

  constructor(
    private readonly app: App,
    private readonly records: Records,
    private readonly parent: HTMLDivElement,
    private view: View,
  ) {
    this.deck = new Deck({
      parent,
      views: new MapView({ id: "map", repeat: true }),
      viewState: view,
      controller: false,
      // Lines and symbols smooth their edges themselves; nothing is behind anything.
      deviceProps: {
        type: "webgl",
        webgl: { antialias: false, depth: false, preserveDrawingBuffer: false },
      },
      ...this.ownFrames(),
    });
    this.updateFixed();
    this.update();
  }

  close(): void {
    this.deck.finalize();
    this.parent.replaceChildren();
  }

  theme(): Theme {
    return THEMES[this.app.settings.theme];
  }

  // The map looks there.
  look(view: View): void {
    this.view = view;
    this.isMoved = true;
  }

  // Of what does not move between updates.
  update(): void {
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

  // Draws what has changed since the last time; false when something is not drawn yet.
  draw(nowMs: number): boolean {
    if (!this.deckFrame) return false;
    const hasMarks = this.app.selected !== 0 || this.records.emergencies.length > 0;
    if (this.isChanged || hasMarks || this.hadMarks) {
      this.shown = [...this.fixed, ...(this.dots ? [this.dots] : []), ...this.chosen()];
      this.isChanged = false;
      this.hadMarks = hasMarks;
      this.deck.setProps({ layers: this.shown });
      this.isMoved = true;
    }
    if (this.isMoved || this.isWaiting() || this.deck.needsRedraw({ clearRedrawFlags: false })) {
      this.deck.setProps({ viewState: this.view });
      this.deckFrame(nowMs);
    }
    this.isMoved = false;
    // The browser need not put an empty canvas over the others.
    this.parent.style.visibility = this.shown.length > 0 ? "visible" : "hidden";
    return !this.isWaiting();
  }

  // deck.gl asks for a frame at every refresh of the screen; here the picture says when one is due.
  private ownFrames(): object {
    const requestAnimationFrame = (frame: (nowMs: number) => void) => {
      this.deckFrame = frame;
      return 1;
    };
    return { animationFrameProvider: { requestAnimationFrame, cancelAnimationFrame: () => {} } };
  }

  // Whether a shader is still being made.
  private isWaiting(): boolean {
    const waits = (one: Layer) => one.getModels().map((model) => model.needsRedraw());
    return this.shown.flatMap(waits).some(Boolean);
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
        colourOf(this.app, row, theme, colour, 4 * n);
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
    for (const i of this.records.emergencies)
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
