// Playback as a person uses it, against a service that archives what it sees.
//   node test/browser/playback.mjs PROGRAM PORT ARCHIVE
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { agree, axeClean, cases, openPage, saved, startBrowser, until } from "./harness.mjs";

const [program, port, folder] = process.argv.slice(2);
const FEET = 0.3048,
    KNOT = 1852 / 3600;

const browser = await startBrowser();
const page = await openPage(browser, { colorScheme: "dark" });
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
const look = (what) => page.evaluate(what);
const get = async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
const { check, end } = cases();

const pill = () => look("document.querySelector('.pill').textContent");
const past = () => look("airpicture.app.past");
const reached = (time) =>
    until(page, `airpicture.app.past === ${time} && !airpicture.playback.isWaiting`);

// What the page has of each track, and what `airpicture export` has of the same moment.
const shown = () =>
    look(`(({store}) => [...store.id.subarray(0, store.count)].map((id) => {
        const row = store.row(id);
        return {id, latitude: store.latitude[row], longitude: store.longitude[row],
                altitude: store.altitude[row], speed: store.speed[row], time: store.stateTime[row],
                callsign: store.callsign[row], squawk: store.squawk[row],
                trackNumber: store.trackNumber[row]};
    }))(airpicture.app)`);

function exported(time) {
    const utc = new Date(time * 1000).toISOString().replace("Z", "001Z"); // a microsecond on
    const ran = spawnSync(program, ["export", folder, "--to", "csv", "--until", utc], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
    });
    assert.equal(ran.status, 0, ran.stderr);
    const [head, ...lines] = ran.stdout.trim().split("\r\n");
    const keys = head.split(","),
        newest = new Map();
    for (const line of lines) {
        const values = line.split(",");
        const row = Object.fromEntries(keys.map((key, i) => [key, values[i]]));
        newest.set(Number(row.track_id), row);
    }
    return newest;
}

const near = (a, b, step, what) => assert.ok(Math.abs(a - b) <= step, `${what}: ${a}, not ${b}`);

// A point that came late is in the one and not in the other: then the page asks again.
async function equalsArchive() {
    const time = await past();
    for (let tries = 1; ; tries++)
        try {
            return await compare();
        } catch (error) {
            if (tries === 3) throw error;
            await look(`airpicture.playback.enter(${time}, true)`);
            await reached(time);
        }
}

async function compare() {
    const time = await past(),
        tracks = await shown(),
        archive = exported(time);
    assert.ok(Number.isInteger(time), `paused at ${time}`);
    assert.ok(tracks.length > 5, `${tracks.length} tracks`);
    for (const [id, row] of archive)
        if (!row.end_reason) assert.ok(tracks.some((one) => one.id === id), `${id} is not shown`);
    for (const one of tracks) {
        const row = archive.get(one.id);
        assert.ok(row, `${one.id} is not in the archive`);
        near(one.latitude, Number(row.latitude_deg), 1e-7, `latitude, archive ${row.time_s}`);
        near(one.longitude, Number(row.longitude_deg), 1e-7, "longitude");
        near(one.time, Number(row.time_s), 0.0101, "time");
        near(one.altitude / FEET, Number(row.pressure_altitude_ft), 1, "level");
        near(one.speed / KNOT, Number(row.ground_speed_kt), 0.2, "speed");
        assert.equal(one.callsign, row.callsign);
        assert.equal(one.squawk.toString(8).padStart(4, "0"), row.squawk);
        assert.equal(String(one.trackNumber), row.track_number);
    }
}

const beams = (count) =>
    until(page, `(document.querySelector('[data-beams]')?.dataset.beams ?? '0') === '${count}'`);
const ofNow = (leaf) =>
    look(`getComputedStyle(document.querySelector('#leaf-${leaf} > .note')).display !== 'none'`);

await check("one key leads into the past, which is marked as such", async () => {
    await page.goto(`http://127.0.0.1:${port}/`);
    await until(page, "window.airpicture?.page.updates > 0 && airpicture.app.store.count > 5");
    await beams(1);
    await page.keyboard.press("b");
    await until(page, "airpicture.app.past !== null && airpicture.app.store.count > 5");
    await until(page, "document.querySelector('.pill').dataset.state === 'past'");
    assert.match(await pill(), /^PLAYBACK \d\d:\d\d:\d\dZ 1×$/);
    assert.ok(await look("!document.querySelector('.timeline').hidden"));
    const before = await past();
    await until(page, `airpicture.app.past > ${before} + 1`); // by itself
});

