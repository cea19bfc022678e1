// The page under 20,000 moving tracks that are each updated once a second.
//   node test/browser/bench.mjs [SECONDS [MILLISECONDS between messages]...]
//   node test/browser/bench.mjs --minutes N      the heap alone, for so long
// First with a message each 250 ms of those that were updated since, as the service sends them when
// nothing else is configured; then with a message of all of them a second.
// An update is all JavaScript that the page's thread runs from one message to the next: reading it,
// columns, filter, records for the graphics processor, table and panels, labels, draw calls. It is
// told in the thread's own time: waiting for a processor is not in it. "With the browser's own
// work" adds what the browser does in that thread: style, layout, and what canvases need in software.
// Ends with a line for each limit that was missed, and status 1 when there is one.
import { readdirSync, statSync } from "node:fs";
import { openPage, startBrowser, until } from "./harness.mjs";
import { startStandIn } from "./stand_in.mjs";

const COUNT = 20_000,
    LOADS = 5,
    REST_STEP_MS = 250,
    REST_SHARE = 0.1, // of a processor, that a browser at rest takes
    REST_LATEST_MS = 15_000,
    LOADING_MS = 8000,
    HEAP_STEP_MS = 20_000,
    HEAP_LOOKS = 4,
    HEAP_LOOK_MS = 150,
    WANTED = /^FunctionCall$|^FireAnimationFrame$|^thread_name$|::RunTask$/,
    LONG_MS = 50;
const LIMITS = {
    "update, p50": [3, "ms"],
    "update, p95": [3, "ms"],
    "tasks over 50 ms": [0, ""],
    "heap's slope": [50, "kB a minute"],
    "first picture": [2000, "ms"],
    bundle: [700, "kB"],
};

const isHeapAlone = process.argv[2] === "--minutes",
    numbers = process.argv.slice(isHeapAlone ? 3 : 2).map(Number);
if (numbers.some((one) => !(one > 0)) || (isHeapAlone && numbers.length !== 1)) {
    console.error("usage: bench.mjs [SECONDS [MILLISECONDS]...] | --minutes N");
    process.exit(64);
}
const SECONDS = numbers[0] ?? 30,
    STEPS_MS = numbers.length > 1 ? numbers.slice(1) : [250, 1000];

const browser = await startBrowser(),
    whole = await browser.newBrowserCDPSession();
let events = [];
whole.on("Tracing.dataCollected", ({ value }) => {
    events.push(...value.filter((one) => WANTED.test(one.name)));
});

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const of = (list, share) =>
    [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)] ?? NaN;
const sum = (list) => list.reduce((all, one) => all + one, 0);
const tell = (name, ...words) => console.log(name.padEnd(30), ...words);
const tellShares = (name, list) =>
    tell(name, `p50 ${of(list, 0.5).toFixed(2)} ms, p95 ${of(list, 0.95).toFixed(2)} ms`);

// What is beyond its limit, or could not be measured, is told at the end.
const missed = [];
function judge(name, value, where = "") {
    const [limit, unit] = LIMITS[name];
    if (value <= limit) return;
    const digits = limit > 0 && limit < 10 ? 2 : 0;
    missed.push(`MISSED ${name}${where}: ${value.toFixed(digits)} ${unit}, limit ${limit} ${unit}`);
}

// Processor time so far, in seconds: of each of the browser's processes, and of a page's scripts.
async function spent(cdp) {
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    const time = (type) =>
        sum(processInfo.map((one) => (!type || one.type === type ? one.cpuTime : 0)));
    const times = { GPU: time("GPU"), renderer: time("renderer"), all: time() };
    if (!cdp) return times;
    const { metrics } = await cdp.send("Performance.getMetrics");
    return { ...times, script: metrics.find((one) => one.name === "ScriptDuration").value };
}

