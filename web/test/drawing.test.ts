import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "../src/app.js";
import { type Changes, Flag, Kind } from "../src/delta.js";
import { noFilter } from "../src/filter.js";
import { AirMap } from "../src/map.js";
import { PictureClock } from "../src/motion.js";
import { LOOK_AT, RECORD_FLOATS, RECORD_OCTETS, Records } from "../src/records.js";
import { Runs } from "../src/runs.js";
import { THEMES } from "../src/theme.js";
import { copies, northing } from "../src/track_canvas.js";

Object.assign(globalThis, {
  localStorage: { getItem: () => null },
  matchMedia: () => ({ matches: false }),
});

test("runs: what changed is in them, each item once, and near ones are one", () => {
  const runs = new Runs();
  assert.deepEqual(runs.take(1000), []);
  runs.addList(Uint32Array.of(5, 900, 600), 1000); // 600 in chunk 4: three lie between
  assert.deepEqual(runs.take(1000), [
    [0, 128],
    [512, 1000],
  ]);
  assert.deepEqual(runs.take(1000), []); // nothing has changed since
  runs.addList(Uint32Array.of(300, 5000), 5001); // 5000 is gone meanwhile
  assert.deepEqual(runs.take(301), [[256, 301]]);
  runs.addAll(257);
  assert.deepEqual(runs.take(257), [[0, 257]]);
  runs.addAll(0);
  assert.deepEqual(runs.take(0), []);
});

test("runs: against a list of what was changed", () => {
  const runs = new Runs();
  let seed = 7;
  const draw = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 200; round++) {
    const count = 1 + draw(9000),
      changed = Array.from({ length: draw(60) }, () => draw(count));
    runs.addList(Uint32Array.from(changed), count);
    const told = runs.take(count);
    let end = -1;
    for (const [from, to] of told) {
      assert.ok(from > end && to > from && to <= count);
      end = to;
    }
    for (const one of changed) assert.ok(told.some(([from, to]) => from <= one && one < to));
  }
});

interface Row {
  id: number;
  latitude?: number;
  flags?: number;
}

function message(sequence: number, rows: Row[], removed: number[] = [], isAll = false): Changes {
  return {
    kind: isAll ? Kind.snapshot : Kind.changes,
    epoch: 7,
    sequence,
    since: sequence - 1,
    time: 1000 + sequence / 4,
    count: rows.length,
    ids: Uint32Array.from(rows, ({ id }) => id),
    latitude: Int32Array.from(rows, ({ latitude }) => (latitude ?? 50) * 1e7),
    longitude: Int32Array.from(rows, ({ id }) => id * 1e4),
    altitude: new Int32Array(rows.length),
    speed: Uint16Array.from(rows, ({ id }) => id % 2500),
    course: Uint16Array.from(rows, ({ id }) => (id * 77) % 65536),
    climb: new Int16Array(rows.length),
    age: Uint16Array.from(rows, ({ id }) => id % 25),
    flags: Uint16Array.from(rows, ({ flags }) => flags ?? Flag.adsb),
    identities: [],
    removed: Uint32Array.from(removed),
  };
}

// As picture.ts takes an update over; records that the graphics processor gets are copied.
class Taker {
  readonly app = new App();
  readonly clock = new PictureClock();
  readonly records = new Records(this.app);
  readonly sent = new Uint8Array(RECORD_OCTETS * 4096);
  octetsSent = 0;

  take(change: Changes, nowMs: number): void {
    const { app, clock, records } = this;
    app.motion.step(clock.now(nowMs), nowMs);
    assert.ok(app.store.apply(change, app.motion.leave));
    clock.hear(change.time, nowMs, change.kind === Kind.changes);
    app.motion.settle(app.store.told, clock.now(nowMs), nowMs);
    app.sift();
    records.update();
    this.send();
  }

  send(): void {
    this.octetsSent = 0;
    for (const [from, to] of this.records.changed.take(this.records.count)) {
      const part = this.records.octets.subarray(from * RECORD_OCTETS, to * RECORD_OCTETS);
      this.sent.set(part, from * RECORD_OCTETS);
      this.octetsSent += part.length;
    }
  }

