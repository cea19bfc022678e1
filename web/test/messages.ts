// Messages of the stream, made for tests.
import { type Changes, Flag, type Identity, type Kind } from "../src/delta.js";

interface Row {
  id: number;
  latitude?: number;
  longitude?: number;
  altitude?: number;
  speed?: number;
  course?: number;
  flags?: number;
  climb?: number; // m/s
  age?: number; // s
}

export function message(
  kind: Kind.snapshot | Kind.changes,
  sequence: number,
  rows: Row[],
  identities: Identity[] = [],
  removed: number[] = [],
  time = 1000 + sequence,
): Changes {
  return {
    kind,
    epoch: 7,
    sequence,
    since: sequence - 1,
    time,
    count: rows.length,
    ids: Uint32Array.from(rows, (r) => r.id),
    latitude: Int32Array.from(rows, (r) => (r.latitude ?? 50) * 1e7),
    longitude: Int32Array.from(rows, (r) => (r.longitude ?? 8) * 1e7),
    altitude: Int32Array.from(rows, (r) => r.altitude ?? 100000),
    speed: Uint16Array.from(rows, (r) => (r.speed ?? 0) * 10),
    course: Uint16Array.from(rows, (r) => ((r.course ?? 0) / 360) * 65536),
    climb: Int16Array.from(rows, (r) => (r.climb ?? 0) * 10),
    age: Uint16Array.from(rows, (r) => (r.age ?? 0) * 100),
    flags: Uint16Array.from(rows, (r) => r.flags ?? Flag.adsb),
    identities,
    removed: Uint32Array.from(removed),
  };
}

export const identity = (id: number, callsign: string): Identity => ({
  id,
  callsign,
  address: 0x3c6500 + id,
  trackNumber: 100 + id,
  squawk: 0o1234,
  category: 0xa3,
  selected: 3500,
});
