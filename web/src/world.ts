// The file of the base map as tools/world.mjs makes it: a topology whose arcs are a column of
// octets, which packs a fifth smaller than text does. First come the octets of the text (32 bits,
// little-endian) and the text, JSON with the count of points in the place of each arc; then the low
// octets of all numbers, x and y by turns, then their high octets. A number is the step from the
// point before, from 0 at the first of an arc, modulo 65536; doubled, and when negative, turned
// over: 0, -1, 1, -2, 2 ...
import type { Topology } from "topojson-specification";

type Counted = Omit<Topology, "arcs"> & { arcs: number[] };

const COUNTS = 65536; // more than a coordinate can be

export function unpackWorld(packed: ArrayBuffer): Topology {
  const octets = new Uint8Array(packed),
    low = 4 + new DataView(packed).getUint32(0, true),
    high = low + (octets.length - low) / 2;
  const world = JSON.parse(new TextDecoder().decode(octets.subarray(4, low))) as Counted;
  let at = 0;
  const stepFrom = (place: number): number => {
    const turned = octets[low + at]! + 256 * octets[high + at++]!,
      near = turned & 1 ? -(turned + 1) / 2 : turned / 2;
    return ((place + near + COUNTS) % COUNTS) - place;
  };
  const arcs = world.arcs.map((count) => {
    let x = 0,
      y = 0;
    return Array.from({ length: count }, () => {
      const step = [stepFrom(x), stepFrom(y)];
      x += step[0]!;
      y += step[1]!;
      return step;
    });
  });
  return { ...world, arcs };
}
