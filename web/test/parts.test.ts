import assert from "node:assert/strict";
import { test } from "node:test";
import { Flag, Kind, NO_ADDRESS, NO_ALTITUDE } from "../src/delta.js";
import { toCsv, toGeoJson, toKml } from "../src/export.js";
import { boxOf, find, isInBand, isInBox, maskOf, noFilter, passes } from "../src/filter.js";
import {
  address,
  bytes,
  course,
  count,
  duration,
  height,
  heightLetters,
  heightWords,
  level,
  nameOf,
  place,
  plottedHeight,
  signed,
  source,
  squawk,
  tickTimes,
  trend,
} from "../src/format.js";
import { bearing, destination, distance, spanOf, wrapped } from "../src/geo.js";
import { readSettings, SETTINGS } from "../src/app.js";
import {
  Covered,
  type LabelWish,
  PLACED,
  placeLabels,
  SURE,
  WISH,
  workOut,
} from "../src/labels.js";
import { readFrames } from "../src/archive.js";
import { type AirKind, drawKind, KIND_WORDS, kindOf } from "../src/kinds.js";
import { readLink, trackOf, writeLink } from "../src/link.js";
import { isToken } from "../src/feed.js";
import { AirMap, inside } from "../src/map.js";
import { Motion, PictureClock } from "../src/motion.js";
import { servedWords } from "../src/panels/bar.js";
import { DOTS, Store } from "../src/store.js";
import { beamOf } from "../src/sweep.js";
import { cellOf } from "../src/symbols.js";
import { type Colour, levelColour, levelScale, levelShare, THEMES } from "../src/theme.js";
import { fromLeft } from "../src/view.js";
import { identity, message } from "./messages.js";

test("a beam goes on from where the antenna was, and not where nobody knows", () => {
  const radar = (antenna?: { azimuth_deg: number; time_s: number; turn_s?: number }) => ({
    index: 0,
    name: "r",
    kind: "psr",
    described: true,
    ...(antenna && { antenna }),
  });
  const seen = radar({ azimuth_deg: 350, time_s: 1000, turn_s: 4 });
  assert.equal(beamOf(seen, 1000, 1001), 80); // a quarter of a turn on
  assert.equal(beamOf(seen, 1000, 1009), 80);
  assert.equal(beamOf(seen, 1000, 999), 260);
  assert.equal(beamOf(seen, 1008, 1009), 80);
  assert.ok(Number.isNaN(beamOf(seen, 1008.5, 1009))); // it has fallen silent
  assert.ok(Number.isNaN(beamOf(seen, 1000, 1031))); // no list for so long
  assert.ok(Number.isNaN(beamOf(radar({ azimuth_deg: 350, time_s: 1000 }), 1000, 1001)));
  assert.ok(Number.isNaN(beamOf(radar(), 1000, 1001)));
});

test("store: rows come, move, go and keep who they are", () => {
  const store = new Store();
  assert.equal(store.apply(message(Kind.changes, 5, [{ id: 1 }])), false); // of another run
  assert.equal(
    store.apply(
      message(
        Kind.snapshot,
        5,
        [{ id: 1 }, { id: 2 }, { id: 300 }],
        [identity(1, "ONE"), identity(2, "TWO"), identity(300, "LAST")],
      ),
    ),
    true,
  );
  assert.equal(store.apply(message(Kind.changes, 6, [{ id: 300, latitude: 51 }], [], [1])), true);
  assert.equal(store.count, 2);
  assert.equal(store.row(1), -1);
  assert.equal(store.callsign[store.row(300)], "LAST");
  assert.equal(store.latitude[store.row(300)], 51);
  assert.equal(store.address[store.row(2)], 0x3c6502);
  assert.equal(store.apply(message(Kind.changes, 8, [])), false); // 7 is missing
  store.apply(message(Kind.snapshot, 9, [{ id: 4 }]));
  assert.equal(store.count, 1);
  assert.equal(store.address[store.row(4)], NO_ADDRESS); // nothing is left of an earlier row
});

test("store: dots at most every 10 s, the newest DOTS of them", () => {
  const store = new Store();
  store.apply(message(Kind.snapshot, 1, [{ id: 1 }], [], [], 0));
  for (let i = 1; i <= 200; i++)
    store.apply(message(Kind.changes, i + 1, [{ id: 1, longitude: i / 100 }], [], [], i));
  assert.equal(store.dotCount[0], DOTS);
  const newest = (store.dotNext[0]! - 1 + DOTS) % DOTS;
  assert.ok(Math.abs(store.dot[newest * 2]! - 2) < 1e-6);
});

