// The names of countries on the map.
import type { Country } from "./map.js";

// Where a country's name stands: in the middle of its largest part.
export function nameOf(
  country: GeoJSON.Feature<GeoJSON.Geometry, { name: string }>,
): Country {
  const { geometry, properties } = country;
  const parts =
    geometry.type === "Polygon"
      ? [geometry.coordinates]
      : geometry.type === "MultiPolygon"
        ? geometry.coordinates
        : [];
  const best = { name: properties.name, longitude: 0, latitude: 0, span: 0 };
  let largest = 0;
  for (const [ring] of parts) {
    let area = 0,
      x = 0,
      y = 0,
      west = 181,
      east = -181;
    for (let i = 0, j = ring!.length - 1; i < ring!.length; j = i++) {
      const [ax, ay] = ring![j]!,
        [bx, by] = ring![i]!,
        cross = ax! * by! - bx! * ay!;
      area += cross;
      x += (ax! + bx!) * cross;
      y += (ay! + by!) * cross;
      west = Math.min(west, ax!);
      east = Math.max(east, ax!);
    }
    if (Math.abs(area) <= largest) continue;
    largest = Math.abs(area);
    Object.assign(best, { longitude: x / (3 * area), latitude: y / (3 * area), span: east - west });
  }
  return best;
}
