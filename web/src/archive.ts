// What the archive of the service tells of the past: doc/api.md, /api/v1/archive.
import type { Alert, Api, TrackDetail, TrackState, TrailPoint } from "./api.js";
import { type Changes, isChanges, LayoutError, readMessage } from "./delta.js";

export interface Segment {
  begin_s: number;
  end_s: number;
  point_count: number;
  epoch: number;
  finished: boolean;
}

export interface Summary {
  now_s: number | null;
  begin_s?: number;
  end_s?: number;
  segments: Segment[];
}

export type Form = "geojson" | "kml" | "csv";

interface Told {
  now_s: number;
  track_id: number;
  track: Omit<TrackState, "sources"> & { sources?: string; address_kind?: string };
  reasons: TrackDetail["reasons"];
  history: TrailPoint[];
}

const ROOT = "api/v1/archive";

export const summary = (api: Api): Promise<Summary> => api.get<Summary>(ROOT);

export const alerts = async (api: Api): Promise<Alert[]> =>
  (await api.get<{ alerts: Alert[] }>(`${ROOT}/alerts`)).alerts;

// The messages of some time (seconds since 1970), the first a snapshot, `step` seconds apart; fewer
// when there are too many for one answer. Throws ApiError, or LayoutError when it is cut off.
export async function frames(
  api: Api,
  from: number,
  until: number,
  step: number,
): Promise<Changes[]> {
  const query = `from=${from}&until=${until}&step_s=${step}&format=binary`;
  const answer = await api.ask(`${ROOT}/frames?${query}`);
  return readFrames(await answer.arrayBuffer());
}

// Each message behind its size and four zeros, up to a multiple of eight. Throws LayoutError.
export function readFrames(octets: ArrayBuffer): Changes[] {
  const view = new DataView(octets),
    found: Changes[] = [];
  for (let at = 0; at < octets.byteLength;) {
    const size = at + 8 <= octets.byteLength ? view.getUint32(at, true) : 0;
    const message = readMessage(octets.slice(at + 8, at + 8 + size));
    if (!isChanges(message) || at + 8 + size > octets.byteLength)
      throw new LayoutError("the archive's answer is cut off");
    found.push(message);
    at += 8 + Math.ceil(size / 8) * 8;
  }
  return found;
}

// A track at a time (seconds since 1970) as the panel of the live one has it. Throws ApiError.
export async function track(api: Api, id: number, time: number): Promise<TrackDetail> {
  const told = await api.get<Told>(`${ROOT}/tracks/${id}?time=${time}`);
  const { sources, address_kind, icao24, ...state } = told.track;
  const address = address_kind && address_kind !== "icao" ? "other_address" : "icao24";
  return {
    ...told,
    track: {
      ...state,
      [address]: icao24,
      ...(sources ? { sources: sources.split(";") } : {}),
      update_age_s: Math.max(0, time - state.time_s),
    },
    reason_count: told.reasons.length,
    contributions: [],
    alerts: [],
  };
}

// The whole track, of the life of the service at `time`.
export async function file(
  api: Api,
  id: number,
  form: Form,
  time: number,
): Promise<string> {
  return (await api.ask(`${ROOT}/tracks/${id}.${form}?time=${time}`)).text();
}