test("store: dots of many that came together come one part after the other", () => {
  const store = new Store(),
    rows = Array.from({ length: 4000 }, (_, i) => ({ id: i + 1 })),
    total = () => store.dotCount.subarray(0, 4000).reduce((sum, one) => sum + one, 0);
  store.apply(message(Kind.snapshot, 1, rows, [], [], 0));
  let before = 0,
    most = 0;
  for (let i = 1; i <= 40; i++) {
    store.apply(message(Kind.changes, i + 1, rows, [], [], i));
    most = Math.max(most, total() - before);
    before = total();
    assert.equal(before > 0, i >= 10);
  }
  assert.ok(most <= 800, String(most));
  assert.ok(Math.min(...store.dotCount.subarray(0, 4000)) >= 2); // and none is left out
});

test("motion: carried on by speed and course; a jump fades", () => {
  const store = new Store(),
    motion = new Motion(store);
  const flying = { id: 1, latitude: 0, longitude: 0, speed: 111.195, course: 90 };
  store.apply(message(Kind.snapshot, 1, [flying], [], [], 100));
  motion.settle(store.told, 100, 0);
  motion.step(110, 1000);
  assert.ok(Math.abs(motion.longitude(0) - 0.01) < 1e-5, String(motion.longitude(0)));
  const elsewhere = { ...flying, latitude: 0.002, longitude: 0.01 };
  store.apply(message(Kind.changes, 2, [elsewhere], [], [], 110), motion.leave);
  motion.settle(store.told, 110, 1000);
  motion.step(110, 1000);
  assert.ok(Math.abs(motion.latitude(0)) < 1e-5); // still where it was shown
  motion.step(110, 1500);
  assert.ok(Math.abs(motion.latitude(0) - 0.002 * (1 - Math.exp(-1))) < 1e-5);
  motion.step(110, 5000);
  assert.ok(Math.abs(motion.latitude(0) - 0.002) < 1e-5);
  motion.step(1000, 5000);
  assert.ok(Math.abs(motion.longitude(0) - 0.03) < 1e-4); // no farther than 20 s
});

test("motion: speed is along the course, at any latitude and over the equator", () => {
  const store = new Store(),
    motion = new Motion(store);
  for (const latitude of [-80, -33.3, 0, 0.001, 51.5, 89])
    for (const course of [0, 45, 135, 269, 359]) {
      const from: [number, number] = [170, latitude];
      const row = { id: 1, latitude, longitude: 170, speed: 200, course };
      store.apply(message(Kind.snapshot, 1, [row], [], [], 100));
      motion.settle(store.told, 100, 0);
      motion.step(110, 0);
      const to: [number, number] = [motion.longitude(0), motion.latitude(0)];
      const metres = distance(from, to);
      assert.ok(Math.abs(metres - 2000) < 12, `${latitude} ${course}: ${metres} m`);
      const turned = Math.abs(((bearing(from, to) - course + 540) % 360) - 180);
      assert.ok(turned < 1.2 || latitude === 89, `${latitude} ${course}: ${turned}`);
    }
});

test("motion: the clock of the picture runs as fast as the messages do", () => {
  const clock = new PictureClock();
  for (let i = 0; i < 60; i++) clock.hear(1000 + i * 10, i * 1000 + 1, true);
  assert.ok(Math.abs(clock.now(59_501) - (1590 + 5)) < 0.2);
  clock.steer = () => 500; // what is played meanwhile teaches it nothing
  for (let i = 0; i < 60; i++) clock.hear(500 + i, 60_000 + i * 1000, true);
  clock.steer = null;
  assert.ok(Math.abs(clock.now(59_501) - (1590 + 5)) < 0.2);
});