  // What was sent is what all records would be, were they written anew.
  compare(): void {
    const { records } = this,
      size = records.count * RECORD_OCTETS,
      was = Uint8Array.from(this.sent.subarray(0, size));
    const anew = new Records(this.app);
    anew.writeAll(records.base);
    assert.equal(anew.count, records.count);
    assert.deepEqual(was, anew.octets.slice(0, size));
    assert.deepEqual(anew.emergencies, records.emergencies);
  }
}

test("records: parts that are sent make the same picture as all of it", () => {
  const taker = new Taker(),
    ids = Array.from({ length: 3000 }, (_, i) => 3 * i + 1);
  taker.take(message(1, ids.map((id) => ({ id })), [], true), 0);
  assert.equal(taker.octetsSent, 3000 * RECORD_OCTETS);
  taker.compare();
  taker.take(message(2, [{ id: 4, latitude: 51 }, { id: 7, flags: Flag.emergency }]), 250);
  assert.ok(taker.octetsSent > 0 && taker.octetsSent < 300 * RECORD_OCTETS);
  taker.compare();
  assert.equal(taker.records.emergencies.length, 1);
  // One goes, the last takes its place; one comes; one that was moved ends, too.
  taker.take(message(3, [{ id: 10_000 }], [1, 8998]), 500);
  assert.equal(taker.records.count, 2999);
  taker.compare();
  let seed = 5;
  const draw = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let i = 4; i < 200; i++) {
    const { store } = taker.app,
      known = [...store.id.subarray(0, store.count)].sort((a, b) => a - b),
      told = known.filter(() => draw(20) === 0),
      rows = told.map((id) => ({ id, latitude: 50 + draw(90) / 1000 })),
      gone = known.filter((id) => draw(500) === 0 && !rows.some((row) => row.id === id));
    taker.take(message(i, [...rows, { id: 20_000 + i }], gone), 250 * i);
    taker.compare();
  }
});

test("records: a filter, and colours, change all of them", () => {
  const taker = new Taker(),
    { app, records } = taker;
  app.on("filter", () => records.writeAll());
  taker.take(message(1, [{ id: 1 }, { id: 2, flags: Flag.mlat }, { id: 3 }], [], true), 0);
  app.setFilter({ ...noFilter(), sources: new Set(["mlat"]) });
  taker.send();
  assert.equal(records.count, 1);
  taker.take(message(2, [{ id: 3, flags: Flag.mlat }]), 250);
  assert.equal(records.count, 2);
  taker.compare();
  app.setFilter(noFilter());
  taker.send();
  assert.equal(records.count, 3);
  const look = () => [...records.octets.subarray(LOOK_AT, LOOK_AT + 3)];
  const before = look();
  app.settings = { ...app.settings, theme: "day" };
  records.writeAll();
  assert.notDeepEqual(look(), before);
  taker.send();
  taker.take(message(3, [{ id: 1 }]), 500);
  taker.compare();
});

test("the clock stands with a recording that has ended, and goes on when it does", () => {
  const clock = new PictureClock();
  let ms = 0;
  for (; ms <= 10_000; ms += 500) clock.hear(ms / 100, ms, ms > 0); // ten times as fast
  assert.ok(clock.now(ms) > 100 && !clock.isStill);
  for (const end = ms + 12_000; ms < end; ms += 500) clock.hear(100, ms, true);
  assert.ok(clock.isStill);
  for (let i = 0; i < 1000; i += 50) assert.ok(Math.abs(clock.now(ms + i) - 100) < 1e-3);
  clock.hear(105, ms, true);
  assert.ok(!clock.isStill && clock.now(ms + 500) > 106);
});