// Points may come to the archive so long after their time.
const SETTLED_S = 14;
const { begin_s: begin } = await get("/api/v1/archive");
const first = Math.ceil(begin) + 4;

await check("playback equal to archive, at a paused time and a step on and back", async () => {
    await page.keyboard.press("Space");
    await until(page, "airpicture.playback.isPaused && !airpicture.playback.isWaiting");
    await look(`airpicture.playback.enter(${first}, true)`);
    await reached(first);
    await equalsArchive();
    await page.keyboard.press(".");
    await page.keyboard.press(".");
    await reached(first + 2);
    await equalsArchive();
    await page.keyboard.press(",");
    await reached(first + 1);
    await equalsArchive();
});

await check("faster and slower; the same picture behind it", async () => {
    for (let i = 0; i < 3; i++) await page.keyboard.press("]");
    assert.equal(await look("airpicture.playback.speed"), 8);
    await page.keyboard.press("Space");
    await until(page, `airpicture.app.past > ${first} + 5`);
    assert.match(await pill(), /8×$/);
    await page.keyboard.press("Space");
    await until(page, "airpicture.playback.isPaused && !airpicture.playback.isWaiting");
    const time = await past();
    assert.ok(Number.isInteger(time), `paused at ${time}`);
    while ((await get("/api/v1/archive")).end_s < time + SETTLED_S) await page.waitForTimeout(200);
    await look(`airpicture.playback.enter(${time}, true)`);
    await reached(time);
    await equalsArchive();
    await page.keyboard.press("[");
    assert.equal(await look("airpicture.playback.speed"), 4);
});

await check("dots of before are where the archive had the tracks then", async () => {
    const time = first + 17, // two steps of ten seconds behind the beginning
        begun = "airpicture.app.store.dotCount.subarray(0, airpicture.app.store.count)";
    await agree(page, async () => {
        await look(`airpicture.playback.enter(${time}, true)`);
        await reached(time);
        await until(page, `Math.max(...${begun}) === 3`);
        const tracks = await look(`(({ id, count, dot, dotCount }) =>
            [...id.subarray(0, count)].map((one, row) =>
                [one, [...dot.subarray(24 * row, 24 * row + 2 * dotCount[row])]]))(
            airpicture.app.store)`);
        const then = [20, 10, 0].map((age) => exported(time - age));
        let dots = 0,
            good = 0;
        for (const [id, places] of tracks)
            for (let i = 0; i < places.length; i += 2, dots++) {
                const row = then[3 - places.length / 2 + i / 2].get(id),
                    [x, y] = [row?.longitude_deg, row?.latitude_deg].map(Number);
                if (Math.hypot(places[i] - x, places[i + 1] - y) < 1e-5) good++;
            }
        assert.ok(dots > 50 && good > 0.9 * dots, `${good} of ${dots}`);
    });
    await look(`airpicture.playback.enter(${first + 6}, true)`);
    await reached(first + 6);
});

let found = 0; // the track that was searched for
await check("search, list, panel and link work in the past", async () => {
    const name = await look("airpicture.app.store.callsign.find((one) => one)");
    await page.keyboard.press("/");
    await page.keyboard.type(name.toLowerCase());
    await page.keyboard.press("Enter");
    await until(page, "airpicture.app.selected > 0");
    const id = await look("airpicture.app.selected"),
        time = await past();
    found = id;
    const told = await get(`/api/v1/archive/tracks/${id}?time=${time}`);
    await until(page, "document.querySelector('[data-value=Address]').textContent !== '–'");
    const value = (key) => look(`document.querySelector('[data-value="${key}"]').textContent`);
    assert.equal(await value("Address"), told.track.icao24.toUpperCase());
    assert.equal(await value("Ground speed"), `${told.track.ground_speed_kt.toFixed(0)} kt`);
    assert.equal(Number(await value("Track number")), told.track.track_number);
    await page.focus(".rows");
    assert.equal(
        await look("Number(document.querySelector('.rows').getAttribute('aria-rowcount'))"),
        (await look("airpicture.app.store.count")) + 1,
    );
    const link = await look("location.hash");
    assert.ok(link.includes(`at=${new Date(time * 1000).toISOString().slice(0, 19)}Z`), link);
    await page.goto("about:blank");
    await page.goto(`http://127.0.0.1:${port}/${link}`);
    await until(page, `window.airpicture?.app.past === ${time} && airpicture.app.selected`);
    assert.equal(await look("airpicture.app.selected"), id);
    await reached(time);
});