test("format: levels, codes, addresses, places, sources", () => {
  assert.equal(level(10668), "350");
  assert.equal(level(NaN), "---");
  assert.equal(level(-30), "000");
  assert.equal(trend(5), "↑");
  assert.equal(trend(-0.5), "");
  assert.equal(squawk(0o7700), "7700");
  assert.equal(squawk(65535), "");
  assert.equal(address(0x3c6dd2), "3c6dd2");
  assert.equal(address(0x014000ab), "~4000ab");
  assert.equal(address(NO_ADDRESS), "");
  assert.equal(course(359.7), "000");
  assert.equal(place(52.5, -0.25), "52°30.00′N 000°15.00′W");
  assert.equal(place(-9.99999, 8), "10°00.00′S 008°00.00′E");
  assert.equal(bytes(1234567), "1.2 MB");
  assert.equal(duration(0.005), "5 ms");
  assert.equal(source(Flag.adsb | Flag.modeS), "fused");
  assert.equal(source(Flag.psr | Flag.ssr), "radar");
  assert.equal(source(Flag.psr), "primary");
  assert.equal(source(Flag.mlat), "mlat");
});

import { readSettings, SETTINGS } from "../src/app.js";
test("head: what is served, with its day unless that is today", () => {
  const then = Date.UTC(2024, 2, 1, 12) / 1000,
    now = Date.UTC(2026, 5, 7, 1) / 1000;
  assert.equal(servedWords("live", now - 3, now), "Live");
  assert.equal(servedWords("live", now - 3 * 3600, now), "Live 2026-06-06");
  assert.equal(servedWords("recording", then, now), "RECORDING 2024-03-01");
  assert.equal(servedWords("simulation", then, then + 60), "SIMULATED");
  assert.equal(servedWords("recording", then, now, true), "RECORDING 2024-03-01, ended");
  assert.equal(servedWords("simulation", 0, now), "SIMULATED"); // nothing has come yet
  assert.equal(servedWords(null, then, now), "Connected");
});

test("filter: band, source, state, box over the date line; unknown level is in no band", () => {
  const store = new Store(),
    mask = new Uint8Array(8);
  store.apply(
    message(Kind.snapshot, 1, [
      { id: 1, altitude: 106680 },
      { id: 2, altitude: NO_ALTITUDE },
      { id: 3, altitude: 30000, flags: Flag.psr | Flag.coasting, longitude: 179.5 },
    ]),
  );
  const filter = { ...noFilter(), levelMin: 300, levelMax: 400 };
  assert.deepEqual(
    [0, 1, 2].map((row) => passes(filter, store, row)),
    [true, false, false],
  );
  for (let level = 0; level < 660; level += 0.25) {
    const band = { ...filter, levelMin: level, levelMax: level }; // as the stream tells it
    assert.ok(isInBand(band, Math.fround(Math.round(level * 304.8) / 10)), String(level));
  }
  assert.ok(!isInBand(filter, 299.99 * 30.48) && !isInBand(filter, 400.01 * 30.48));
  assert.equal(maskOf(filter, store, mask, 3), 2); // the selected one is always there
  assert.deepEqual(
    [0, 1, 2].map((row) => passes({ ...noFilter(), sources: new Set(["primary"]) }, store, row)),
    [false, false, true],
  );
  assert.deepEqual(
    [0, 1, 2].map((row) => passes({ ...noFilter(), states: new Set(["coasting"]) }, store, row)),
    [false, false, true],
  );
  assert.equal(isInBox([170, 40, -170, 60], 50, 179.5), true);
  assert.equal(isInBox([170, 40, -170, 60], 50, 8), false);
});

test("filter: a box of what is seen, over the date line and all around", () => {
  assert.deepEqual(boxOf(4.12345, 52, 6, 53.00049), [4.123, 52, 6, 53]);
  for (const turn of [-720, 0, 360]) {
    const box = boxOf(170 + turn, -95, 190 + turn, 60);
    assert.deepEqual(box, [170, -90, -170, 60]);
    assert.equal(isInBox(box, 50, -175), true);
    assert.equal(isInBox(box, 50, -165), false);
  }
  assert.deepEqual(boxOf(-300, 0, 80, 60), [-180, 0, 180, 60]);
  assert.equal(isInBox(boxOf(100, 0, 180, 60), 50, 179.99), true);
  assert.equal(isInBox(boxOf(100, 0, 180, 60), 50, 99), false);
});

