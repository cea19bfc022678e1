// What the panel says of a track, and the ellipse that is drawn about it, against the interface.
import assert from "node:assert/strict";
import { agree } from "./harness.mjs";

// By their names on the panel: what the interface tells, and how far a rounded figure may be off.
export const FIGURES = {
    Level: [(t) => t.pressure_altitude_ft / 100, 0.5],
    Selected: [(t) => t.selected_altitude_ft, 0.5],
    "Vertical rate": [(t) => t.vertical_rate_fpm, 5],
    Mach: [(t) => t.mach, 0.0005],
    Existence: [(t) => t.existence * 100, 0.005],
    "Position 1σ": [(t) => t.position_sigma_m, 0.5],
    "Velocity 1σ": [(t) => t.velocity_sigma_mps, 0.05],
    "Height 1σ": [(t) => t.height_sigma_m, 0.5],
    "NIC / NACp / SIL": [(t) => t.nic, 0],
};

const numberOf = (text) => Number(text.replace("−", "-").replace(/[^-.\d]/g, ""));

// All figures of the panel of this track; returns the names of those that are known.
export async function figuresAre(look, track) {
    const said = await look(`Object.fromEntries([...document.querySelectorAll("[data-value]")].map(
        (one) => [one.dataset.value, one.textContent]))`);
    return Object.entries(FIGURES)
        .filter(([name, [told, off]]) => {
            const value = told(track),
                text = said[name].split(" / ")[0];
            const isKnown = Number.isFinite(value);
            if (!isKnown) assert.equal(text, "–", name);
            else assert.ok(Math.abs(numberOf(text) - value) < off + 1e-9, `${name}: ${text}`);
            return isKnown;
        })
        .map(([name]) => name);
}

// Each point of the ellipse is two standard deviations from the track, by its covariance.
export async function ellipseIs(look, track) {
    const [[x, y], path] = await look(`(({ app: { motion, selected, store }, picture }) => {
        const row = store.row(selected), { shown } = picture.layers;
        return [[motion.longitude(row), motion.latitude(row)],
            shown.find((one) => one.id === "ellipse").props.data[0]];
    })(airpicture)`);
    const METRES = (6371e3 * Math.PI) / 180, // a degree
        turn = (track.position_sigma_axis_deg * Math.PI) / 180,
        [long, short] = [track.position_sigma_m, track.position_sigma_minor_m];
    assert.ok(long > 1.1 * short, `${long} and ${short} m are a circle`);
    assert.ok(path.length > 30);
    for (const [longitude, latitude] of path) {
        const east = (longitude - x) * METRES * Math.cos((y * Math.PI) / 180),
            north = (latitude - y) * METRES;
        const along = (east * Math.sin(turn) + north * Math.cos(turn)) / long,
            across = (east * Math.cos(turn) - north * Math.sin(turn)) / short;
        const sigmas = Math.hypot(along, across);
        assert.ok(Math.abs(sigmas - 2) < 0.02, `${sigmas} standard deviations, not 2`);
    }
}

// The curves of level and speed, which are those of the interface's history.
export async function plotsAre(page, id, get) {
    const { history } = await get(`api/v1/tracks/${id}?points=1000`),
        plots = "[airpicture.track.plot.level, airpicture.track.plot.speed]",
        isNear = (value, told, unit) =>
            told === undefined ? value === null : Math.abs(value * unit - told) < 1e-6;
    assert.ok(history.length > 5, `${history.length} points of ${id}`);
    await agree(page, async () => {
        const [[times, levels], [again, speeds]] = await page.evaluate(
            `${plots}.map((one) => one.data.map((column) => [...column]))`,
        );
        const told = history.map((one) => one.time_s);
        assert.deepEqual(times, told);
        assert.deepEqual(again, told);
        history.forEach(({ altitude_m, ground_speed_mps }, i) => {
            assert.ok(isNear(levels[i], altitude_m, 30.48), `${levels[i]}, ${altitude_m} m`);
            assert.ok(isNear(speeds[i], ground_speed_mps, 1852 / 3600), `${speeds[i]} kt`);
        });
        const scales = await page.evaluate(
            `${plots}.map(({ scales: { x, y } }) => [x.min, x.max, y.min, y.max])`,
        );
        for (const [i, values] of [levels, speeds].entries()) {
            const [begin, end, low, high] = scales[i],
                known = values.filter((one) => one !== null);
            assert.deepEqual([begin, end], [told[0], told.at(-1)]);
            assert.ok(low <= Math.min(...known) && high >= Math.max(...known), String(scales[i]));
        }
    });
}
