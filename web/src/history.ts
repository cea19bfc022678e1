// Where tracks were before the page was opened: their dots, filled from the trails that the service
// keeps, in one request.
import type { Api } from "./api.js";
import { DOT_GAP_S, DOTS, type Store } from "./store.js";

export const DOT_TRACKS_MAX = 3000; // with more of them no dots are drawn

export interface Trail {
  id: string;
  temporalGeometry: { datetimes: string[]; coordinates: number[][] };
}

// The trails of the last minutes up to `now`, in seconds since 1970.
export async function trails(api: Api, now: number): Promise<Trail[]> {
  const from = new Date((now - (DOTS + 3) * DOT_GAP_S) * 1000).toISOString();
  const query = `limit=${DOT_TRACKS_MAX}&datetime=${from}/..`;
  return (await api.get<{ features: Trail[] }>(`ogc/collections/tracks/items?${query}`)).features;
}

// Adds dots older than those that there are, as many as there is room for. Between two points of a
// trail the way is straight.
export function fillDots(store: Store, found: Trail[]): void {
  for (const { id, temporalGeometry } of found) {
    const row = store.row(Number(id));
    if (row < 0) continue;
    const held = store.dotCount[row]!,
      times = temporalGeometry.datetimes.map((one) => Date.parse(one) / 1000),
      older: number[] = [];
    let time = store.dotTime[row]! - Math.max(0, held - 1) * DOT_GAP_S - (held ? DOT_GAP_S : 0);
    for (let n = held; n < DOTS; n++, time -= DOT_GAP_S) {
      const place = placeAt(times, temporalGeometry.coordinates, time);
      if (!place) break;
      older.unshift(...place);
    }
    store.setDots(row, older);
  }
}

function placeAt(times: number[], places: number[][], time: number): [number, number] | null {
  const i = times.findIndex((one) => one >= time);
  if (i < 0 || (i === 0 && times[0]! > time)) return null;
  const [x, y] = places[i] as [number, number];
  if (i === 0) return [x, y];
  const [ax, ay] = places[i - 1] as [number, number];
  if (Math.abs(x - ax) > 180) return null; // over the date line
  const share = (time - times[i - 1]!) / (times[i]! - times[i - 1]! || 1);
  return [ax + (x - ax) * share, ay + (y - ay) * share];
}