test("filter: kinds of aircraft, by what they say themselves", () => {
  const categories = [0, 0xa1, 0xa3, 0xa5, 0xa6, 0xa7, 0xb1, 0xb6, 0xc2, 0xd0],
    wanted = "unknown small large large small rotorcraft light drone ground unknown";
  assert.equal(categories.map(kindOf).join(" "), wanted);
  const store = new Store(),
    rows = categories.map((_, id) => ({ id })),
    who = categories.map((category, id) => ({ ...identity(id, "X"), category }));
  store.apply(message(Kind.snapshot, 1, rows, who));
  const shown = (...kinds: AirKind[]) =>
    rows.filter(({ id }) =>
      passes({ ...noFilter(), kinds: new Set(kinds) }, store, store.row(id)),
    ).length;
  assert.equal(shown("rotorcraft"), 1);
  assert.equal(shown("drone", "large"), 3);
  assert.equal(shown("unknown"), 2);
  const filter = { ...noFilter(), kinds: new Set<AirKind>(["drone", "ground"]) };
  const link = writeLink({ view: null, track: 0, filter, time: null });
  assert.deepEqual(readLink(link).filter, filter);
  assert.deepEqual(readLink("#box=-183.3,40,-176.3,60").filter.box, [176.7, 40, -176.3, 60]);
  const strokes = new Set(
    (Object.keys(KIND_WORDS) as AirKind[]).map((kind) => {
      const said: string[] = [],
        record = new Proxy({}, { get: (_, name) => (...at: number[]) =>
          void said.push(`${String(name)} ${at.join()}`) });
      drawKind(record as CanvasRenderingContext2D, kind, 10, 20);
      return said.join(";");
    }),
  );
  assert.equal(strokes.size, 5); // large, small and unknown ones have no mark
});

test("search: call sign, address, code, number; those that begin so come first", () => {
  const store = new Store();
  store.apply(
    message(
      Kind.snapshot,
      1,
      [{ id: 1 }, { id: 2 }, { id: 3 }],
      [identity(1, "XDLH"), identity(2, "DLH9LF"), identity(3, "AFR12")],
    ),
  );
  const ids = (text: string) => find(store, text, 8).map((row) => store.id[row]);
  assert.deepEqual(ids("dlh"), [2, 1]);
  assert.deepEqual(ids("3C6503"), [3]);
  assert.deepEqual(ids("102"), [2]);
  assert.equal(ids("1234").length, 3);
  assert.deepEqual(ids("  "), []);
  assert.deepEqual(ids("~"), []);
  store.apply(message(Kind.changes, 2, [{ id: 37 }, { id: 38 }]));
  store.trackNumber[store.row(37)] = 4;
  const named = (id: number) => nameOf(store, store.row(id));
  assert.deepEqual([1, 37, 38].map(named), ["XDLH", "T4", "#38"]);
  for (const id of [37, 38]) assert.deepEqual(ids(named(id)), [id]); // as its label says
});

test("search: what is meant comes before twenty that only begin so", () => {
  const store = new Store(),
    numbers = Array.from({ length: 21 }, (_, i) => i + 1);
  const signs = numbers.map((i) => (i === 21 ? "KLM1" : `KLM1${String(40 - i)}`));
  store.apply(
    message(
      Kind.snapshot,
      1,
      numbers.map((id) => ({ id })),
      numbers.map((id) => identity(id, signs[id - 1]!)),
    ),
  );
  const found = find(store, "klm1", 8).map((row) => store.callsign[row]);
  assert.deepEqual(found, ["KLM1", ...[20, 21, 22, 23, 24, 25, 26].map((i) => `KLM1${i}`)]);
});

test("a token is what a browser can send as one", () => {
  for (const one of ["a", "aB3-_.~", "x".repeat(99)]) assert.ok(isToken(one), one);
  for (const one of ["", "my token", "a,b", "tökén", 'a"b', "a/b", "a\n"])
    assert.ok(!isToken(one), one);
});

