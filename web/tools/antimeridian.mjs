// Cuts a topology where it crosses 180 degrees. world-atlas has its rings whole: on a flat map an
// edge from 179 to -179 degrees would go all around the Earth.
const EDGE = 180,
    SPAN_MAX = 90; // degrees of an arc: its ends are kept when points are left out

const sideOf = (x) => (x < 0 ? -EDGE : EDGE);
const isJump = ([ax], [bx]) => Math.abs(bx - ax) > EDGE;

// All arcs with their coordinates told one by one, in degrees.
function plainArcs({ arcs, transform }) {
    if (!transform) return arcs;
    const [kx, ky] = transform.scale,
        [dx, dy] = transform.translate;
    return arcs.map((arc) => {
        let x = 0,
            y = 0;
        return arc.map((step) => [(x += step[0]) * kx + dx, (y += step[1]) * ky + dy]);
    });
}

// The parts of an arc, each on one side. A point on the edge is on the side of those before it, or
// when it is the first, of those after it.
function cutArc(arc) {
    let part = [arc[0]];
    const parts = [part];
    for (const next of arc.slice(1)) {
        const last = part[part.length - 1];
        let point = next;
        if (isJump(last, point) && Math.abs(point[0]) === EDGE) point = [-point[0], point[1]];
        if (isJump(last, point)) {
            const side = sideOf(last[0]),
                share = (side - last[0]) / (point[0] + 2 * side - last[0]),
                y = last[1] + share * (point[1] - last[1]);
            if (part.length === 1 && last[0] === side) part[0] = [-side, y];
            else {
                if (last[0] !== side) part.push([side, y]);
                parts.push((part = [[-side, y]]));
            }
        }
        part.push(point);
        if (Math.abs(point[0] - part[0][0]) > SPAN_MAX) parts.push((part = [point]));
    }
    return parts.filter((one) => one.length > 1);
}

// A geometry with `ring` done to each of its rings.
const mapRings = (geometry, ring) => ({
    ...geometry,
    arcs:
        geometry.type === "MultiPolygon"
            ? geometry.arcs.map((polygon) => polygon.map(ring))
            : geometry.arcs.map(ring),
});

class Closer {
    constructor(arcs) {
        this.arcs = arcs;
    }

    begin(ref) {
        return ref < 0 ? this.arcs[~ref].at(-1) : this.arcs[ref][0];
    }

    end(ref) {
        return this.begin(~ref);
    }

    // The parts of a ring between two crossings; null when there are none.
    chains(ring) {
        const isCut = (i) => isJump(this.end(ring.at(i - 1)), this.begin(ring[i]));
        const first = ring.findIndex((_, i) => isCut(i));
        if (first < 0) return null;
        const chains = [];
        for (let n = 0; n < ring.length; n++) {
            const i = (first + n) % ring.length;
            if (isCut(i)) chains.push([]);
            chains.at(-1).push(ring[i]);
        }
        return chains;
    }

    // Between which ends of chains the edge of the map is the edge of the land: from the south, the
    // first and the second of each side, the third and the fourth.
    partners(chains) {
        const partner = new Map();
        for (const side of [-EDGE, EDGE]) {
            const ends = chains.flatMap((chain) => [
                { chain, isBegin: true, at: this.begin(chain[0]) },
                { chain, isBegin: false, at: this.end(chain.at(-1)) },
            ]);
            const here = ends.filter(({ at }) => at[0] === side);
            here.sort((a, b) => a.at[1] - b.at[1]);
            for (let i = 0; i < here.length; i += 2) {
                const [a, b] = here[i].isBegin ? [here[i + 1], here[i]] : [here[i], here[i + 1]];
                if (!a || a.isBegin || b.isBegin === false)
                    throw new Error(`a ring that crosses ${side} degrees cannot be closed`);
                partner.set(a.chain, b.chain);
            }
        }
        return partner;
    }

    // The way along the edge of the map, as a new arc.
    along(from, to) {
        if (from[1] === to[1]) return [];
        return [this.arcs.push([from, to]) - 1];
    }

    // The polygons, on one side each, that a polygon becomes.
    close(polygon) {
        const cut = polygon.map((ring) => this.chains(ring)),
            chains = cut.flatMap((one) => one ?? []),
            whole = polygon.filter((_, i) => !cut[i]);
        if (chains.length === 0) return [polygon];
        if (whole.length > 0) throw new Error("a polygon that is cut has a hole");
        const partner = this.partners(chains),
            left = new Set(chains),
            polygons = [];
        for (const first of chains) {
            const ring = [];
            for (let chain = first; left.delete(chain); chain = partner.get(chain)) {
                const to = this.begin(partner.get(chain)[0]);
                ring.push(...chain, ...this.along(this.end(chain.at(-1)), to));
            }
            if (ring.length > 0) polygons.push([ring]);
        }
        return polygons;
    }
}

// A topology like `world` with no edge over 180 degrees. `lines(topology)` gives more objects, of
// the arcs as they are before the cut rings are closed along the edge of the map.
export function cutWorld(world, lines) {
    const parts = plainArcs(world).map(cutArc),
        first = [],
        arcs = [];
    for (const list of parts) {
        first.push(arcs.length);
        arcs.push(...list);
    }
    const refsOf = (ref) => {
        const arc = ref < 0 ? ~ref : ref,
            refs = parts[arc].map((_, i) => first[arc] + i);
        return ref < 0 ? refs.reverse().map((one) => ~one) : refs;
    };
    const { countries } = world.objects,
        open = countries.geometries.map((one) => mapRings(one, (ring) => ring.flatMap(refsOf)));
    const objects = { countries: { ...countries, geometries: open } },
        more = lines({ type: "Topology", arcs, objects }),
        closer = new Closer(arcs);
    const geometries = open.map((one) => {
        const polygons = one.type === "Polygon" ? [one.arcs] : one.arcs;
        return { ...one, type: "MultiPolygon", arcs: polygons.flatMap((each) => closer.close(each)) };
    });
    return {
        type: "Topology",
        arcs,
        objects: { countries: { ...countries, geometries }, ...more },
    };
}
