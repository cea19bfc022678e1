// The page under 20,000 moving tracks: a stand-in sends what the C writer would, once a second.
//   node test/browser/bench.mjs [SECONDS]
// Tells what an update costs the main thread, tasks over 50 ms, the heap, and the first picture.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import http from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser, until } from "./harness.mjs";

const COUNT = 20_000,
    SECONDS = Number(process.argv[2] ?? 30),
    STEP_MS = 1000;
const root = fileURLToPath(new URL("../../dist", import.meta.url));
const TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".html": "text/html",
};

// Columns as doc/websocket.md lays them out; every track moves in every message.
function message(kind, sequence, time) {
    const identities = kind === 2 ? COUNT : 0,
        names = 40 + 12 * COUNT,
        shorts = names + 24 * identities;
    const out = Buffer.alloc(shorts + 11 * COUNT + 8);
    out.write("AP", 0, "latin1");
    out.writeUInt8(1, 2);
    out.writeUInt8(kind, 3);
    out.writeUInt32LE(1, 4);
    out.writeUInt32LE(sequence, 8);
    out.writeUInt32LE(kind === 2 ? 0 : sequence - 1, 12);
    out.writeBigInt64LE(BigInt(Math.round(time * 1e6)), 16);
    out.writeUInt32LE(COUNT, 24);
    out.writeUInt32LE(identities, 28);
    for (let i = 0; i < COUNT; i++) {
        const lane = i % 200,
            course = (i * 37) % 360,
            flown = ((sequence * 240) / 111195) * 1;
        const latitude =
            35 + Math.floor(i / 200) * 0.25 + flown * Math.cos((course * Math.PI) / 180);
        const longitude = -10 + lane * 0.25 + flown * Math.sin((course * Math.PI) / 180);
        out.writeInt32LE(Math.round(latitude * 1e7), 40 + 4 * i);
        out.writeInt32LE(Math.round(longitude * 1e7), 40 + 4 * (COUNT + i));
        out.writeInt32LE(((i * 13) % 120) * 1000, 40 + 4 * (2 * COUNT + i));
        out.writeUInt16LE(2400, shorts + 2 * i);
        out.writeUInt16LE(Math.floor((course / 360) * 65536), shorts + 2 * (COUNT + i));
        out.writeUInt16LE([36, 32, 44, 6, 2][i % 5], shorts + 2 * (4 * COUNT + i));
        out.writeUInt8(1, shorts + 10 * COUNT + i);
        if (!identities) continue;
        out.writeUInt32LE(i + 1, names + 24 * i);
        out.writeUInt32LE(0x400000 + i, names + 24 * i + 4);
        out.writeUInt16LE(65535, names + 24 * i + 10);
        out.write("TST" + i, names + 24 * i + 16, 8, "latin1");
    }
    return out.subarray(0, shorts + 11 * COUNT);
}

function frame(payload) {
    const head = Buffer.alloc(10);
    head[0] = 0x82;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
    return Buffer.concat([head, payload]);
}

const server = http.createServer((request, response) => {
    const name = request.url === "/" ? "/index.html" : request.url.split("?")[0];
    const file = join(root, name);
    if (!existsSync(file))
        return response.writeHead(404, { "content-type": "application/json" }).end("{}");
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" });
    createReadStream(file).pipe(response);
});
server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1")
        .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        .digest("base64");
    socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: airpicture.v1\r\n\r\n`,
    );
    const begin = Date.now() / 1000;
    let sequence = 1;
    socket.write(frame(message(2, sequence, begin)));
    const timer = setInterval(
        () => socket.write(frame(message(3, ++sequence, begin + sequence - 1))),
        STEP_MS,
    );
    socket.on("close", () => clearInterval(timer));
    socket.on("error", () => clearInterval(timer));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const begin = Date.now();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await until(page, "window.airpicture?.page.drawMs > 0 && airpicture.app.store.count > 0", 60);
console.log(`first picture with ${COUNT} tracks after ${Date.now() - begin} ms`);
await page.waitForTimeout(8000); // loading ends
const cdp = await page.context().newCDPSession(page);
const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
};
const before = await heap();
await page.evaluate(`window.seen = {apply: [], draw: [], long: []};
  airpicture.app.on("update", () => { seen.apply.push(airpicture.page.applyMs); seen.draw.push(airpicture.page.drawMs); });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.long.push(Math.round(one.duration)); })
    .observe({entryTypes: ["longtask"]});`);
const heaps = [];
for (let passed = 0; passed < SECONDS; passed += 10) {
    await page.waitForTimeout(Math.min(10, SECONDS - passed) * 1000);
    heaps.push((await heap()).toFixed(1));
}
const seen = await page.evaluate("seen");
const of = (list, share) =>
    [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)]?.toFixed(2);
console.log(`${seen.apply.length} updates of ${COUNT} rows`);
console.log(`taking one over   p50 ${of(seen.apply, 0.5)} ms, p95 ${of(seen.apply, 0.95)} ms`);
console.log(
    `drawing it        p50 ${of(seen.draw, 0.5)} ms, p95 ${of(seen.draw, 0.95)} ms (main thread)`,
);
console.log(
    `tasks over 50 ms  ${seen.long.length}${seen.long.length ? `, longest ${Math.max(...seen.long)} ms` : ""}`,
);
console.log(`heap              ${before.toFixed(1)} MB, then ${heaps.join(" ")}`);
console.log(`labels            ${await page.evaluate("airpicture.page.labels")}`);
await browser.close();
process.exit(0);