await check("filters in the past: those of the archive that are in the band", async () => {
    const time = await past(),
        [low, high] = [305, 365]; // no flight is just there
    await look(`airpicture.app.select(0)`);
    await look(`location.hash = location.hash + '&fl=${low}-${high}'`);
    await until(page, `airpicture.app.filter.levelMin === ${low}`);
    const all = await shown(),
        archive = exported(time),
        level = (id) => Number(archive.get(id).pressure_altitude_ft) / 100;
    const wanted = all.filter(({ id }) => level(id) >= low && level(id) <= high).length;
    assert.ok(wanted > 0 && wanted < all.length, `${wanted} of ${all.length}`);
    assert.equal(await look("airpicture.app.shown"), wanted);
    const rows = "document.querySelector('.rows').getAttribute('aria-rowcount')";
    await until(page, `${rows} === '${wanted + 1}'`);
    await page.keyboard.press(".");
    await reached(time + 1);
    assert.equal(await look("airpicture.app.filter.levelMax"), high);
    await page.keyboard.press(",");
    await reached(time);
    assert.equal(await look("airpicture.app.shown"), wanted);
    await look(`location.hash = location.hash.replace('&fl=${low}-${high}', '')`);
    await until(page, "airpicture.app.filter.levelMin === null");
});

await check("alerts of the past: marks on the bar, and those of then in the list", async () => {
    let alert;
    for (let i = 0; i < 300 && !alert?.until_s; i++) {
        ({ alerts: [alert] } = await get("/api/v1/archive/alerts"));
        await page.waitForTimeout(100);
    }
    assert.equal(alert.alert, "emergency_code");
    const { since_s, until_s, track_id } = alert;
    const at = async (time) => {
        await look(`airpicture.playback.enter(${time}, true)`);
        await reached(time);
    };
    const listed = () =>
        look("[...document.querySelectorAll('#leaf-alerts .alert')].map((one) => one.className)");
    await at(Math.floor(until_s) + 3);
    await page.keyboard.press("a");
    await until(page, "document.querySelectorAll('.marks mark').length === 1");
    const [left, first, last] = await look(`[
        parseFloat(document.querySelector('.marks mark').style.left),
        ...['min', 'max'].map((name) => Number(document.querySelector('.timeline input')[name]))]`);
    const share = (100 * (since_s - first)) / (last - first);
    assert.ok(Math.abs(left - share) < (100 * 2) / (last - first), `${left} %, not ${share}`);
    await until(page, "document.querySelector('#leaf-alerts .alert.over')");
    await at(Math.floor(since_s) - 1);
    await until(page, "document.querySelectorAll('#leaf-alerts .alert').length === 0");
    await at(Math.ceil(since_s) + 1);
    await until(page, "document.querySelectorAll('#leaf-alerts .alert').length === 1");
    assert.deepEqual(await listed(), ["item alert"]);
    await page.locator("#leaf-alerts .alert button").first().click();
    assert.equal(await look("airpicture.app.selected"), track_id);
    assert.equal(await look("document.querySelectorAll('#leaf-alerts .quiet').length"), 0);
    await at(Math.floor(until_s) + 3);
    await page.keyboard.press("t");
});

await check("what the archive does not keep is not shown as if it were of then", async () => {
    await beams(0);
    for (const [key, leaf] of [
        ["s", "sensors"],
        ["h", "health"],
    ]) {
        await page.keyboard.press(key);
        assert.ok(await ofNow(leaf), leaf);
    }
    await axeClean(page, "health in the past");
    await page.keyboard.press("t");
});

