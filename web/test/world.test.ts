import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { feature } from "topojson-client";
import type { GeometryCollection } from "topojson-specification";
import { nameOf } from "../src/countries.js";
import { unpackWorld } from "../src/world.js";

type Point = [longitude: number, latitude: number];

// Made by `npm run world`, which the runner of these tests does first.
const packed = readFileSync(new URL("../generated/world.bin", import.meta.url));
const world = unpackWorld(Uint8Array.from(packed).buffer);
const countries = world.objects["countries"] as GeometryCollection<{ name: string }>;
const land = feature(world, countries).features;

const polygonsOf = (geometry: GeoJSON.Geometry): Point[][][] =>
  (geometry.type === "MultiPolygon" ? geometry.coordinates : []) as Point[][][];

// Whether a place is on land: even and odd over all rings of a polygon.
function isLand([x, y]: Point): boolean {
  const crosses = (ring: Point[]) =>
    ring.slice(1).filter(([bx, by], i) => {
      const [ax, ay] = ring[i]!;
      return ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax);
    }).length;
  return land.some(({ geometry }) =>
    polygonsOf(geometry).some((rings) => rings.reduce((sum, ring) => sum + crosses(ring), 0) % 2),
  );
}

test("world: no edge goes around the Earth, and coasts are not cut edges", () => {
  let count = 0;
  for (const { geometry } of land)
    for (const ring of polygonsOf(geometry).flat())
      ring.slice(1).forEach(([x], i) => {
        assert.ok(Math.abs(x - ring[i]![0]) <= 180, `${ring[i]![0]} to ${x}`);
        count++;
      });
  assert.ok(count > 10_000);
  for (const lines of ["coast", "border"]) {
    const { geometry } = feature(world, world.objects[lines]!) as GeoJSON.Feature;
    const paths = (geometry as GeoJSON.MultiLineString).coordinates as Point[][];
    assert.ok(paths.length > 50);
    for (const path of paths)
      path.slice(1).forEach(([x, y], i) => {
        const [bx, by] = path[i]!;
        assert.ok(Math.abs(x - bx) <= 180, `${lines}: ${bx} to ${x}`);
        const isCut = Math.abs(x) === 180 && x === bx && Math.abs(y - by) > 1;
        assert.ok(!isCut, `${lines}: a line of ${y - by} degrees along ${x}`);
      });
  }
});

test("world: land on both sides of 180 degrees, sea where lines went around", () => {
  const places: [string, Point, boolean][] = [
    ["Chukotka", [-175, 66.7], true],
    ["Anadyr", [177, 66], true],
    ["Wrangel's island, east", [-179.5, 71.2], true],
    ["Wrangel's island, west", [179.4, 71.2], true],
    ["Viti Levu", [178, -17.8], true],
    ["Vanua Levu", [179.2, -16.6], true],
    ["Antarctica", [0, -85], true],
    ["Antarctica's edge", [179.9, -88], true],
    ["Greenland", [-40, 70], true],
    ["the Norwegian Sea", [0, 66.5], false],
    ["Baffin Bay", [-65, 71.1], false],
    ["the South Atlantic", [-10, -17], false],
    ["the Bering Sea", [179.9, 58], false],
    ["the Ross Sea", [-179, -75], false],
  ];
  for (const [name, place, is] of places) assert.equal(isLand(place), is, name);
});

test("world: names stand in their countries", () => {
  const names = new Map(land.map((one) => [one.properties.name, nameOf(one)]));
  const at = (name: string) => names.get(name)!;
  assert.equal(names.size, land.length);
  const fiji = at("Fiji");
  assert.ok(Math.abs(fiji.longitude - 178) < 0.4 && Math.abs(fiji.latitude + 17.8) < 0.3);
  assert.ok(fiji.span < 3, `${fiji.span}`);
  const russia = at("Russia");
  assert.ok(russia.longitude > 80 && russia.longitude < 110 && russia.latitude > 58);
  assert.ok(russia.span > 140 && russia.span < 170, `${russia.span}`);
  const inside = [...names.values()].filter((one) => isLand([one.longitude, one.latitude]));
  // Islands and bows have their middle elsewhere.
  assert.ok(inside.length > 0.8 * names.size, `${inside.length} of ${names.size}`);
});
