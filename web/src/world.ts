// The file of the base map as it is sent: a topology whose arcs are each one row of numbers, x and
// y by turns, which packs smaller than pairs do.
import type { Topology } from "topojson-specification";

export type PackedWorld = Omit<Topology, "arcs"> & { arcs: number[][] };

export function unpackWorld(packed: PackedWorld): Topology {
  const pairs = (row: number[]): number[][] =>
    Array.from({ length: row.length / 2 }, (_, i) => row.slice(2 * i, 2 * i + 2));
  return { ...packed, arcs: packed.arcs.map(pairs) };
}
