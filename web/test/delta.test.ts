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

// All that is known of a track, in the units of the stream, as the C writer's test prints it.
function linesOf(store: Store, id: number): string[] {
  const row = store.row(id),
    of = (column: ArrayLike<number>, step: number) => Math.round(column[row]! / step),
    known = (value: number) => (Number.isNaN(value) ? "-" : value);
  const place = [store.latitude, store.longitude].map((one) => one[row]!.toFixed(7)),
    who = [store.address, store.trackNumber, store.squawk, store.category].map((one) => one[row]!);
  const motion = [of(store.speed, 0.1), of(store.course, 360 / 65536), of(store.climb, 0.1)];
  return [
    ["track", id, ...place, store.callsign[row]!],
    ["identity", id, ...who, known(store.selected[row]!)],
    ["state", id, of(store.stateTime, 0.001), known(of(store.altitude, 0.1))],
    ["motion", id, ...motion, store.flags[row]!],
  ].map((words) => words.join(" ").trim());
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
    const ids = [...store.id.subarray(0, store.count)],
      expected = readFileSync(told!, "utf8")
        .split("\n")
        .filter((line) => /^(track|identity|state|motion) /.test(line))
        .map((line) => line.trim());
    assert.ok(expected.length > 40);
    assert.deepEqual(ids.flatMap((id) => linesOf(store, id)).sort(), expected.sort());
    for (const what of ["identity", "state"]) {
      const known = expected.filter((line) => line.startsWith(what)).map((line) => line.at(-1));
      assert.ok(known.includes("-") && known.some((one) => one !== "-"), `${what}: ${known}`);
    }
    for (const below of [/^state .* -\d+$/, /^identity .* -\d+$/, /^motion \d+ \d+ \d+ -/])
      assert.ok(expected.some((line) => below.test(line)), String(below));
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
