// Where tracks were before the picture began: their dots, filled in one request, from the trails
// that the service keeps, or in the past from the archive.
import type { Api } from "./api.js";
import { frames } from "./archive.js";
import type { Place } from "./geo.js";
import { DOT_GAP_S, DOTS, type Store } from "./store.js";

export const DOT_TRACKS_MAX = 3000; // with more of them no dots are drawn

export interface Trail {
  id: number;
  times: number[]; // seconds since 1970
  places: Place[];
}

interface Feature {
  id: string;
  temporalGeometry: { datetimes: string[]; coordinates: Place[] };
}

// The trails of the last minutes up to `now`, in seconds since 1970.
export async function trails(api: Api, now: number): Promise<Trail[]> {
  const from = new Date((now - (DOTS + 3) * DOT_GAP_S) * 1000).toISOString();
  const query = `limit=${DOT_TRACKS_MAX}&datetime=${from}/..`;
  const { features } = await api.get<{ features: Feature[] }>(
    `ogc/collections/tracks/items?${query}`,
  );
  return features.map(({ id, temporalGeometry: { datetimes, coordinates } }) => ({
    id: Number(id),
    times: datetimes.map((one) => Date.parse(one) / 1000),
    places: coordinates,
  }));
}

// The same of a time in the archive, which goes back to `begin`: where each was shown. Another life
// of the service, of another epoch, had other tracks.
export async function pastTrails(
  api: Api,
  now: number,
  begin: number,
  epoch: number,
): Promise<Trail[]> {
  const found = new Map<number, Trail>(),
    steps = Math.min(DOTS, Math.floor((now - begin) / DOT_GAP_S));
  for (const frame of await frames(api, now - steps * DOT_GAP_S, now, DOT_GAP_S))
    frame.ids.forEach((id, i) => {
      if (frame.epoch !== epoch) return;
      const trail = found.get(id) ?? { id, times: [], places: [] };
      found.set(id, trail);
      trail.times.push(frame.time);
      trail.places.push([frame.longitude[i]! / 1e7, frame.latitude[i]! / 1e7]);
    });
  return [...found.values()];
}

// Adds dots older than those that there are, as many as there is room for. Between two points of a
// trail the way is straight.
export function fillDots(store: Store, found: Trail[]): void {
  for (const { id, times, places } of found) {
    const row = store.row(id);
    if (row < 0) continue;
    const held = store.dotCount[row]!,
      older: number[] = [];
    let time = store.dotTime[row]! - Math.max(0, held - 1) * DOT_GAP_S - (held ? DOT_GAP_S : 0);
    for (let n = held; n < DOTS; n++, time -= DOT_GAP_S) {
      const place = placeAt(times, places, time);
      if (place) older.unshift(...place);
      else if (!(time > times.at(-1)!)) break; // since its newest point it is under its symbol
    }
    store.setDots(row, older);
  }
}

function placeAt(times: number[], places: Place[], time: number): Place | null {
  const i = times.findIndex((one) => one >= time);
  if (i < 0 || (i === 0 && times[0]! > time)) return null;
  const [x, y] = places[i]!;
  if (i === 0) return [x, y];
  const [ax, ay] = places[i - 1]!;
  if (Math.abs(x - ax) > 180) return null; // over the date line
  const share = (time - times[i - 1]!) / (times[i]! - times[i - 1]! || 1);
  return [ax + (x - ax) * share, ay + (y - ay) * share];
}