test("labels: none over another or a symbol; the first in rank is placed; places stay", () => {
  const wishes: LabelWish[] = Array.from({ length: 200 }, (_, row) => ({
    row,
    x: 100 + (row % 20) * 37,
    y: 100 + Math.floor(row / 20) * 41,
    width: 60,
    height: 30,
    rank: row === 150 ? SURE - 1 : row,
    place: -1,
    dx: 0,
    dy: 0,
  }));
  const at = new Map(wishes.map((one) => [one.row, one]));
  const covered = new Covered(790, 460); // cuts off the last column and row
  for (const one of wishes) covered.addSymbol(one.x, one.y);
  const placed = placeLabels(
    wishes.map((one) => ({ ...one })),
    covered,
    100,
  );
  assert.ok(placed.length > 40);
  assert.equal(placed[0]!.row, 150);
  const boxes = placed.map((one) => ({
    l: at.get(one.row)!.x + one.x,
    t: at.get(one.row)!.y + one.y,
    w: one.width,
    h: one.height,
  }));
  boxes.forEach((a, i) =>
    boxes
      .slice(i + 1)
      .forEach((b) =>
        assert.ok(a.l >= b.l + b.w || b.l >= a.l + a.w || a.t >= b.t + b.h || b.t >= a.t + a.h),
      ),
  );
  for (const box of boxes)
    for (const one of wishes)
      assert.ok(
        !(one.x > box.l && one.x < box.l + box.w && one.y > box.t && one.y < box.t + box.h),
      );
  for (const box of boxes) assert.ok(box.l >= 0 && box.l + box.w <= 790 && box.t + box.h <= 460);
  const again = placeLabels(
    [{ row: 0, x: 500, y: 500, width: 60, height: 30, rank: 1, place: 3, dx: 0, dy: 0 }],
    new Covered(800, 600),
    10,
  );
  assert.equal(again[0]!.place, 3);
  const packed = workOut({
    ...{ width: 790, height: 460, limit: 100, blocked: [] },
    symbols: Float32Array.from(wishes.flatMap(({ x, y }) => [x, y])),
    wishes: Float64Array.from(
      wishes.flatMap((one) => [one.x, one.y, one.width, one.height, one.rank, one.place, 0, 0]),
    ),
  });
  assert.equal(WISH, 8);
  assert.deepEqual(
    Array.from({ length: packed.length / PLACED }, (_, i) => packed[i * PLACED]),
    placed.map((one) => one.row),
  );
  placed.forEach(({ x, y, place }, i) =>
    assert.deepEqual([...packed.subarray(i * PLACED + 1, (i + 1) * PLACED)], [x, y, place]),
  );
  const one = (blocked: number[]) =>
    workOut({
      ...{ width: 800, height: 600, limit: 1, blocked },
      symbols: new Float32Array(0),
      wishes: Float64Array.of(400, 300, 60, 30, 1, -1, 0, 0),
    })[3];
  assert.equal(one([]), 0);
  assert.equal(one([440, -50, 900, 290]), 1); // a card is in the first place
  assert.equal(one([-1, -1, 801, 601]), undefined);
});

test("labels: beside lines of motion; the selected one stands somewhere in any crowd", () => {
  const crowd = Array.from({ length: 1600 }, (_, i) => [
    200 + (i % 40) * 10,
    100 + Math.floor(i / 40) * 10,
  ]).flat();
  const place = (symbols: number[], ...wish: number[]) =>
    workOut({
      ...{ width: 800, height: 600, limit: 9, blocked: [] },
      symbols: Float32Array.from(symbols),
      wishes: Float64Array.from(wish),
    });
  const of = (dx: number, dy: number) => place([400, 300], 400, 300, 60, 30, 1, -1, dx, dy)[3];
  assert.equal(of(0, 0), 0); // right and up, where there is no line
  assert.notEqual(of(50, -25), 0);
  assert.equal(of(1e7, 1e7), 0); // what ends far away takes no longer
  assert.equal(place(crowd, 400, 300, 60, 30, SURE - 1, -1, 0, 0).length, 0);
  assert.equal(place(crowd, 400, 300, 60, 30, SURE, -1, 0, 0).length, PLACED);
  // In a fan of lines there is no place without one: over them, as if they were not there.
  const fan = Array.from({ length: 72 }, (_, i) => (i * Math.PI) / 36).flatMap((a) =>
    [400, 300, 60, 30, -1, -1, 90 * Math.cos(a), 90 * Math.sin(a)],
  );
  fan[4] = 5;
  const found = place([400, 300], ...fan);
  assert.deepEqual([found[0], found[3]], [0, 0]);
});

