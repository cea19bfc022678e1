import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isChanges, Kind, LayoutError, readMessage } from "../src/delta.js";
import { Store } from "../src/store.js";

// The frames that the C writer's test recorded, and what it says a reader knows in the end.
const frames = process.env["AP_DELTA_FRAMES"],
  told = process.env["AP_DELTA_TOLD"];

function* payloads(octets: Buffer): Generator<ArrayBuffer> {
  for (let at = 0; at < octets.length;) {
    let size = octets[at + 1]! & 127,
      head = 2;
    if (size === 126) {
      size = octets.readUInt16BE(at + 2);
      head = 4;
    }
    yield octets.buffer.slice(
      octets.byteOffset + at + head,
      octets.byteOffset + at + head + size,
    ) as ArrayBuffer;
    at += head + size;
  }
}

test(
  "reader and store know what the C writer told",
  { skip: !frames && "run by test/web.py" },
  () => {
    const store = new Store(),
      kinds: number[] = [];
    for (const payload of payloads(readFileSync(frames!))) {
      const message = readMessage(payload);
      kinds.push(message.kind);
      if (isChanges(message)) assert.equal(store.apply(message), true);
      else assert.equal((message.body as { version: number }).version, 1);
    }
    assert.deepEqual(kinds.slice(0, 3), [Kind.hello, Kind.snapshot, Kind.changes]);
    const lines = [...store.id.subarray(0, store.count)]
      .sort((a, b) => a - b)
      .map((id) => {
        const row = store.row(id);
        const latitude = store.latitude[row]!.toFixed(7);
        const longitude = store.longitude[row]!.toFixed(7);
        return `track ${id} ${latitude} ${longitude} ${store.callsign[row]}`.trim();
      });
    const expected = readFileSync(told!, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("track "))
      .map((line) => line.trim())
      .sort((a, b) => Number(a.split(" ")[1]) - Number(b.split(" ")[1]));
    assert.ok(expected.length > 10);
    assert.deepEqual(lines, expected);
  },
);

test(
  "every cut of every message is refused, not misread",
  { skip: !frames && "run by test/web.py" },
  () => {
    for (const payload of payloads(readFileSync(frames!))) {
      if (new Uint8Array(payload)[3] === Kind.hello) continue;
      for (let size = 0; size < payload.byteLength; size += 7)
        assert.throws(
          () => readMessage(payload.slice(0, size)),
          (error) => error instanceof LayoutError || error instanceof RangeError,
        );
    }
  },
);

test("another version is refused in words", () => {
  const message = new Uint8Array(40);
  message.set([0x41, 0x50, 2, 2]);
  assert.throws(() => readMessage(message.buffer), /version 2 of the stream; this page reads 1/);
  assert.throws(() => readMessage(new ArrayBuffer(4)), LayoutError);
});
