// The page with recorded traffic, at a moment where it stands still: a simulated recording comes
// through a pipe that stays open, so the service waits for more. Login, what the panel says, a link
// with filters, and pictures compared with those of doc/pictures, one of them of an archive.
//   node test/browser/recorded.mjs PROGRAM
// AP_PICTURES=write takes the pictures anew.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
    agree,
    angleBetween,
    axeClean,
    cases,
    DIALOG,
    saved,
    openPage,
    startBrowser,
    startService,
    until,
} from "./harness.mjs";
import { loadingCase, lossCases } from "./graphics.mjs";
import { ellipseIs, FIGURES, figuresAre, plotsAre } from "./figures.mjs";
import { BROKEN, differing } from "./pictures.mjs";

const program = process.argv[2],
    root = fileURLToPath(new URL("../../../", import.meta.url)),
    folder = fs.mkdtempSync(join(tmpdir(), "airpicture-page-"));
const SECONDS = 340, // of the scenario; what the reader holds back is the last of it:
    END_S = Date.parse("2024-03-01T12:04:59Z") / 1000, // in this second it stops
    VIEW = [8.6, 52.31, 4.8], // zoom, latitude, longitude
    PHONE_VIEW = [7.7, 51.8, 4.4],
    PAST = "2024-03-01T12:05:00Z",
    TILES_MAX = 2; // of a thousand may differ: letters are not the same everywhere
const EMERGENCY = 1 << 8,
    LAG_S = 60; // a busy machine shows late what was drawn; each case may be wrong for so long

execFileSync(program, [
    "simulate",
    join(root, "scenarios/tma.yaml"),
    ...["-o", folder, "-d", String(SECONDS), "-q"],
]);
const made = spawnSync(program, ["token", "--role", "read", "ann"], { encoding: "utf8" });
const token = made.stderr.split("only now: ")[1].split(/\s/)[0];
fs.writeFileSync(join(folder, "tokens"), made.stdout);
fs.writeFileSync(
    join(folder, "service.yaml"),
    "inputs: [{name: unused, kind: stdin, format: sbs}]\nsensors: sensors.yaml\n" +
        "http: {tokens: tokens, read_needs_token: true}\n",
);
const pipe = join(folder, "pipe");
execFileSync("mkfifo", [pipe]);
// The service reads the beginning before it serves; the rest comes when the page is there.
const feed = fs.createWriteStream(null, { fd: fs.openSync(pipe, "r+") }),
    recording = fs.readFileSync(join(folder, "merged.pcap")),
    BEGINNING = 100_000;
feed.write(recording.subarray(0, BEGINNING));
const service = await startService(
    program,
    ...["--replay", pipe, "--start", "2024-03-01", "--speed", "200", "--at-end", "stay"],
    join(folder, "service.yaml"),
);
const address = `http://127.0.0.1:${service.port}/`;
const get = async (path) =>
    (await fetch(address + path, { headers: { Authorization: `Bearer ${token}` } })).json();

const browser = await startBrowser();
const { check, end } = cases();

// The service tells the same moment again and again; the page must not carry tracks on from it, and
// no jump may be left to fade.
async function freeze() {
    await until(page, "window.airpicture?.page.drawn > 0");
    await until(page, "airpicture.air.countries.length > 0 && airpicture.picture.layers !== null");
    const { now_s } = await get("api/v1/statistics");
    await until(page, `Math.abs(airpicture.app.store.time - ${now_s}) < 1e-5`);
    await look(`(({ app, picture, feed }) => {
        picture.time.isHeld = true;
        feed.events.changes = () => true; // a busy machine is drawing long enough
        app.store.jumpLatitude.fill(0);
        app.store.jumpLongitude.fill(0);
        picture.rewrite();
    })(airpicture)`);
}

// Settings and view as told; labels find their places as if they had none before.
async function show(settings, view) {
    const [zoom, latitude, longitude] = view;
    await look(`airpicture.air.look({longitude: ${longitude}, latitude: ${latitude}, zoom: ${zoom}});
        airpicture.app.set({...${JSON.stringify(settings)}, labels: false, dots: false})`);
    await drawn();
    await look("airpicture.app.set({labels: true})");
    await drawn();
    await until(page, "airpicture.page.labels > 3 && !airpicture.air.base.map.isMoving()");
    await page.mouse.move(5, 5);
    await drawn();
}