test("link: what is written is read again; what cannot be read is passed over", () => {
  const filter = {
    ...noFilter(),
    levelMin: 100,
    sources: new Set(["adsb", "mlat"] as const),
    box: [1, 2, 3, 4] as [number, number, number, number],
  };
  const view = { zoom: 7, latitude: 52, longitude: 4 };
  const link = readLink(
    writeLink({ view, track: 12, address: "3c6dd2", filter, time: 1780826400 }),
  );
  assert.deepEqual(link.view, { zoom: 7, latitude: 52, longitude: 4 });
  assert.equal(link.track, 12);
  assert.equal(link.address, "3c6dd2");
  assert.deepEqual(link.filter, filter);
  assert.equal(link.time, 1780826400);
  assert.equal(readLink("#at=2026-06-07T10:00:00Z").time, 1780826400);
  assert.deepEqual(readLink("#v=x/y/z&t=abc&src=nonsense&fl=--&at=noon"), {
    view: null,
    track: 0,
    address: "",
    filter: noFilter(),
    time: null,
  });
  for (const words of ["src=constructor", "is=toString,hasOwnProperty", "src=", "a=xyz"])
    assert.deepEqual(readLink("#" + words), readLink(""), words);
  assert.deepEqual(readLink("#src=adsb,foo").filter.sources, new Set(["adsb"]));
  assert.equal(readLink("#a=~4000AB").address, "~4000ab");
  for (const [text, levelMin, levelMax] of [
    ["12.5-", 12.5, null],
    ["-5-", -5, null],
    ["--5", null, -5],
    ["-5--2.5", -5, -2.5],
    ["-300", null, 300],
    ["1.2.3-", null, null],
  ] as const)
    assert.deepEqual(readLink(`#fl=${text}`).filter, { ...noFilter(), levelMin, levelMax }, text);
  for (const [text, zoom, latitude, longitude] of [
    ["1e9/0/0", 16, 0, 0],
    ["-3/54/187", 1, 54, -173],
    ["6/91/-541", 6, 85, 179],
  ] as const)
    assert.deepEqual(readLink(`#v=${text}`).view, { zoom, latitude, longitude });
});

test("link: who it means is known by address, also when the service has begun anew", () => {
  const store = new Store();
  store.apply(
    message(
      Kind.snapshot,
      1,
      [{ id: 1 }, { id: 2 }, { id: 3 }],
      [identity(1, "ONE"), { ...identity(2, ""), address: 0x014000ab }],
    ),
  );
  assert.equal(trackOf({ track: 2, address: "" }, store), 2);
  assert.equal(trackOf({ track: 1, address: "3c6501" }, store), 1);
  assert.equal(trackOf({ track: 2, address: "3c6501" }, store), 1); // numbered anew
  assert.equal(trackOf({ track: 1, address: "~4000ab" }, store), 2);
  assert.equal(trackOf({ track: 1, address: "4000ab" }, store), 0); // that is another's
  assert.equal(trackOf({ track: 3, address: "ffffff" }, store), 0); // 3 has none
  assert.equal(trackOf({ track: 7, address: "" }, store), 0);
});

test("settings: what was kept wrongly is passed over, key by key", () => {
  const read = (kept: unknown) => readSettings(JSON.stringify(kept));
  assert.deepEqual(read({ theme: "sepia", vector: 5, dots: "yes", rings: false, more: 1 }), {
    vector: 5,
    rings: false,
  });
  assert.deepEqual(read({ theme: "constructor", colour: null, vector: "2" }), {});
  for (const text of [null, "", "{", "7", "null", "[]", '"night"'])
    assert.deepEqual(readSettings(text), {}, String(text));
  assert.deepEqual(read(SETTINGS), SETTINGS);
});

// A message without rows, of that time in seconds.
function emptyMessage(kind: number, time: number): Uint8Array {
  const octets = new Uint8Array(40);
  octets.set([0x41, 0x50, 1, kind]);
  new DataView(octets.buffer).setBigInt64(16, BigInt(time) * 1_000_000n, true);
  return octets;
}

test("archive: frames behind their sizes, up to a multiple of eight; a cut is refused", () => {
  const answer = new Uint8Array(3 * 48);
  [2, 3, 3].forEach((kind, i) => {
    answer[i * 48] = 40;
    answer.set(emptyMessage(kind, 1000 + i), i * 48 + 8);
  });
  assert.deepEqual(
    readFrames(answer.buffer).map((one) => [one.kind, one.time]),
    [
      [2, 1000],
      [3, 1001],
      [3, 1002],
    ],
  );
  assert.deepEqual(readFrames(new ArrayBuffer(0)), []);
  for (let size = 1; size < answer.length; size++)
    if (size % 48) assert.throws(() => readFrames(answer.buffer.slice(0, size)));
});