await check("the whole track as a file is what the archive has, octet by octet", async () => {
    const id = found,
        time = await past();
    await look(`airpicture.app.select(${id})`);
    await until(page, "document.querySelector('[data-value=Address]').textContent !== '–'");
    for (const [words, form] of [
        ["GeoJSON", "geojson"],
        ["KML", "kml"],
        ["CSV", "csv"],
    ])
        await agree(page, async () => {
            const path = `/api/v1/archive/tracks/${id}.${form}?time=${time}`,
                command = ["export", folder, "--to", form, "--track", String(id)],
                { status, stdout, stderr } = spawnSync(program, command, { encoding: "utf8" });
            assert.equal(status, 0, stderr);
            const [name, text] = await saved(page, words);
            const told = await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
            assert.match(name, new RegExp(`^\\w+\\.${form}$`));
            assert.ok(text.length > 500, text);
            assert.ok(text === told, `${form}: ${text.length} octets, the interface has ${told.length}`);
            assert.ok(text === stdout, `${form}: ${text.length} octets, the archive has ${stdout.length}`);
        });
});

await check("the bar of time: by keyboard, and with a click", async () => {
    const before = await past();
    await page.focus(".timeline input");
    await page.keyboard.press("ArrowLeft");
    await reached(before - 1);
    const { x, y, width, height } = await look(
        "(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector('.timeline input').getBoundingClientRect())",
    );
    await page.mouse.click(x + width * 0.1, y + height / 2);
    await until(page, `airpicture.app.past < ${before - 1} && !airpicture.playback.isWaiting`);
    await equalsArchive();
    await axeClean(page, "playback");
});

await check("phone: the bar fits", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const box = await look(
        "(({left, right}) => [left, right])(document.querySelector('.timeline').getBoundingClientRect())",
    );
    assert.ok(box[0] >= 0 && box[1] <= 390, String(box));
    assert.ok(await look("document.documentElement.scrollWidth <= 390"));
    await axeClean(page, "phone");
    await page.setViewportSize({ width: 1280, height: 800 });
});

await check("live again with one key", async () => {
    await look("document.activeElement.blur()");
    await page.keyboard.press("g");
    await until(page, "airpicture.app.past === null");
    await until(page, "document.querySelector('.pill').dataset.state === 'live'");
    const now = (await get("/api/v1/statistics")).now_s;
    await until(page, `airpicture.app.store.time >= ${now} - 1`);
    assert.ok(await look("document.querySelector('.timeline').hidden"));
    assert.ok(!(await look("location.hash")).includes("at="));
    assert.ok(!(await ofNow("sensors")));
    await beams(1);
    const ids = (await get("/api/v1/tracks")).tracks.map((one) => one.track_id);
    const alive = (await shown()).map((one) => one.id);
    assert.ok(alive.filter((id) => ids.includes(id)).length >= alive.length - 2, String(alive));
});

// Seconds in the words of a duration.
function secondsOf(words) {
    const [, value, unit] = /^([\d.]+) (µs|ms|s)$/.exec(words);
    return Number(value) * { µs: 1e-6, ms: 1e-3, s: 1 }[unit];
}

await check("health: the histogram of latencies is the interface's", async () => {
    await page.keyboard.press("h");
    const bars = `[...document.querySelectorAll('.histogram i')].map((one) =>
        [one.title, one.getBoundingClientRect().height / one.parentElement.clientHeight])`;
    const value = (name) =>
        look(`[...document.querySelectorAll('#leaf-health dt')].find(
            (one) => one.textContent === '${name}').nextSibling.textContent`);
    await until(page, "document.querySelector('.histogram') !== null");
    await agree(page, async () => {
        const { count, buckets, p50_s, p99_s } = (await get("/api/v1/statistics")).latency,
            shown = await look(bars),
            most = Math.max(...buckets.map(([, n]) => n));
        assert.equal(shown.length, buckets.length);
        assert.ok(count > 0 && most > 0);
        for (const [i, [limit, n]] of buckets.entries()) {
            const [title, height] = shown[i],
                [, words, number] = /^(.*): ([\d\u202f]+)$/.exec(title);
            assert.equal(Number(number.replaceAll("\u202f", "")), n, title);
            assert.ok(Math.abs(height - n / most) < 0.05, `${title}: ${height}`);
            if (limit === null) assert.equal(words, "more");
            else near(secondsOf(words.replace("up to ", "")), limit, limit / 100, title);
        }
        near(secondsOf(await value("Half within")), p50_s, p50_s / 10, "half within");
        near(secondsOf(await value("99 % within")), p99_s, p99_s / 10, "99 % within");
    });
    await page.keyboard.press("t");
});

await check("the browser has nothing to complain of", () => assert.deepEqual(complaints, []));

await browser.close();
end();
