// A stand-in for the service: it serves the built page, and sends what the C writer would of tracks
// that are each updated once a second, at a moment of their own, in no order of their ids: a message
// tells those that were since the last one.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import http from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../dist", import.meta.url));
const TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".html": "text/html",
};
export const SNAPSHOT = 2,
    CHANGES = 3;
const LANES = 200, // tracks side by side
    SPEED_MPS = 240,
    FLAGS = [36, 32, 44, 6, 2], // fused, ADS-B, with multilateration, radar, primary alone
    NAMED = 50; // in a message, each so-manieth track tells who it is: another altitude is selected

// The moment of the second at which a track is updated, 0 to 1.
function momentOf(track) {
    const mixed = Math.imul(track ^ (track >>> 7), 0x9e3779b1);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

// Columns as doc/websocket.md lays them out, of these tracks; `flying` seconds after all began.
export function message(kind, tracks, sequence, time, flying) {
    const count = tracks.length,
        isNamed = (i) => kind === SNAPSHOT || i % NAMED === sequence % NAMED,
        identities = tracks.filter((_, i) => isNamed(i)).length,
        names = 40 + 12 * count,
        shorts = names + 24 * identities;
    const out = Buffer.alloc(shorts + 11 * count);
    out.write("AP", 0, "latin1");
    out.writeUInt8(1, 2);
    out.writeUInt8(kind, 3);
    out.writeUInt32LE(1, 4);
    out.writeUInt32LE(sequence, 8);
    out.writeUInt32LE(kind === SNAPSHOT ? 0 : sequence - 1, 12);
    out.writeBigInt64LE(BigInt(Math.round(time * 1e6)), 16);
    out.writeUInt32LE(count, 24);
    out.writeUInt32LE(identities, 28);
    let before = 0,
        name = names;
    tracks.forEach((track, i) => {
        const course = (track * 37) % 360,
            turn = (course * Math.PI) / 180,
            age = (flying - momentOf(track) + 1) % 1,
            flown = ((flying - age) * SPEED_MPS) / 111195;
        const latitude = 35 + Math.floor(track / LANES) * 0.25 + flown * Math.cos(turn);
        const longitude =
            -10 +
            (track % LANES) * 0.25 +
            (flown * Math.sin(turn)) / Math.cos((latitude * Math.PI) / 180);
        out.writeInt32LE(Math.round(latitude * 1e7), 40 + 4 * i);
        out.writeInt32LE(Math.round(longitude * 1e7), 40 + 4 * (count + i));
        out.writeInt32LE(((track * 13) % 120) * 1000, 40 + 4 * (2 * count + i));
        out.writeUInt16LE(SPEED_MPS * 10, shorts + 2 * i);
        out.writeUInt16LE(Math.floor((course / 360) * 65536), shorts + 2 * (count + i));
        out.writeUInt16LE(Math.round(age * 100), shorts + 2 * (3 * count + i));
        out.writeUInt16LE(FLAGS[track % FLAGS.length], shorts + 2 * (4 * count + i));
        out.writeUInt8(track + 1 - before, shorts + 10 * count + i); // less than 128: one octet
        before = track + 1;
        if (!isNamed(i)) return;
        out.writeUInt32LE(track + 1, name);
        out.writeUInt32LE(0x400000 + track, name + 4);
        out.writeUInt16LE(65535, name + 10);
        out.writeUInt8(1, name + 13);
        out.writeInt16LE(100 * ((track + sequence) % 40), name + 14);
        out.write("TST" + track, name + 16, 8, "latin1");
        name += 24;
    });
    return out;
}

// One binary frame; its length is told in as few octets as it needs.
function frame(payload) {
    const isLong = payload.length > 65535,
        head = Buffer.alloc(isLong ? 10 : 4);
    head[0] = 0x82;
    head[1] = isLong ? 127 : 126;
    if (isLong) head.writeBigUInt64BE(BigInt(payload.length), 2);
    else head.writeUInt16BE(payload.length, 2);
    return Buffer.concat([head, payload]);
}

function answer(request, response) {
    const name = request.url === "/" ? "/index.html" : request.url.split("?")[0];
    const file = join(root, name);
    if (!existsSync(file))
        return response.writeHead(404, { "content-type": "application/json" }).end("{}");
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" });
    createReadStream(file).pipe(response);
}

function accept(request, socket) {
    const key = createHash("sha1")
        .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        .digest("base64");
    socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            `Sec-WebSocket-Accept: ${key}\r\nSec-WebSocket-Protocol: airpicture.v1\r\n\r\n`,
    );
}

// Sends to each client a snapshot of `count` tracks, then a message every `stepMs`, which divides a
// second, of those that were updated since.
export async function startStandIn(count, stepMs) {
    const all = Array.from({ length: count }, (_, track) => track),
        steps = 1000 / stepMs,
        stepOf = (track) => Math.floor(momentOf(track) * steps),
        partOf = (step) => all.filter((one) => stepOf(one) === step),
        parts = Array.from({ length: steps }, (_, step) => partOf(step));
    const server = http.createServer(answer),
        snapshot = frame(message(SNAPSHOT, all, 1, Date.now() / 1000, 0));
    server.on("upgrade", (request, socket) => {
        accept(request, socket);
        const begin = Date.now() / 1000;
        let sequence = 1;
        socket.write(snapshot);
        const timer = setInterval(() => {
            const part = parts[(sequence - 1) % steps],
                flying = (sequence++ * stepMs) / 1000;
            socket.write(frame(message(CHANGES, part, sequence, begin + flying, flying)));
        }, stepMs);
        socket.on("close", () => clearInterval(timer));
        socket.on("error", () => clearInterval(timer));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { port: server.address().port, stop: () => server.close() };
}
