// What deck.gl draws over the map: symbols, vectors, dots, trail, ellipse, sensors.
import { IconLayer, LineLayer, PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { Layer } from "@deck.gl/core";
import type { App } from "./app.js";
import type { TrackDetail } from "./api.js";
import { Flag } from "./delta.js";
import { source } from "./format.js";
import { circle, destination, ellipse, type Place } from "./geo.js";
import { DOTS } from "./store.js";
import { cellOf, iconDefinition, symbolPicture } from "./symbols.js";
import { levelColour, type Theme, THEMES } from "./theme.js";

const DOT_TRACKS_MAX = 3000;

export class Layers {
  readonly picture = symbolPicture();
  detail: TrackDetail | null = null; // of the selected track
  sweep = true;
  private dots: Layer | null = null;
  private rows = new Uint32Array(0); // that are shown
  private colours = new Uint8ClampedArray(0);
  private icons = new Float32Array(0);
  private fixed: Layer[] = [];

  constructor(private readonly app: App) {}

  theme(): Theme {
    return THEMES[this.app.settings.theme];
  }

  // Of what does not move between updates.
  update(): void {
    this.updateLooks();
    this.dots = this.app.settings.dots && this.app.shown <= DOT_TRACKS_MAX ? this.dotLayer() : null;
  }

  // Of sensors; when they or the settings change.
  updateFixed(): void {
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
    const outlines = receivers.flatMap((one) => {
      const sensor = placed.find((each) => each.index === one.sensor_index);
      const reach = one.outline_m ?? [];
      if (!sensor || !reach.some((metres) => metres > 0)) return [];
      const path = reach.map((metres, i) =>
        destination(at(sensor), ((i + 0.5) * 360) / reach.length, metres),
      );
      return [[...path, path[0]!]];
    });
    const show = this.app.settings.rings;
    this.fixed = [
      new PathLayer<Place[]>({
        id: "rings",
        data: show ? rings : [],
        getPath: (path) => path,
        getColor: [...theme.ring, 150],
        widthUnits: "pixels",
        getWidth: 1.2,
        updateTriggers: { getColor: this.app.settings.theme },
      }),
      new PathLayer<Place[]>({
        id: "outlines",
        data: show ? outlines : [],
        getPath: (path) => path,
        getColor: [...theme.outline, 80],
        widthUnits: "pixels",
        getWidth: 1,
        updateTriggers: { getColor: this.app.settings.theme },
      }),
      new ScatterplotLayer<Place>({
        id: "sites",
        data: show ? placed.map(at) : [],
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
    ];
  }

  all(): Layer[] {
    const list: Layer[] = [...this.fixed];
    if (this.dots) list.push(this.dots);
    list.push(...this.chosen(), ...this.moving());
    return list;
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

  // Colours and symbols of the shown rows: they change with updates, not between them.
  private updateLooks(): void {
    const { store, mask, shown } = this.app,
      theme = this.theme();
    this.rows = new Uint32Array(shown);
    this.colours = new Uint8ClampedArray(shown * 4);
    this.icons = new Float32Array(shown * 7);
    let n = 0;
    for (let row = 0; row < store.count && n < shown; row++) {
      if (!mask[row]) continue;
      this.rows[n] = row;
      this.colourOf(row, theme, this.colours, 4 * n);
      iconDefinition(cellOf(store.flags[row]!), this.icons, 7 * n);
      n++;
    }
  }

  private moving(): Layer[] {
    const { store, settings } = this.app,
      { rows, colours, icons } = this;
    const length = rows.length,
      seconds = settings.vector * 60;
    const position = new Float32Array(length * 2);
    const ends = seconds ? new Float32Array(length * 2) : null;
    const { shownLatitude, shownLongitude, north, east } = store;
    for (let n = 0; n < length; n++) {
      const row = rows[n]!,
        latitude = shownLatitude[row]!,
        longitude = shownLongitude[row]!;
      position[2 * n] = longitude;
      position[2 * n + 1] = latitude;
      if (!ends) continue;
      ends[2 * n] = longitude + east[row]! * seconds;
      ends[2 * n + 1] = latitude + north[row]! * seconds;
    }
    const getColor = { value: colours, size: 4 },
      getPosition = { value: position, size: 2 };
    const list: Layer[] = [];
    if (ends)
      list.push(
        new LineLayer({
          id: "vectors",
          widthUnits: "pixels",
          getWidth: 1.2,
          opacity: 0.75,
          data: {
            length,
            attributes: {
              getSourcePosition: getPosition,
              getTargetPosition: { value: ends, size: 2 },
              getColor,
            },
          },
        }),
      );
    list.push(
      new IconLayer({
        id: "symbols",
        iconAtlas: this.picture as unknown as string,
        iconMapping: {},
        sizeUnits: "pixels",
        getSize: 20,
        getAngle: 0,
        data: {
          length,
          attributes: { getPosition, getColor, instanceIconDefs: { value: icons, size: 7 } },
        },
      }),
    );
    return list;
  }

  // Trail, ellipse (two sigma) and ring of the selected track; rings of emergencies.
  private chosen(): Layer[] {
    const { store, selected } = this.app,
      theme = this.theme();
    const row = store.row(selected),
      list: Layer[] = [];
    const detail = this.detail?.track_id === selected ? this.detail : null;
    const here: Place | null =
      row < 0 ? null : [store.shownLongitude[row]!, store.shownLatitude[row]!];
    if (detail && detail.history.length > 0) {
      const path: Place[] = detail.history.map((point) => [
        point.longitude_deg,
        point.latitude_deg,
      ]);
      if (here) path.push(here);
      list.push(
        new PathLayer<Place[]>({
          id: "trail",
          data: [path],
          getPath: (each) => each,
          getColor: [...theme.trail, 190],
          widthUnits: "pixels",
          getWidth: 1.6,
          jointRounded: true,
          updateTriggers: { getColor: this.app.settings.theme },
        }),
      );
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
    for (const i of this.rows)
      if (store.flags[i]! & Flag.emergency)
        rings.push({
          place: [store.shownLongitude[i]!, store.shownLatitude[i]!],
          colour: theme.emergency,
          radius: 16,
        });
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