test("map: a pixel is a place and a place a pixel; what fits lies between the edges", () => {
  const box = { clientWidth: 1280, clientHeight: 754 } as HTMLElement,
    air = new AirMap(box, { longitude: 179, latitude: 60, zoom: 5 }, THEMES.night);
  let moves = 0;
  air.on("move", () => moves++);
  for (const [x, y] of [
    [0, 0],
    [1280, 754],
    [333, 600],
  ] as const) {
    const pixel = air.project(air.unproject(x, y));
    assert.ok(Math.hypot(pixel.x - x, pixel.y - y) < 0.01, `${pixel.x} ${pixel.y}`);
  }
  const isSeen = inside(...air.bounds());
  assert.ok(isSeen(-179, 60) && isSeen(178, 61) && !isSeen(-150, 60) && !isSeen(179, 80));
  air.fit(-10, 35, 40, 60, { top: 50, bottom: 60, left: 400, right: 450 }, 9);
  const [a, b] = [air.project([-10, 60]), air.project([40, 35])];
  assert.ok(Math.abs(a.x - 400) < 0.1 && Math.abs(b.x - 830) < 0.1, `${a.x} ${b.x}`);
  assert.ok(a.y > 50 && b.y < 694 && Math.abs(a.y + b.y - 744) < 0.1, `${a.y} ${b.y}`);
  air.fit(8, 50, 8, 50, { top: 50, bottom: 50, left: 0, right: 100 }, 9); // one track
  assert.equal(air.view().zoom, 9);
  const alone = air.project([8, 50]);
  assert.ok(Math.abs(alone.x - 590) < 0.1 && Math.abs(alone.y - 377) < 0.1, `${alone.x}`);
  air.look({ zoom: 99 });
  assert.equal(air.view().zoom, 16);
  assert.equal(moves, 3);
});

test("map: over the date line all fits in little, the next is to the right", () => {
  const span = (...all: number[]) => spanOf(Float64Array.from(all));
  assert.deepEqual(span(-176, 179, 178, -179), [178, 184]);
  assert.deepEqual(span(4, 8, -3), [-3, 8]);
  assert.deepEqual(span(8), [8, 8]);
  assert.deepEqual(span(-90, 0, 90, 180), [-90, 180]);
  assert.deepEqual([180, 540, -180, 179.5, -190].map(wrapped), [-180, -180, -180, 179.5, 170]);
  assert.ok(Math.abs(wrapped(-183.3) - 176.7) < 1e-9);
  const box = { clientWidth: 1280, clientHeight: 754 } as HTMLElement,
    air = new AirMap(box, { longitude: 0, latitude: 0, zoom: 2 }, THEMES.night),
    longitude = Float64Array.of(-176, 179, 178, -179, 8),
    latitude = Float64Array.of(60, 61, 62, 63, 50);
  const [west, east] = spanOf(longitude.slice(0, 4));
  air.fit(west, 60, east, 63, { top: 50, bottom: 50, left: 50, right: 50 }, 9);
  assert.ok(air.view().zoom > 5 && Math.abs(air.view().longitude + 179) < 1e-9);
  const pixels = [2, 1, 3, 0].map((row) => air.project([longitude[row]!, latitude[row]!]).x);
  pixels.forEach((x, i) => assert.ok(x > 49 && x < 1231 && (i === 0 || x > pixels[i - 1]!)));
  const all = new Uint8Array(5).fill(1);
  assert.deepEqual(fromLeft(air.bounds(), longitude, latitude, all), [2, 1, 3, 0]);
  air.look({ longitude: 179.5 }); // the other way around
  assert.ok(air.bounds()[2] > 180);
  assert.deepEqual(fromLeft(air.bounds(), longitude, latitude, all), [2, 1, 3, 0]);
  air.look({ longitude: 541 });
  assert.equal(air.view().longitude, -179);
});

test("geo: distance, bearing and destination agree", () => {
  const to = destination([4, 52], 60, 100_000);
  assert.ok(Math.abs(distance([4, 52], to) - 100_000) < 0.1);
  assert.ok(Math.abs(bearing([4, 52], to) - 60) < 1e-6);
  assert.ok(Math.abs(distance([0, 0], [0, 1]) - 111_195) < 1);
});

