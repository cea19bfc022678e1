// The page under 20,000 moving tracks, a message a second.
//   node test/browser/bench.mjs [SECONDS]
// An update is all JavaScript that the page's thread runs from one message to the next: reading it,
// columns, filter, records for the graphics processor, table and panels, labels, layers and draw
// calls of deck.gl. It is told in the thread's own time: waiting for a processor is not in it.
import { startBrowser, until } from "./harness.mjs";
import { startStandIn } from "./stand_in.mjs";

const COUNT = 20_000,
    SECONDS = Number(process.argv[2] ?? 30),
    LOADING_MS = 8000,
    WANTED = /^FunctionCall$|^thread_name$|::RunTask$/,
    LONG_MS = 50;

const stand = await startStandIn(COUNT, 1000);
const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const cdp = await page.context().newCDPSession(page),
    whole = await browser.newBrowserCDPSession(),
    events = [];

// Processor time so far: of each of the browser's processes, and of this page's scripts.
async function spent() {
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const sum = (type) =>
        processInfo.reduce((all, one) => all + (one.type === type ? one.cpuTime : 0), 0);
    const script = metrics.find((one) => one.name === "ScriptDuration").value;
    return { GPU: sum("GPU"), renderer: sum("renderer"), browser: sum("browser"), script };
}

// When the first picture was drawn, and when the software that draws had done so.
const ON_SCREEN = `(() => {
    const gl = document.querySelector(".tracks canvas").getContext("webgl2");
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now();
})()`;
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
const before = await spent();
await page.goto(`http://127.0.0.1:${stand.port}/`, { waitUntil: "commit" });
const first = await until(page, "window.airpicture?.page.firstMs"),
    seen = await page.evaluate(ON_SCREEN),
    after = await spent();
console.log(`first picture                  ${first.toFixed(0)} ms, seen after ${seen.toFixed(0)} ms`);
for (const [name, words] of [
    ["script", "the page's scripts"],
    ["renderer", "the page's process"],
    ["GPU", "drawing, in software"],
])
    console.log(`${words.padEnd(30)} ${(1000 * (after[name] - before[name])).toFixed(0)} ms of CPU`);
await page.waitForTimeout(LOADING_MS);

whole.on("Tracing.dataCollected", ({ value }) => {
    events.push(...value.filter((one) => WANTED.test(one.name)));
});
const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
};
const heaps = [(await heap()).toFixed(1)];
await whole.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "devtools.timeline"] },
});
for (let passed = 0; passed < SECONDS; passed += 10) {
    await page.waitForTimeout(Math.min(10, SECONDS - passed) * 1000);
    if (passed % 60 === 0 || passed + 10 >= SECONDS) heaps.push((await heap()).toFixed(1));
}
const done = new Promise((resolve) => whole.once("Tracing.tracingComplete", resolve));
await whole.send("Tracing.end");
await done;

// Events of the page's thread, in order of time; thread time in milliseconds.
const mains = new Set(
    events
        .filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain")
        .map((one) => `${one.pid}:${one.tid}`),
);
const calls = events
    .filter((one) => one.ph === "X" && mains.has(`${one.pid}:${one.tid}`))
    .map((one) => ({ ...one, ms: (one.tdur ?? 0) / 1000 }))
    .sort((a, b) => a.ts - b.ts);
const updates = [];
let end = 0;
for (const one of calls) {
    if (one.name !== "FunctionCall" || one.ts < end) continue; // those within another are in it
    end = one.ts + one.dur;
    const isMessage = /onmessage/.test(one.args.data?.functionName ?? "");
    if (isMessage && one.ms > 0.4) updates.push({ message: one.ms, rest: 0 });
    else if (updates.length) updates.at(-1).rest += one.ms;
}
const of = (list, share) =>
    [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)]?.toFixed(2);
const tell = (name, list) =>
    console.log(`${name.padEnd(30)} p50 ${of(list, 0.5)} ms, p95 ${of(list, 0.95)} ms`);
const tasks = calls.filter((one) => one.name.endsWith("::RunTask"));
const long = tasks.filter((one) => one.ms > LONG_MS);
console.log(`${updates.length} updates of ${COUNT} rows`);
tell("taking over, table", updates.map((one) => one.message));
tell("frames: layers, labels, draws", updates.map((one) => one.rest));
tell("update", updates.map((one) => one.message + one.rest));
const all = tasks.reduce((sum, one) => sum + one.ms, 0) / updates.length;
console.log(`with the browser's own work    ${all.toFixed(1)} ms an update`);
const longest = of(
    tasks.map((one) => one.ms),
    1,
);
console.log(`tasks over ${LONG_MS} ms              ${long.length}, longest ${longest} ms`);
console.log(`heap                           ${heaps.join(" ")} MB`);
console.log(`labels                         ${await page.evaluate("airpicture.page.labels")}`);
await browser.close();
process.exit(0);
