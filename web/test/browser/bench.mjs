// The page under 20,000 moving tracks that are each updated once a second.
//   node test/browser/bench.mjs [SECONDS [MILLISECONDS between messages]...]
// First with a message each 250 ms of those that were updated since, as the service sends them when
// nothing else is configured; then with a message of all of them a second.
// An update is all JavaScript that the page's thread runs from one message to the next: reading it,
// columns, filter, records for the graphics processor, table and panels, labels, draw calls. It is
// told in the thread's own time: waiting for a processor is not in it. "With the browser's own
// work" adds what the browser does in that thread: style, layout, and what canvases need in software.
import { openPage, startBrowser, until } from "./harness.mjs";
import { startStandIn } from "./stand_in.mjs";

const COUNT = 20_000,
    SECONDS = Number(process.argv[2] ?? 30),
    STEPS_MS = process.argv.length > 3 ? process.argv.slice(3).map(Number) : [250, 1000],
    LOADING_MS = 8000,
    WANTED = /^FunctionCall$|^FireAnimationFrame$|^thread_name$|::RunTask$/,
    LONG_MS = 50;

const browser = await startBrowser(),
    whole = await browser.newBrowserCDPSession();
let events = [];
whole.on("Tracing.dataCollected", ({ value }) => {
    events.push(...value.filter((one) => WANTED.test(one.name)));
});

// Processor time so far: of each of the browser's processes, and of this page's scripts.
async function spent(cdp) {
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const sum = (type) =>
        processInfo.reduce((all, one) => all + (one.type === type ? one.cpuTime : 0), 0);
    const script = metrics.find((one) => one.name === "ScriptDuration").value;
    return { GPU: sum("GPU"), renderer: sum("renderer"), browser: sum("browser"), script };
}

const of = (list, share) =>
    [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)]?.toFixed(2);
const tell = (name, ...words) => console.log(name.padEnd(30), ...words);
const tellShares = (name, list) =>
    tell(name, `p50 ${of(list, 0.5)} ms, p95 ${of(list, 0.95)} ms`);

async function load(page, cdp, port) {
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    const before = await spent(cdp);
    await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "commit" });
    const seen = await until(page, "window.airpicture?.page.seenMs"),
        first = await page.evaluate("airpicture.page.firstMs"),
        after = await spent(cdp);
    tell("first picture", `${first.toFixed(0)} ms, seen after ${seen.toFixed(0)} ms`);
    for (const [name, words] of [
        ["script", "the page's scripts"],
        ["renderer", "the page's process"],
        ["GPU", "drawing, in software"],
    ])
        tell(words, `${(1000 * (after[name] - before[name])).toFixed(0)} ms of CPU`);
    await page.waitForTimeout(LOADING_MS);
}

// What the browser's threads did in SECONDS; and the heap, each minute.
async function trace(page, cdp) {
    const heap = async () => {
        await cdp.send("HeapProfiler.collectGarbage");
        return ((await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6).toFixed(1);
    };
    const heaps = [await heap()],
        updates = await page.evaluate("airpicture.page.updates");
    events = [];
    await whole.send("Tracing.start", {
        transferMode: "ReportEvents",
        traceConfig: { includedCategories: ["toplevel", "devtools.timeline"] },
    });
    for (let passed = 0; passed < SECONDS; passed += 10) {
        await page.waitForTimeout(Math.min(10, SECONDS - passed) * 1000);
        if (passed % 60 === 0 || passed + 10 >= SECONDS) heaps.push(await heap());
    }
    const done = new Promise((resolve) => whole.once("Tracing.tracingComplete", resolve));
    const count = (await page.evaluate("airpicture.page.updates")) - updates;
    await whole.send("Tracing.end");
    await done;
    return { heaps, count };
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
const sum = (list) => list.reduce((all, one) => all + one, 0);

for (const stepMs of STEPS_MS) {
    const stand = await startStandIn(COUNT, stepMs);
    const page = await openPage(browser);
    const cdp = await page.context().newCDPSession(page);
    console.log(`a message each ${stepMs} ms, of ${COUNT} tracks those that were updated since`);
    await load(page, cdp, stand.port);
    const { heaps, count } = await trace(page, cdp),
        calls = ofMainThread(),
        updates = updatesOf(calls),
        tasks = calls.filter((one) => one.name.endsWith("::RunTask")),
        long = tasks.filter((one) => one.ms > LONG_MS);
    const drawn = updates.filter((one) => one.frames.length > 0),
        frames = updates.flatMap((one) => one.frames),
        costOf = (one) => one.message + sum(one.frames) + one.rest;
    tell("updates", `${updates.length} of ${count}, ${drawn.length} with ${frames.length} frames`);
    tellShares("taking over, panels", updates.map((one) => one.message + one.rest));
    tellShares("a frame: labels, draws", frames);
    tellShares("update", updates.map(costOf));
    tellShares("update with its frame", drawn.map(costOf));
    const all = sum(tasks.map((one) => one.ms)) / updates.length;
    tell("with the browser's own work", `${all.toFixed(1)} ms an update`);
    const longest = of(tasks.map((one) => one.ms), 1);
    tell(`tasks over ${LONG_MS} ms`, `${long.length}, longest ${longest} ms`);
    tell("heap", heaps.join(" "), "MB");
    tell("labels", await page.evaluate("airpicture.page.labels"));
    await page.close();
    stand.stop();
}
await browser.close();
process.exit(0);