// A new window is busy with itself for a while: nobody asks it for a page before it is there.
async function rested() {
    const end = Date.now() + REST_LATEST_MS;
    for (let last = await spent(); Date.now() < end; ) {
        await wait(REST_STEP_MS);
        const now = await spent();
        if (now.all - last.all < (REST_SHARE * REST_STEP_MS) / 1000) return;
        last = now;
    }
}

async function load(port) {
    const page = await openPage(browser), // which keeps nothing of the last one
        cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    await rested();
    const before = await spent(cdp);
    await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "commit" });
    const seenMs = await until(page, "window.airpicture?.page.seenMs"),
        firstMs = await page.evaluate("airpicture.page.firstMs"),
        after = await spent(cdp);
    const took = Object.entries(after).map(([name, s]) => [name, 1000 * (s - before[name])]);
    return { page, cdp, firstMs, seenMs, took: Object.fromEntries(took) };
}

// From the question for the page until the graphics processor has drawn all tracks, some times
// over; in a browser that was just begun, first.
async function benchStart() {
    const stand = await startStandIn(COUNT, 250),
        loads = [];
    for (let i = 0; i < LOADS; i++) {
        loads.push(await load(stand.port));
        await loads[i].page.close();
    }
    stand.stop();
    const list = (what) => loads.map((one) => what(one).toFixed(0)).join(" ");
    tell("first picture", `${list((one) => one.seenMs)} ms; its calls ${list((one) => one.firstMs)}`);
    for (const [name, words] of [
        ["script", "the page's scripts"],
        ["renderer", "the page's process"],
        ["GPU", "drawing, in software"],
    ])
        tell(words, `${list((one) => one.took[name])} ms of CPU`);
    judge("first picture", of(loads.map((one) => one.seenMs), 1));
}

function benchBundle() {
    const root = new URL("../../dist/", import.meta.url),
        packed = readdirSync(root, { recursive: true })
            .map(String)
            .filter((name) => name.endsWith(".gz"));
    const total = sum(packed.map((name) => statSync(new URL(name, root)).size)) / 1000;
    tell("bundle", `${total.toFixed(1)} kB in ${packed.length} files, packed`);
    judge("bundle", packed.length > 0 ? total : NaN);
}

// Of what is alive, in kB: the least of some looks, for a message may just be taken over.
async function heapOf(cdp) {
    const sizes = [];
    for (let i = 0; i < HEAP_LOOKS; i++) {
        await cdp.send("HeapProfiler.collectGarbage");
        sizes.push((await cdp.send("Runtime.getHeapUsage")).usedSize / 1000);
        await wait(HEAP_LOOK_MS);
    }
    return Math.min(...sizes);
}

// By least squares: units of y a unit of x.
function slopeOf(points) {
    const mean = (i) => sum(points.map((one) => one[i])) / points.length,
        [x, y] = [mean(0), mean(1)];
    const across = sum(points.map((one) => (one[0] - x) * (one[1] - y)));
    return across / sum(points.map((one) => (one[0] - x) ** 2));
}

async function benchHeap(minutes) {
    const stand = await startStandIn(COUNT, 250),
        { page, cdp } = await load(stand.port),
        points = [];
    await wait(LOADING_MS);
    const begin = performance.now(),
        updates = await page.evaluate("airpicture.page.updates");
    for (;;) {
        const passed = (performance.now() - begin) / 60_000;
        points.push([passed, await heapOf(cdp)]);
        if (passed >= minutes) break;
        await wait(Math.min(HEAP_STEP_MS, (minutes - passed) * 60_000 + 1));
    }
    const slope = slopeOf(points),
        taken = (await page.evaluate("airpicture.page.updates")) - updates;
    tell("heap", points.map(([, kB]) => (kB / 1000).toFixed(2)).join(" "), "MB");
    tell("heap's slope", `${slope.toFixed(1)} kB a minute in ${minutes} minutes, ${taken} updates`);
    judge("heap's slope", slope);
    stand.stop();
}