test("motion: who is not told goes on smoothly when the clock is put right", () => {
  const taker = new Taker(),
    { app, clock } = taker;
  taker.take(message(1, [{ id: 2001 }, { id: 2002 }], [], true), 1);
  const at = (row: number, nowMs: number) => {
    app.motion.step(clock.now(nowMs), nowMs);
    return [app.motion.latitude(row), app.motion.longitude(row)] as const;
  };
  for (let i = 2; i < 160; i++) {
    // Messages of a quarter of a second come late by up to 120 ms; row 0 is told in one of nine.
    const nowMs = 250 * (i - 1) + ((i * 53) % 120),
      before = [at(0, nowMs), at(1, nowMs)];
    const change = message(i, i % 9 ? [{ id: 2002 }] : [{ id: 2001 }, { id: 2002 }]);
    taker.take(change, nowMs);
    [0, 1].forEach((row) =>
      at(row, nowMs).forEach((degrees, j) =>
        assert.ok(Math.abs(degrees - before[row]![j]!) < 1e-7, `${i} ${row}: a jump`),
      ),
    );
  }
  assert.ok(app.motion.fades >= 1); // fading was counted anew meanwhile
});

test("records: kinds are marked in the lowest bits; a height has no level's colour", () => {
  const taker = new Taker(),
    { app, records } = taker,
    ids = [1, 2, 3, 4];
  taker.take(message(1, ids.map((id) => ({ id })), [], true), 0);
  [0xa3, 0xa7, 0xb6, 0xc1].forEach((category, row) => (app.store.category[row] = category));
  app.settings.colour = "level";
  app.store.flags[3]! |= Flag.geometric;
  records.writeAll();
  const looks = ids.map((_, row) => {
    const at = row * RECORD_OCTETS + LOOK_AT;
    return records.octets.slice(at, at + 3);
  });
  assert.deepEqual(
    looks.map(([r, g, b]) => (r! & 1) + 2 * (g! & 1) + 4 * (b! & 1)),
    [0, 1, 3, 4],
  );
  const colours = looks.map((one) => String(one.map((c) => c & 254)));
  assert.deepEqual([colours[1], colours[2]], [colours[0], colours[0]]);
  assert.equal(colours[3], String(THEMES.night.source.none.map((c) => c & 254)));
  assert.notEqual(colours[3], colours[0]);
});

test("motion: what the records say is where it is shown", () => {
  const taker = new Taker(),
    { app, clock, records } = taker;
  taker.take(message(1, [{ id: 1500 }], [], true), 0);
  taker.take(message(2, [{ id: 1500, latitude: 50.01 }]), 260);
  for (const nowMs of [300, 700, 2000]) {
    app.motion.step(clock.now(nowMs), nowMs);
    records.carryOn(1000);
    const one = new Float32Array(records.octets.buffer, 0, RECORD_FLOATS);
    const ahead = Math.max(0, Math.min(20, records.now - one[4]!));
    const latitude = one[1]! + ahead * one[3]! + records.keep * one[6]!;
    assert.ok(Math.abs(latitude - app.motion.latitude(0)) < 1e-5, `${nowMs}: ${latitude}`);
  }
});

// What the shader does with it, in double precision.
test("places: pixels north of the middle are those of the map", () => {
  for (const zoom of [1, 4, 7.9, 8, 11, 16])
    for (const latitude of [-70, -33, 0, 47.5, 69])
      for (const pixels of [-900, -40, 0, 333, 900]) {
        const air = new AirMap(
          { clientWidth: 0, clientHeight: 0 } as HTMLElement,
          { longitude: 0, latitude, zoom },
          {} as never,
        );
        const [, there] = air.unproject(0, -pixels);
        if (Math.abs(there) > 84) continue;
        const [a, b, c, isNear] = northing(latitude, zoom),
          off = there - latitude;
        const angle = Math.PI / 4 + (there * Math.PI) / 360;
        const up = isNear ? off * (a + off * (b + off * c)) : a * (Math.log(Math.tan(angle)) - b);
        assert.ok(Math.abs(up - pixels) < 0.05, `${zoom} ${latitude} ${pixels}: ${up}`);
      }
});

test("places: the world is drawn as often as it is seen", () => {
  const turns = (longitude: number, degrees: number) =>
    copies(longitude, degrees).map((turn) => turn + 0);
  assert.deepEqual(turns(8, 20), [0]);
  assert.deepEqual(turns(175, 20), [0, 1]);
  assert.deepEqual(turns(-175, 20), [-1, 0]);
  assert.deepEqual(turns(0, 900), [-1, 0, 1]);
  assert.deepEqual(turns(365, 20), [1]);
});
