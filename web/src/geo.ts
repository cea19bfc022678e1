// The Earth as a sphere: for lines on a screen and for measuring (within 0.5 %).
const RADIANS = Math.PI / 180,
  RADIUS_M = 6_371_000;

export type Place = [longitude: number, latitude: number];

export function distance(a: Place, b: Place): number {
  const dy = Math.sin(((b[1] - a[1]) * RADIANS) / 2),
    dx = Math.sin(((b[0] - a[0]) * RADIANS) / 2);
  const s = dy * dy + Math.cos(a[1] * RADIANS) * Math.cos(b[1] * RADIANS) * dx * dx;
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(s)));
}

// Degrees clockwise from true north, at a.
export function bearing(a: Place, b: Place): number {
  const dl = (b[0] - a[0]) * RADIANS,
    from = a[1] * RADIANS,
    to = b[1] * RADIANS;
  const y = Math.sin(dl) * Math.cos(to);
  const x = Math.cos(from) * Math.sin(to) - Math.sin(from) * Math.cos(to) * Math.cos(dl);
  return (Math.atan2(y, x) / RADIANS + 360) % 360;
}

export function destination(from: Place, degrees: number, metres: number): Place {
  const turn = degrees * RADIANS,
    d = metres / RADIUS_M,
    lat = from[1] * RADIANS;
  const to = Math.asin(Math.sin(lat) * Math.cos(d) + Math.cos(lat) * Math.sin(d) * Math.cos(turn));
  const dl = Math.atan2(
    Math.sin(turn) * Math.sin(d) * Math.cos(lat),
    Math.cos(d) - Math.sin(lat) * Math.sin(to),
  );
  return [from[0] + dl / RADIANS, to / RADIANS];
}

export function circle(centre: Place, metres: number, steps = 96): Place[] {
  return Array.from({ length: steps + 1 }, (_, i) =>
    destination(centre, (360 * i) / steps, metres),
  );
}

// Semi-axes in metres; the longer one points to `axis` degrees.
export function ellipse(centre: Place, long: number, short: number, axis: number): Place[] {
  return Array.from({ length: 49 }, (_, i) => {
    const t = (i / 48) * 2 * Math.PI,
      along = long * Math.cos(t),
      across = short * Math.sin(t);
    return destination(
      centre,
      axis + Math.atan2(across, along) / RADIANS,
      Math.hypot(along, across),
    );
  });
}

// Longitudes within a half turn.
export const wrapped = (degrees: number): number =>
  degrees >= -180 && degrees < 180 ? degrees : ((((degrees + 180) % 360) + 360) % 360) - 180;

// The narrowest part of the Earth with all these longitudes: where their largest gap ends, and
// where it begins, beyond 180 when that is over the date line. Sorts them.
export function spanOf(longitudes: Float64Array): [west: number, east: number] {
  longitudes.sort();
  const last = longitudes.length - 1;
  let west = longitudes[0]!,
    east = longitudes[last]!,
    gap = west + 360 - east;
  for (let i = 1; i <= last; i++) {
    if (longitudes[i]! - longitudes[i - 1]! <= gap) continue;
    gap = longitudes[i]! - longitudes[i - 1]!;
    west = longitudes[i]!;
    east = longitudes[i - 1]! + 360;
  }
  return [west, east];
}
