// Where one looks at the Earth, and which pixel is which place. The map below the tracks,
// base_map.ts, comes after the first picture; from then on it says where one looks.
import type { Tiles } from "./api.js";
import type { BaseMap } from "./base_map.js";
import { h } from "./dom.js";
import { type Place, wrapped } from "./geo.js";
import type { Theme } from "./theme.js";

export interface View {
  longitude: number;
  latitude: number;
  zoom: number;
}

export type Pixel = { x: number; y: number };
export type Edges = Record<"top" | "bottom" | "left" | "right", number>;

// Fills out[at] and out[at+1] with pixels of the map.
export type Projector = (
  longitude: number,
  latitude: number,
  out: Float32Array,
  at: number,
) => void;

export interface Country {
  name: string;
  longitude: number;
  latitude: number;
  span: number; // degrees from west to east
}

interface Events {
  move: [];
  moveend: [];
  dragstart: [];
  world: []; // countries are there
  mousemove: [Place, Pixel];
  mouseout: [];
  click: [Place, Pixel];
}
type Listener<K extends keyof Events> = (...what: Events[K]) => void;

export const ZOOM_MIN = 1,
  ZOOM_MAX = 16;
const TILE = 512,
  AGAIN_MS = 5000, // until the map, which did not come, is asked for again
  ROUGH_STEPS = 4096,
  RADIANS = Math.PI / 180;

// Mercator's y, 0 at the north end to 1 at the south end.
function mercatorY(latitude: number): number {
  const s = Math.sin(Math.max(-85.06, Math.min(85.06, latitude)) * RADIANS);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
}

const latitudeOf = (y: number): number =>
  Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RADIANS;

// The same within a pixel for where labels cannot be, eight times as fast.
const ROUGH = Float32Array.from({ length: 2 * ROUGH_STEPS + 2 }, (_, i) =>
  mercatorY((i * 90) / ROUGH_STEPS - 90),
);
function roughY(latitude: number): number {
  const at = ((latitude + 90) / 90) * ROUGH_STEPS,
    i = at | 0;
  return ROUGH[i]! + (ROUGH[i + 1]! - ROUGH[i]!) * (at - i);
}

// Whether a place is between these degrees; west may be any turn away.
export function inside(
  west: number,
  south: number,
  east: number,
  north: number,
): (longitude: number, latitude: number) => boolean {
  const wide = east - west,
    from = wrapped(west);
  return (longitude, latitude) => {
    const turn = longitude - from;
    return latitude > south && latitude < north && (turn < 0 ? turn + 360 : turn) <= wide;
  };
}

export class AirMap {
  base: BaseMap | null = null;
  countries: Country[] = [];
  private isLoading = false;
  private known: [number, number] | null = null; // its size
  private tiles: Tiles | null = null;
  private readonly told: { [K in keyof Events]: Listener<K>[] } = {
    move: [],
    moveend: [],
    dragstart: [],
    world: [],
    mousemove: [],
    mouseout: [],
    click: [],
  };

  constructor(
    readonly container: HTMLElement,
    private camera: View,
    private theme: Theme,
  ) {
    // Asked for at any time, it would have the browser lay the page out at once.
    if (typeof ResizeObserver === "undefined") return;
    new ResizeObserver(() => {
      this.known = [container.clientWidth, container.clientHeight];
    }).observe(container);
  }

  on<K extends keyof Events>(event: K, listener: Listener<K>): void {
    this.told[event].push(listener);
  }

  tell<K extends keyof Events>(event: K, ...what: Events[K]): void {
    for (const listener of this.told[event]) listener(...what);
  }

  // Brings the map to be seen, which needs WebGL.
  async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    const part = await import("./base_map.js").catch(() => null);
    if (!part) {
      this.isLoading = false;
      setTimeout(() => void this.load(), AGAIN_MS);
      return;
    }
    const { BaseMap } = part,
      box = h("div", { class: "base" });
    this.container.prepend(box);
    this.base = new BaseMap(this, box, this.theme, this.tiles);
  }

  setCountries(countries: Country[]): void {
    this.countries = countries;
    this.tell("world");
  }

  // Somebody else's map over the own one.
  setTiles(tiles: Tiles): void {
    this.tiles = tiles;
    this.base?.setTiles(tiles);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.base?.setTheme(theme);
  }

  setCursor(cursor: string): void {
    if (this.base) this.base.map.getCanvas().style.cursor = cursor;
  }

  view(): View {
    return this.camera;
  }

  // The map was moved.
  moved(view: View): void {
    this.camera = { ...view, longitude: wrapped(view.longitude) };
    this.tell("move");
  }

  // Looks elsewhere, at once or within some time. The place comes to be `offset` pixels from the
  // middle.
  look(to: Partial<View>, ms = 0, offset: [number, number] = [0, 0]): void {
    const view = { ...this.camera, ...to };
    view.zoom = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, view.zoom));
    const world = TILE * 2 ** view.zoom;
    view.longitude -= (offset[0] / world) * 360;
    if (offset[1]) view.latitude = latitudeOf(mercatorY(view.latitude) - offset[1] / world);
    if (this.base) {
      const centre = { center: [view.longitude, view.latitude] as Place, zoom: view.zoom };
      if (ms) this.base.map.easeTo({ ...centre, duration: ms });
      else this.base.map.jumpTo(centre);
    } else {
      this.moved(view);
      this.tell("moveend");
    }
  }

  // A part of the Earth as large as it fits between the edges.
  fit(west: number, south: number, east: number, north: number, edges: Edges, most: number): void {
    const [width, height] = this.size(),
      top = mercatorY(north),
      bottom = mercatorY(south);
    const across = Math.max(1, width - edges.left - edges.right) / ((east - west) / 360),
      down = Math.max(1, height - edges.top - edges.bottom) / (bottom - top);
    const zoom = Math.min(most, Math.log2(Math.min(across, down) / TILE));
    const middle = { longitude: (west + east) / 2, latitude: latitudeOf((top + bottom) / 2) };
    this.look({ ...middle, zoom }, 0, [
      (edges.left - edges.right) / 2,
      (edges.top - edges.bottom) / 2,
    ]);
  }

  zoomBy(steps: number): void {
    this.look({ zoom: this.camera.zoom + steps }, 300);
  }

  size(): [number, number] {
    return this.known ?? [this.container.clientWidth, this.container.clientHeight];
  }

  // What is seen: west, south, east and north, in degrees; beyond -180 or 180 over the date line.
  bounds(): [west: number, south: number, east: number, north: number] {
    const [width, height] = this.size(),
      [west, north] = this.unproject(0, 0),
      [east, south] = this.unproject(width, height);
    return [west, south, east, north];
  }

  unproject(x: number, y: number): Place {
    const { longitude, latitude } = this.camera,
      world = this.worldPixels(),
      [width, height] = this.size();
    return [
      longitude + ((x - width / 2) / world) * 360,
      latitudeOf(mercatorY(latitude) + (y - height / 2) / world),
    ];
  }

  project([longitude, latitude]: Place): Pixel {
    const at = new Float32Array(2);
    this.projector()(longitude, latitude, at, 0);
    return { x: at[0]!, y: at[1]! };
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
    return TILE * 2 ** this.camera.zoom;
  }

  metresPerPixel(): number {
    return (40_075_017 * Math.cos(this.camera.latitude * RADIANS)) / this.worldPixels();
  }
}
