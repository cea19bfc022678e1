// Which part of the world is seen: all tracks, the selected one, the next one.
import type { App } from "./app.js";
import { type Place, spanOf, wrapped } from "./geo.js";
import { type AirMap, type Edges, inside } from "./map.js";
import type { Picture } from "./picture.js";

const FIT_ZOOM_MAX = 9,
  CENTRE_ZOOM = 7,
  CENTRED_DEG = 0.05,
  SHEET_SHARE = 0.9;

// Rows of `mask` that are seen, in the order in which they stand from left to right.
export function fromLeft(
  bounds: ReturnType<AirMap["bounds"]>,
  longitude: Float64Array,
  latitude: Float64Array,
  mask: Uint8Array,
): number[] {
  const isSeen = inside(...bounds),
    middle = (bounds[0] + bounds[2]) / 2,
    left = (row: number) => wrapped(longitude[row]! - middle);
  const rows = [...mask.keys()].filter(
    (row) => mask[row] && isSeen(longitude[row]!, latitude[row]!),
  );
  return rows.sort((a, b) => left(a) - left(b) || a - b);
}

export class View {
  private isTall = false;

  // The cards lie over the map, at its left or right side; on a phone they are sheets below.
  constructor(
    private readonly app: App,
    private readonly air: AirMap,
    private readonly picture: Picture,
    private readonly cards: HTMLElement[],
  ) {
    air.on("dragstart", () => {
      picture.isFollowing = false;
    });
    app.on("select", () => this.reveal());
    // A phone is turned: the cards stand elsewhere.
    new ResizeObserver(() => {
      const [width, height] = air.size(),
        wasTall = this.isTall;
      this.isTall = height > width;
      if (this.isTall !== wasTall) this.reveal(0); // what moves on would not end in the new middle
    }).observe(air.container);
  }

  // All tracks that are shown.
  fit(): void {
    const { store, mask } = this.app,
      rows = [...mask.subarray(0, store.count).keys()].filter((row) => mask[row]);
    if (rows.length === 0) return;
    const [west, east] = spanOf(Float64Array.from(rows, (row) => store.longitude[row]!));
    let south = 91,
      north = -91;
    for (const row of rows) {
      south = Math.min(south, store.latitude[row]!);
      north = Math.max(north, store.latitude[row]!);
    }
    this.air.fit(west, south, east, north, this.covered(50), FIT_ZOOM_MAX);
  }

  // The selected track in the middle; when it is there already, the map follows it, or no longer.
  centre(): void {
    const place = this.selectedPlace();
    if (!place) return;
    const now = this.air.view();
    const isCentred =
      Math.abs(wrapped(now.longitude - place[0])) + Math.abs(now.latitude - place[1]) < CENTRED_DEG;
    this.picture.isFollowing = isCentred && !this.picture.isFollowing;
    this.goTo(...place);
  }

  goTo(longitude: number, latitude: number): void {
    const zoom = Math.max(CENTRE_ZOOM, this.air.view().zoom);
    this.air.look({ longitude, latitude, zoom }, 300);
  }

  // Selects the next track of the view, from left to right.
  step(by: number): void {
    const { store, mask, selected } = this.app,
      seen = mask.subarray(0, store.count),
      rows = fromLeft(this.air.bounds(), store.longitude, store.latitude, seen);
    if (rows.length === 0) return;
    const at = rows.indexOf(store.row(selected));
    const first = by > 0 ? 0 : rows.length - 1;
    this.app.select(store.id[rows[at < 0 ? first : (at + by + rows.length) % rows.length]!]!);
  }

  private selectedPlace(): Place | null {
    const { store, selected } = this.app,
      row = store.row(selected);
    return row < 0 ? null : [store.longitude[row]!, store.latitude[row]!];
  }

  // How far the cards reach in from each side of the map: what is between them can be seen.
  private covered(margin: number): Edges {
    const box = this.air.container.getBoundingClientRect();
    const edge = { top: margin, bottom: margin, left: margin, right: margin };
    for (const card of this.cards) {
      const { left, right, width, height } = card.getBoundingClientRect();
      if (width === 0) continue;
      if (width > SHEET_SHARE * box.width) edge.bottom = Math.max(edge.bottom, margin + height);
      else if (left + right < box.left + box.right)
        edge.left = Math.max(edge.left, margin + right - box.left);
      else edge.right = Math.max(edge.right, margin + box.right - left);
    }
    return edge;
  }

  // Moves the map when the selected track lies under a card or outside.
  private reveal(ms = 350): void {
    const place = this.selectedPlace();
    if (!place) return;
    const at = this.air.project(place),
      edge = this.covered(20),
      [width, height] = this.air.size();
    const isSeen =
      at.x > edge.left &&
      at.x < width - edge.right &&
      at.y > edge.top &&
      at.y < height - edge.bottom;
    if (isSeen) return;
    const offset: [number, number] = [(edge.left - edge.right) / 2, (edge.top - edge.bottom) / 2];
    this.air.look({ longitude: place[0], latitude: place[1] }, ms, offset);
  }
}