// What the browser's threads did in SECONDS.
async function trace(page) {
    const updates = await page.evaluate("airpicture.page.updates");
    events = [];
    await whole.send("Tracing.start", {
        transferMode: "ReportEvents",
        traceConfig: { includedCategories: ["toplevel", "devtools.timeline"] },
    });
    await wait(SECONDS * 1000);
    const done = new Promise((resolve) => whole.once("Tracing.tracingComplete", resolve));
    const count = (await page.evaluate("airpicture.page.updates")) - updates;
    await whole.send("Tracing.end");
    await done;
    return count;
}

// Events of the page's thread, in order of time; thread time in milliseconds.
function ofMainThread() {
    const mains = new Set(
        events
            .filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain")
            .map((one) => `${one.pid}:${one.tid}`),
    );
    return events
        .filter((one) => one.ph === "X" && mains.has(`${one.pid}:${one.tid}`))
        .map((one) => ({ ...one, ms: (one.tdur ?? 0) / 1000 }))
        .sort((a, b) => a.ts - b.ts);
}

// Calls from outside, each update's together. A message of the stream is what onmessage is called
// for; labels' places and alerts come otherwise.
function updatesOf(calls) {
    const updates = [];
    let end = 0,
        frameEnd = 0;
    for (const one of calls) {
        if (one.name === "FireAnimationFrame") frameEnd = one.ts + one.dur;
        if (one.name !== "FunctionCall" || one.ts < end) continue; // those within another are in it
        end = one.ts + one.dur;
        const isMessage = /onmessage/.test(one.args.data?.functionName ?? "");
        if (isMessage) updates.push({ message: one.ms, frames: [], rest: 0 });
        else if (one.ts < frameEnd) updates.at(-1)?.frames.push(one.ms);
        else if (updates.length) updates.at(-1).rest += one.ms;
    }
    return updates;
}

async function benchUpdates(stepMs) {
    const stand = await startStandIn(COUNT, stepMs),
        { page, cdp } = await load(stand.port);
    console.log(`a message each ${stepMs} ms, of ${COUNT} tracks those that were updated since`);
    await wait(LOADING_MS);
    const before = await heapOf(cdp),
        count = await trace(page),
        after = await heapOf(cdp),
        calls = ofMainThread(),
        updates = updatesOf(calls),
        tasks = calls.filter((one) => one.name.endsWith("::RunTask")).map((one) => one.ms),
        long = tasks.filter((ms) => ms > LONG_MS);
    const drawn = updates.filter((one) => one.frames.length > 0),
        frames = updates.flatMap((one) => one.frames),
        costOf = (one) => one.message + sum(one.frames) + one.rest,
        costs = updates.map(costOf);
    tell("updates", `${updates.length} of ${count}, ${drawn.length} with ${frames.length} frames`);
    tellShares("taking over, panels", updates.map((one) => one.message + one.rest));
    tellShares("a frame: labels, draws", frames);
    tellShares("update", costs);
    tellShares("update with its frame", drawn.map(costOf));
    tell("with the browser's own work", `${(sum(tasks) / updates.length).toFixed(1)} ms an update`);
    tell(`tasks over ${LONG_MS} ms`, `${long.length}, longest ${of(tasks, 1).toFixed(1)} ms`);
    tell("heap", `${(before / 1000).toFixed(2)}, then ${(after / 1000).toFixed(2)} MB`);
    tell("labels", await page.evaluate("airpicture.page.labels"));
    const where = `, a message each ${stepMs} ms`;
    judge("update, p50", of(drawn.map(costOf), 0.5), where);
    judge("update, p95", of(drawn.map(costOf), 0.95), where);
    judge("tasks over 50 ms", long.length, where);
    await page.close();
    stand.stop();
}

if (isHeapAlone) await benchHeap(numbers[0]);
else {
    benchBundle();
    await benchStart();
    for (const stepMs of STEPS_MS) await benchUpdates(stepMs);
    tell("heap's slope", "see --minutes 10");
}
for (const one of missed) console.log(one);
await browser.close();
process.exit(missed.length > 0 ? 1 : 0);