// Something was changed: the map, and the picture over it, are drawn.
async function drawn() {
    await look("airpicture.picture.redraw()");
    await until(page, "airpicture.air.base.map.style?.loaded()"); // not while graphics are lost
    await until(page, "airpicture.air.base.map.areTilesLoaded() && !airpicture.picture.isDue");
    await look("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

// For who wants no motion there are no beams, which are elsewhere at every moment.
const page = await openPage(browser, {
    reducedMotion: "reduce",
    colorScheme: "dark",
});
const look = (what) => page.evaluate(what);
await page.goto(address);

await check("login: a wrong token is refused in words, the right one lets in", async () => {
    await page.getByRole("dialog", { name: "Login" }).waitFor();
    await axeClean(page, "login", DIALOG);
    await page.keyboard.type("näh, " + token); // none of these can be sent
    await page.keyboard.press("Enter");
    await until(page, "/No token/.test(document.querySelector('.login .problem').textContent)");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("textbox", { name: "Token" }).fill("wrong" + token);
    await page.keyboard.press("Enter");
    const problem = "document.querySelector('.login .problem').textContent";
    await until(page, `/not known/.test(${problem})`);
    assert.ok(await look("document.querySelector('dialog.login').open"));
    await page.keyboard.type(token);
    await page.keyboard.press("Enter");
    await until(page, "document.querySelector('.pill').dataset.state === 'connecting'");
    assert.equal(await look("document.querySelector('dialog.login').open"), false);
});

await check("a recording is shown to its end", async () => {
    feed.write(recording.subarray(BEGINNING));
    let before = null;
    await agree(page, async () => {
        const { now_s, track_count } = await get("api/v1/statistics"),
            isSame = now_s === before;
        before = now_s;
        assert.ok(now_s >= END_S, `${now_s}: ${END_S - now_s} s before the end`);
        assert.ok(isSame && track_count > 10, `${now_s} goes on, ${track_count} tracks`);
    });
    await freeze();
    const told = await get("api/v1/tracks");
    assert.equal(await look("airpicture.app.store.count"), told.returned);
});

await check("head: a recording is called one, with its day, also for those who hear it", async () => {
    for (const place of [".pill", ".bar > [role=status]"]) {
        const words = `document.querySelector('${place}').textContent`;
        await until(page, `${words} === 'RECORDING 2024-03-01'`);
    }
});

await check("without an archive the bar says so", async () => {
    const bar = "document.querySelector('.timeline')";
    await page.keyboard.press("b");
    await until(page, `${bar}.querySelector('.problem').textContent !== ''`);
    assert.match(await look(`${bar}.textContent`), /keeps no archive: name a folder/);
    assert.equal(await look("airpicture.app.past"), null);
    await page.keyboard.press("g");
    await until(page, `${bar}.hidden`);
});

// Of a pair of symbols, as large as they are shown: how many pixels are ink in one alone.
await check("symbols: each differs from every other in pixels", async () => {
    const [count, least, pair] = await look(`((sheet) => {
        const CELL = 40, PX = 20, across = sheet.width / CELL, down = sheet.height / CELL;
        const inks = Array.from({ length: across * down }, (_, i) => {
            const g = new OffscreenCanvas(PX, PX).getContext("2d");
            g.drawImage(sheet, (i % across) * CELL, Math.floor(i / across) * CELL, CELL, CELL,
                0, 0, PX, PX);
            return g.getImageData(0, 0, PX, PX).data.filter((_, j) => j % 4 === 3);
        });
        inks.length -= 1; // the marks of kinds stand in the last row, the first is none
        inks.splice(-5, 1);
        let least = Infinity, pair = [];
        inks.forEach((a, i) => inks.slice(0, i).forEach((b, j) => {
            const differ = a.reduce((sum, ink, k) => sum + Math.abs(ink - b[k]), 0) / 255;
            if (differ < least) [least, pair] = [differ, [j, i]];
        }));
        return [inks.length, least, pair];
    })(airpicture.picture.symbols)`);
    assert.equal(count, 52);
    if (process.env.AP_TIMES) console.error(`${least.toFixed(1)} pixels: symbols ${pair}`);
    assert.ok(least > 5, `symbols ${pair} differ by ${least.toFixed(1)} pixels`);
});

await check("symbols: on the map each kind has its mark, with a label or without", async () => {
    const [plain, ...marked] = await look(`(({ app: { store, motion }, air, picture }) => {
        const { tracks, records } = picture, was = store.category[0],
            size = 24, // pixels, by which the canvas is larger than the map, too
            { x, y } = air.project([motion.longitude(0), motion.latitude(0)]);
        const inks = [0xa3, 0xa7, 0xb1, 0xb6, 0xc1].map((category) => {
            store.category[0] = category;
            records.writeAll();
            tracks.draw(air.view(), air.size(), records);
            const { gl } = tracks, pixels = new Uint8Array(4 * size * size);
            gl.readPixels(Math.round(x), gl.drawingBufferHeight - Math.round(y) - size, size, size,
                gl.RGBA, gl.UNSIGNED_BYTE, pixels);
            return pixels.filter((ink, i) => i % 4 === 3 && ink > 60).length;
        });
        store.category[0] = was;
        picture.rewrite();
        return inks;
    })(airpicture)`);
    assert.ok(plain > 20, `${plain} pixels of a symbol`);
    for (const ink of marked) assert.ok(ink > plain + 5, `${ink} pixels, ${plain} without a mark`);
});

await check("recorded: the panel says of every track what the interface does", async () => {
    const { tracks } = await get("api/v1/tracks");
    const value = (name) => look(`document.querySelector('[data-value="${name}"]').textContent`);
    const known = new Set();
    for (const { track_id } of tracks.slice(0, 4)) {
        await look(`airpicture.app.select(${track_id})`);
        const { track, reasons } = await get(`api/v1/tracks/${track_id}`);
        const number = String(track.track_number);
        await until(
            page,
            `document.querySelector('[data-value="Track number"]').textContent === "${number}"`,
        );
        assert.equal(await value("Address"), (track.icao24 ?? "–").toUpperCase());
        assert.equal(await value("Squawk"), track.squawk ?? "–");
        assert.equal(parseInt(await value("Ground speed")), Math.round(track.ground_speed_kt));
        assert.equal(await look("document.querySelectorAll('.reasons li').length"), reasons.length);
        for (const name of await figuresAre(look, track)) known.add(name);
        await plotsAre(page, track_id, get);
    }
    assert.deepEqual([...known].sort(), Object.keys(FIGURES).sort());
});

await check("without an archive the trail is saved, as the interface tells it", async () => {
    const id = await look("airpicture.app.selected"),
        { history, track } = await get(`api/v1/tracks/${id}?points=1000`),
        [name, text] = await saved(page, "GeoJSON"),
        { geometry, properties } = JSON.parse(text);
    assert.equal(name, `${track.callsign}.geojson`);
    const places = history.map((one) => [one.longitude_deg, one.latitude_deg]);
    assert.ok(places.length > 5);
    assert.deepEqual(geometry.coordinates, places);
    const times = properties.times.map((one) => Date.parse(one) / 1000);
    history.forEach((one, i) => assert.ok(Math.abs(times[i] - one.time_s) < 0.0011));
});

await check("list: sorted by a column, back and forth; only rows in view are elements", async () => {
    await look("airpicture.app.select(0)");
    const rows = "[...document.querySelectorAll('.row:not([hidden])')]";
    const levels = () =>
        look(`(({ store }) => ${rows}
            .sort((a, b) => a.getAttribute("aria-rowindex") - b.getAttribute("aria-rowindex"))
            .map((one) => store.altitude[store.row(Number(one.dataset.id))] || -1e9)
        )(airpicture.app)`);
    const head = page.locator(".head button", { hasText: /^Level$/ });
    await head.click();
    const up = await levels();
    assert.equal(up.length, await look("airpicture.app.store.count"));
    assert.deepEqual(up, [...up].sort((a, b) => a - b));
    assert.ok(up[0] < up.at(-1));
    await head.click();
    assert.deepEqual(await levels(), [...up].sort((a, b) => b - a));
    await page.setViewportSize({ width: 1280, height: 300 });
    await until(page, `${rows}.length < ${up.length}`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator(".head button", { hasText: /^Call sign$/ }).click();
});

await check("drawn: sites, ranges, trail, ellipse; vectors as long as chosen", async () => {
    const isDrawn = (id, is) =>
        until(page, `airpicture.picture.layers.shown.some((one) => one.id === '${id}') === ${is}`);
    const { tracks } = await get("api/v1/tracks"),
        long = ({ position_sigma_m: a, position_sigma_minor_m: b }) => a / b,
        [flat] = tracks.sort((a, b) => long(b) - long(a));
    await look(`airpicture.app.select(${flat.track_id})`);
    for (const id of ["rings", "sites", "trail", "ellipse"]) await isDrawn(id, true);
    await ellipseIs(look, flat);
    await page.keyboard.press("r");
    for (const id of ["rings", "sites"]) await isDrawn(id, false);
    await page.keyboard.press("r");
    await look("airpicture.app.select(0)");
    for (const id of ["trail", "ellipse"]) await isDrawn(id, false);
    for (const minutes of [2, 5, 0, 1]) {
        await page.keyboard.press("v");
        await until(page, `airpicture.picture.records.seconds === ${60 * minutes}`);
    }
});

await check("sites and ranges of radars are where, and as far, as the interface tells", async () => {
    await until(page, "airpicture.app.sensors.sensors.length > 2");
    const { sensors } = await get("api/v1/sensors"),
        drawn = (id) =>
            look(`airpicture.picture.layers.shown.find((one) => one.id === '${id}').props.data`);
    const at = ({ site }) => [site.longitude_deg, site.latitude_deg];
    const isAway = (path, sensor, metres) =>
        path.every((place) => Math.abs(6371e3 * angleBetween(at(sensor), place) - metres) < 30);
    const radars = sensors.filter((one) => one.range_max_m && !["mlat", "adsb"].includes(one.kind)),
        rings = await drawn("rings");
    assert.ok(radars.length > 1, `${radars.length} radars`);
    assert.equal(rings.length, radars.length);
    for (const [i, one] of radars.entries())
        assert.ok(rings[i].length > 60 && isAway(rings[i], one, one.range_max_m), one.name);
    assert.deepEqual(await drawn("sites"), sensors.filter((one) => one.site).map(at));
});

// What the labels on the screen say, by track.
const labelled = () =>
    look(`Object.fromEntries((airpicture.picture.overlay.shown ?? []).map(
        ({ label, text }) => [label.id, text.lines]))`);

await check("labels: which fields, in a sector and outside of it, by keyboard", async () => {
    await look("airpicture.air.look({longitude: 4.8, latitude: 52.3, zoom: 8.6})");
    await page.keyboard.press("d");
    for (const words of ["What labels say", "Sector of full labels"]) {
        await page.locator("summary", { hasText: words }).focus();
        await page.keyboard.press("Enter");
    }
    await axeClean(page, "display", ["label", "select-name", "color-contrast", "region"]);
    for (const [field, line] of [
        ["Squawk, in the sector: line", "3"],
        ["Selected level, in the sector: line", "3"],
        ["Address, outside: line", "2"],
    ]) {
        await page.getByLabel(field, { exact: true }).focus();
        await page.keyboard.press(line);
    }
    await page.getByLabel("Lowest level of the sector, hundreds of feet").focus();
    await page.keyboard.type("100");
    await page.keyboard.press("Escape");
    const { tracks } = await get("api/v1/tracks"),
        close = (text, value) => Math.abs(Number(text.slice(0, 3)) - value) <= 1;
    let full = 0,
        short = 0;
    await agree(page, async () => {
        const said = Object.entries(await labelled());
        full = short = 0;
        for (const [id, lines] of said) {
            const track = tracks.find((one) => one.track_id === Number(id)),
                { callsign, icao24, squawk, pressure_altitude_ft: feet } = track;
            assert.ok(callsign && icao24 && feet, JSON.stringify(track));
            if (feet < 10000) {
                short++;
                assert.deepEqual(lines, [callsign, icao24.toUpperCase()]);
                continue;
            }
            full++;
            const [level, speed] = lines[1].split(" ");
            const wish = track.selected_altitude_ft, // told to the foot here, to ten on the stream
                [code, chosen] = lines[2].split(" ");
            assert.deepEqual([lines[0], lines.length, code], [callsign, 3, squawk]);
            assert.equal(chosen === undefined, wish === undefined, lines[2]);
            if (wish) assert.ok(close(chosen.slice(1), wish / 100), `${chosen}, not ${wish}`);
            assert.ok(close(level, feet / 100) && close(speed, track.ground_speed_kt), lines[1]);
        }
        assert.ok(full > 1 && short > 1, `${full} full, ${short} short`);
    });
    await page.keyboard.press("d");
    await page.getByRole("button", { name: "As at first" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await agree(page, async () => {
        const said = Object.values(await labelled());
        assert.ok(said.length > 3 && said.every((lines) => lines.length === 2), String(said));
    });
});

// Picture, list and interface agree on who is in the area.
async function agreesOn(box) {
    await until(page, `String(airpicture.app.filter.box) === '${box}'`);
    const { tracks } = await get(`api/v1/tracks?box=${box}`);
    const shown = await look(`(({ store, mask }) =>
        [...store.id.subarray(0, store.count)].filter((_, row) => mask[row]))(airpicture.app)`);
    const numbers = (list) => list.sort((a, b) => a - b);
    assert.deepEqual(numbers(shown), numbers(tracks.map((one) => one.track_id)));
    assert.ok(shown.length > 0 && shown.length < (await look("airpicture.app.store.count")));
    const rows = "document.querySelector('.rows').getAttribute('aria-rowcount')";
    await until(page, `${rows} === '${shown.length + 1}'`);
    await until(page, `airpicture.picture.records.count === ${shown.length}`);
    await until(page, `location.hash.endsWith('&box=${box}')`);
    const drawn = "airpicture.picture.layers.shown.find((one) => one.id === 'areas')?.props.data[0].box";
    await until(page, `String(${drawn}) === '${box}'`);
}

await check("area: drawn, written and as a link, it is the interface's", async () => {
    await page.keyboard.press("f");
    const card = page.locator(".popover:not([hidden])");
    const draw = card.getByRole("button", { name: "Draw it" });
    await draw.focus();
    await page.keyboard.press("Enter");
    const places = [];
    for (const [x, y] of [
        [320, 560],
        [700, 250],
    ]) {
        await page.mouse.move(x, y);
        await page.mouse.click(x, y);
        const corner = `airpicture.air.unproject(${x} - main.left, ${y} - main.top)`;
        places.push(await look(`((main) => ${corner})(
            document.querySelector("main").getBoundingClientRect())`));
    }
    const [[west, south], [east, north]] = places;
    await until(page, "airpicture.app.filter.box");
    const box = await look("airpicture.app.filter.box");
    [west, south, east, north].forEach((side, i) =>
        assert.ok(Math.abs(side - box[i]) < 6e-4, `${side}, not ${box[i]}`),
    );
    await agreesOn(box);

    const write = async (side, value) => {
        await card.getByLabel(`${side}, degrees`, { exact: true }).focus();
        await page.keyboard.press("Control+A");
        await page.keyboard.type(String(value));
        await page.keyboard.press("Enter");
    };
    await write("South", "60");
    assert.match(await card.locator(".problem").textContent(), /^South has to be less than north/);
    assert.deepEqual(await look("airpicture.app.filter.box"), box);
    await write("South", "52.2");
    await write("West", "4.4");
    box[0] = 4.4;
    box[1] = 52.2;
    await agreesOn(box);

    await draw.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape"); // thinks better of it
    assert.equal(await look("airpicture.app.filter.box.join()"), String(box));
    await card.getByRole("button", { name: "Anywhere" }).click();
    await until(page, "airpicture.app.shown === airpicture.app.store.count");
    await page.keyboard.press("Escape");
    await look("location.hash += '&box=4.2,51.9,5.2,52.6'");
    await agreesOn("4.2,51.9,5.2,52.6");
    await look("airpicture.app.setFilter({ ...airpicture.app.filter, box: null })");
});

await check("measuring: two clicks tell how far it is, and where to", async () => {
    await look("airpicture.air.look({longitude: 4.8, latitude: 52.3, zoom: 7})");
    await page.keyboard.press("m");
    const places = [];
    for (const [x, y] of [
        [420, 300],
        [700, 620],
    ]) {
        await page.mouse.click(x, y);
        places.push(await look(`(({ left, top }) => airpicture.air.base.map.unproject(
            [${x} - left, ${y} - top]).toArray())(
            document.querySelector("main").getBoundingClientRect())`));
    }
    await until(page, "/NM/.test(document.querySelector('.said').textContent)");
    const said = await look("document.querySelector('.said').textContent");
    const [miles, km, degrees] = said.match(/[\d.]+/g).map(Number);
    const [[x0], [x1, y1]] = places.map((one) => one.map((angle) => (angle * Math.PI) / 180)),
        angle = angleBetween(...places);
    assert.ok(Math.abs(km - 6371 * angle) < 0.1, `${km} km, not ${6371 * angle}`);
    assert.ok(Math.abs(miles - km / 1.852) < 0.1, said);
    const east = Math.sin(x1 - x0) * Math.cos(y1) / Math.sin(angle); // sine of the course
    assert.ok(Math.abs(Math.sin((degrees * Math.PI) / 180) - east) < 0.02, said);
    assert.ok(degrees > 90 && degrees < 180, said);
    // Over a label: that makes room for its words.
    const [x, y] = await until(page, `(({ overlay: { shown, pixels } }) => {
        const { left, top } = document.querySelector("main").getBoundingClientRect(),
            isFit = (_, i) => pixels[2 * i] < 700 && pixels[2 * i] > 400,
            at = shown?.findIndex(isFit) ?? -1; // null until it is drawn
        return at >= 0 && [left + pixels[2 * at] + shown[at].label.x - 30,
            top + pixels[2 * at + 1] + shown[at].label.y + 8];
    })(airpicture.picture)`);
    await page.mouse.click(500, 100);
    await page.mouse.click(x, y);
    await until(page, `(({ overlay: { shown, pixels, rulerBox: [left, top, right, bottom] } }) =>
        Math.hypot(left + 12 - ${x}, top + 57 - ${y}) < 60 && shown?.length > 3 && shown.every(({ label }, i) => {
            const x = pixels[2 * i] + label.x, y = pixels[2 * i + 1] + label.y;
            return x >= right || y >= bottom || x + label.width <= left || y + label.height <= top;
        }))(airpicture.picture)`);
    await page.keyboard.press("Escape");
    assert.equal(await look("document.querySelector('.is-measuring')"), null);
});

await check("measuring by keyboard: from the selected track, whose end goes with it", async () => {
    await look("airpicture.app.select(airpicture.app.store.id[0])");
    await page.keyboard.press("m");
    assert.equal(await look("document.querySelector('[aria-label=Measure]').ariaPressed"), "true");
    const before = await look("airpicture.air.view().longitude");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Enter");
    await until(page, "/NM/.test(document.querySelector('.said').textContent)");
    assert.equal(await look("airpicture.air.view().longitude"), before, "the map stays");
    const [at, east] = await look(`(({ app, air, picture: { overlay } }) => {
        const row = app.store.row(app.selected), [from, to] = overlay.ruler;
        app.store.longitude[row] += 0.25; // it flies on
        const ends = [from, to].map((end) => overlay.rulerPlace(end)[0]);
        const is = app.motion.longitude(row);
        app.store.longitude[row] -= 0.25;
        return [ends[0] - is, air.project([ends[1], 0]).x - air.project([before(air), 0]).x];
        function before(air) { return air.view().longitude; }
    })(airpicture)`);
    assert.equal(at, 0);
    assert.ok(Math.abs(east - 180) < 1, `${east} pixels from the middle`);
    await page.keyboard.press("Escape");
    await look("airpicture.app.select(0)");
});

// How many of a thousand tiles of this picture differ from the one of doc/pictures. The plots are
// not compared: which points of a trail are kept depends on when they were taken.
async function compare(name, shot) {
    const file = join(root, "doc/pictures", name);
    assert.ok(fs.existsSync(file), `${file} is missing: AP_PICTURES=write takes it`);
    const plots = await look(`(({left, top, right, bottom}) => [left, top, right, bottom])(
        document.querySelector('.track .plots').getBoundingClientRect())`);
    return differing(page, fs.readFileSync(file), shot, plots);
}

async function isAsBefore(name) {
    if (process.env.AP_PICTURES === "write") {
        await page.waitForTimeout(3000); // the browser shows what it has drawn
        fs.writeFileSync(join(root, "doc/pictures", name), await page.screenshot());
    }
    await agree(page, async () => {
        const shot = await page.screenshot(),
            tiles = await compare(name, shot);
        if (tiles <= TILES_MAX) return;
        const kept = join(tmpdir(), name);
        fs.writeFileSync(kept, shot);
        assert.fail(`${tiles.toFixed(1)} of 1000 tiles differ from doc/pictures/${name}: ${kept}`);
    }, LAG_S);
}

await check("pictures: the night is as it was, and a broken layer is seen", async () => {
    await look(`airpicture.app.select([...airpicture.app.store.id].find(
        (id) => airpicture.app.store.flags[airpicture.app.store.row(id)] & ${EMERGENCY}))`);
    await until(page, "document.querySelectorAll('.reasons li').length > 0");
    await show({ theme: "night" }, VIEW);
    await isAsBefore("display-night.png");
    for (const [what, [breaks, mends]] of Object.entries(BROKEN)) {
        await look(breaks);
        if (what !== "graphics") await drawn();
        await agree(page, async () => {
            const tiles = await compare("display-night.png", await page.screenshot());
            if (process.env.AP_TIMES) console.error(`${tiles.toFixed(1)} tiles: broken ${what}`);
            assert.ok(tiles > TILES_MAX, `only ${tiles.toFixed(1)} tiles tell broken ${what}`);
        }, LAG_S);
        await look(mends);
    }
    await drawn();
    await isAsBefore("display-night.png");
});

await lossCases(check, page, drawn, () => isAsBefore("display-night.png"));

await check("pictures: the day, with colours by level and the sensors", async () => {
    await look("airpicture.app.select(0)");
    await page.keyboard.press("s");
    await until(page, "document.querySelectorAll('#leaf-sensors details').length > 2");
    await show({ theme: "day", colour: "level" }, VIEW);
    await isAsBefore("display-day.png");
    await page.keyboard.press("s");
});

await check("pictures: a phone, with a track", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await until(page, "airpicture.air.size()[0] === 390"); // and what is selected is in view
    await look(`(({ store }) => airpicture.app.select(
        store.id[store.callsign.indexOf("APX121")]))(airpicture.app)`);
    await until(page, "document.querySelectorAll('.reasons li').length > 0");
    assert.ok(await look("document.documentElement.scrollWidth <= 390"));
    await show({ theme: "night", colour: "source" }, PHONE_VIEW);
    await isAsBefore("display-phone.png");
});

await check("a turned phone: the selected track stays in view, the head in a row", async () => {
    assert.ok(await look("document.querySelector('.bar').offsetHeight < 90"));
    const place = "[app.motion.longitude(row), app.motion.latitude(row)]";
    await look(`(({ app, air }) => { // to the upper edge of what is tall
        const row = app.store.row(app.selected), [longitude, latitude] = ${place};
        air.look({ longitude, latitude }, 0, [0, 60 - air.size()[1] / 2]);
    })(airpicture)`);
    await page.setViewportSize({ width: 844, height: 390 });
    await until(page, "airpicture.air.size()[0] === 844");
    await until(page, `(({ app, air }) => {
        const row = app.store.row(app.selected), { x, y } = air.project(${place}),
            card = document.querySelector(".card.track").getBoundingClientRect();
        return x > 9 && x < card.left - 9 && y > 9 && y < air.size()[1] - 9 && card.left > 400;
    })(airpicture)`);
    assert.ok(await look("document.querySelector('.bar').offsetHeight < 60"));
});

await check("the scale of levels is beside the cards, on every screen", async () => {
    const scale = "document.querySelector('.scale.on-map')";
    await look("airpicture.app.set({colour: 'level'})");
    for (const [width, height, dock, isShown] of [
        [844, 390, false, true],
        [600, 340, false, false],
        [390, 844, false, true],
        [1280, 800, true, true],
        [1060, 768, true, true],
        [1024, 768, true, false],
        [1024, 768, false, true],
    ]) {
        await page.setViewportSize({ width, height });
        await look(`document.querySelector(".dock").hidden = ${!dock}`);
        assert.equal(await look("document.querySelector('.card.track').hidden"), false);
        const isIt = `(${scale}.offsetParent !== null) === ${isShown}`;
        await until(page, `innerWidth === ${width} && ${isIt}`);
        if (!isShown) continue;
        await until(page, `["left", "right"].every((side) => {
            const { top, height, ...box } = ${scale}.getBoundingClientRect().toJSON(),
                x = box[side] + (side === "left" ? 5 : -5);
            return ${scale}.contains(document.elementFromPoint(x, top + height / 2));
        })`);
    }
    await look("airpicture.app.set({colour: 'source'})");
});

await page.goto(`${address}#v=8.00/52.3000/4.8000&fl=30-200&src=fused,radar`);
await loadingCase(check, page); // which asks for it anew

await check("head: a recording that has ended is told to have, and its picture stays", async () => {
    const words = "document.querySelector('.pill').textContent";
    await until(page, `${words} === 'RECORDING 2024-03-01'`);
    feed.end();
    await until(page, `${words} === 'RECORDING 2024-03-01, ended'`);
    assert.ok((await look("airpicture.app.store.count")) > 10);
});

await check("a link brings its filters, and says them again", async () => {
    await freeze();
    const { tracks } = await get("api/v1/tracks?level_min=FL30&level_max=FL200");
    const [shown, wanted, all] = await look(`(() => {
        const { store, shown } = airpicture.app;
        let wanted = 0;
        for (let i = 0; i < store.count; i++) {
            const level = store.altitude[i] / 30.48, flags = store.flags[i];
            const radar = flags & 14, kinds = !!radar + !!(flags & 16) + !!(flags & 32);
            if (level >= 30 && level <= 200 && (kinds > 1 || (kinds === 1 && flags & 12))) wanted++;
        }
        return [shown, wanted, store.count];
    })()`);
    assert.equal(shown, wanted);
    assert.ok(shown > 0 && shown <= tracks.length && shown < all, `${shown} of ${all}`);
    assert.match(await look("location.hash"), /&fl=30-200&src=fused,radar$/);
    await look("location.hash = '#v=8.00/52.3000/4.8000&is=emergency'");
    await until(page, "airpicture.app.shown === 1");
});

// The recording as a service would have kept it, with the mark of its run.
function archived() {
    fs.mkdirSync(join(folder, "archive"));
    const file = join(folder, "archive/airpicture-20240301T120000Z.gpkg"),
        mark = `INSERT INTO meta (key, value) VALUES ('state', 'finished'), ('mark_run', '7')`,
        write = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2])";
    execFileSync(program, [
        ...["replay", "-q", "-c", join(folder, "sensors.yaml"), join(folder, "merged.pcap")],
        ...["--start", "2024-03-01", "--archive", file],
    ]);
    execFileSync("python3", ["-c", `${write}; db.commit()`, file, mark]);
    fs.writeFileSync(
        join(folder, "past.yaml"),
        "inputs: [{name: unused, kind: stdin, format: sbs}]\nsensors: sensors.yaml\n" +
            "archive: {folder: archive}\n",
    );
}

await check("pictures: playback, with dots of before", async () => {
    archived();
    const past = await startService(program, join(folder, "past.yaml")),
        app = "airpicture.app";
    try {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto(`http://127.0.0.1:${past.port}/#at=${PAST}`);
        await until(page, `window.airpicture?.app.past === ${Date.parse(PAST) / 1000}`);
        await until(page, "airpicture.air.countries.length && airpicture.picture.layers");
        await until(page, `${app}.store.count > 10`);
        await until(page, `(({ dotCount, count }) =>
            Math.max(...dotCount.subarray(0, count)) === 12)(${app}.store)`);
        await look(`${app}.select(${app}.store.id[${app}.store.callsign.indexOf("APX113")])`);
        await until(page, "document.querySelectorAll('.reasons li').length > 0");
        await show({ theme: "night", colour: "source" }, VIEW);
        await look("airpicture.app.set({dots: true})");
        await drawn();
        await isAsBefore("display-playback.png");
        await look("airpicture.app.set({dots: false})");
        await drawn();
        await agree(page, async () => {
            const tiles = await compare("display-playback.png", await page.screenshot());
            assert.ok(tiles > TILES_MAX, `only ${tiles.toFixed(1)} tiles tell missing dots`);
        }, LAG_S);
    } finally {
        past.stop();
    }
});

await browser.close();
service.stop();
fs.rmSync(folder, { recursive: true });
end();
