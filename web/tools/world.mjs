// Makes generated/world.json, the base map: countries of world-atlas (Natural Earth, 1:50 million)
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
small.arcs = small.arcs.map((arc) => arc.flat()); // src/world.ts makes pairs of them
mkdirSync(new URL("../generated/", import.meta.url), { recursive: true });
writeFileSync(new URL("../generated/world.json", import.meta.url), JSON.stringify(small));