test("export: names cannot break out of KML; CSV and GeoJSON hold the points", () => {
  const detail = {
    now_s: 0,
    track_id: 3,
    reason_count: 0,
    reasons: [],
    contributions: [],
    alerts: [],
    track: { track_id: 3, time_s: 0, latitude_deg: 1, longitude_deg: 2, callsign: "<A&B>" },
    history: [
      {
        time_s: 0,
        latitude_deg: 1.5,
        longitude_deg: 2.5,
        altitude_m: 100,
        flags: ["adsb", "coasting"],
      },
      { time_s: 60, latitude_deg: 1.6, longitude_deg: 2.6 },
    ],
  };
  assert.match(
    toKml(detail),
    /<name>&#60;A&#38;B&#62;<\/name>[\s\S]*<gx:coord>2.5 1.5 100<\/gx:coord>/,
  );
  assert.equal(
    toCsv(detail).split("\r\n")[1],
    "1970-01-01T00:00:00.000Z,1.5,2.5,100,,,,adsb coasting",
  );
  assert.deepEqual(JSON.parse(toGeoJson(detail)).geometry.coordinates, [
    [2.5, 1.5],
    [2.6, 1.6],
  ]);
});

test("symbols: a cell of its own for each source, with each of the marks", () => {
  const sources = [0, Flag.adsb, Flag.mlat, Flag.ssr, Flag.psr, Flag.adsb | Flag.modeS],
    doubts = [0, Flag.identityDoubted],
    marks = [0, Flag.simulated, Flag.coasting, Flag.simulated | Flag.coasting];
  const cells = sources.flatMap((one) =>
    doubts.flatMap((doubt) => marks.map((mark) => cellOf(one | doubt | mark))),
  );
  assert.equal(new Set(cells).size, cells.length);
  assert.ok(Math.max(...cells) < 128); // seven bits of a record
  assert.equal(cellOf(Flag.adsb | Flag.addressShared), cellOf(Flag.adsb | Flag.identityDoubted));
});

// How people see linear red, green and blue who lack one kind of cone: Machado, Oliveira and
// Fernandes 2009, severity 1.
const SEEN: Record<string, number[][]> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

// CIE L*a*b* of a colour of the screen (sRGB, D65), as seen through a matrix of SEEN.
function lab(colour: Colour, seen: number[][]): number[] {
  const light = colour.map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  const times = (m: number[][], v: number[]) =>
    m.map((row) => row.reduce((sum, x, i) => sum + x * v[i]!, 0));
  const xyz = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    times(seen, light).map((x) => Math.max(0, Math.min(1, x))),
  );
  const [x, y, z] = xyz.map((value, i) => {
    const t = value / [0.9505, 1, 1.089][i]!;
    return t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116;
  });
  return [116 * y! - 16, 500 * (x! - y!), 200 * (y! - z!)];
}

test("themes: the scale of levels stands where the colours are", () => {
  const at = new Uint8ClampedArray(4);
  for (const theme of Object.values(THEMES)) {
    assert.equal(levelScale(theme).match(/rgb\(/g)!.length, theme.levels.length);
    levelColour(theme, NaN, at, 0);
    assert.deepEqual([...at.slice(0, 3)], theme.source.none); // not the lowest level
    for (const level of [0, 100, 200, 300, 400]) {
      levelColour(theme, level * 30.48, at, 0);
      const share = (levelShare(level) / 100) * (theme.levels.length - 1),
        step = Math.floor(share);
      const a = theme.levels[step]!,
        b = theme.levels[step + 1]!;
      a.forEach((c, i) =>
        assert.ok(Math.abs(at[i]! - (c + (b[i]! - c) * (share - step))) < 1.1, `${level}`),
      );
    }
  }
});

test("themes: colours of sources differ for everybody's eyes", () => {
  const LEAST = 10; // where 2.3 is just seen side by side
  for (const [name, theme] of Object.entries(THEMES))
    for (const [eyes, seen] of Object.entries(SEEN)) {
      const all = { ...theme.source, emergency: theme.emergency },
        names = Object.keys(all) as (keyof typeof all)[];
      names.forEach((a, i) =>
        names.slice(i + 1).forEach((b) => {
          const difference = Math.hypot(
            ...lab(all[a], seen).map((x, j) => x - lab(all[b], seen)[j]!),
          );
          assert.ok(
            difference >= LEAST,
            `${name}, ${eyes}: ${a} and ${b} differ by ${difference.toFixed(1)}`,
          );
        }),
      );
    }
});
