// Makes generated/world.bin, the base map: countries of world-atlas (Natural Earth, 1:50 million)
// cut at 180 degrees, less those points that make the least difference, so that the page stays
// small; and their coasts and borders as lines.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { presimplify, quantile, simplify } from "topojson-simplify";
import { meshArcs, quantize } from "topojson-client";
import { cutWorld } from "./antimeridian.mjs";

const KEPT_SHARE = 0.3; // of the points
const GRID = 5e4; // steps around the Earth: 800 m

const require = createRequire(import.meta.url);
const world = JSON.parse(readFileSync(require.resolve("world-atlas/countries-50m.json"), "utf8"));
delete world.objects.land;
for (const country of world.objects.countries.geometries) {
    country.properties = { name: country.properties.name };
    delete country.id;
}
const cut = cutWorld(world, (whole) => ({
    coast: meshArcs(whole, whole.objects.countries, (a, b) => a === b),
    border: meshArcs(whole, whole.objects.countries, (a, b) => a !== b),
}));
const weighed = presimplify(cut);
const small = quantize(simplify(weighed, quantile(weighed, KEPT_SHARE)), GRID);

// As src/world.ts reads it.
function packed(topology) {
    const arcs = topology.arcs.map((arc) => arc.length),
        text = Buffer.from(JSON.stringify({ ...topology, arcs })),
        steps = topology.arcs.flat(2).map((step) => (step << 16) >> 16);
    const size = Buffer.alloc(4),
        turned = steps.map((step) => (step < 0 ? -2 * step - 1 : 2 * step));
    size.writeUInt32LE(text.length);
    const octets = [...turned.map((one) => one & 255), ...turned.map((one) => one >> 8)];
    return Buffer.concat([size, text, Buffer.from(octets)]);
}
mkdirSync(new URL("../generated/", import.meta.url), { recursive: true });
writeFileSync(new URL("../generated/world.bin", import.meta.url), packed(small));
