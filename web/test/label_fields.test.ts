import assert from "node:assert/strict";
import { test } from "node:test";
import { Flag, Kind, NO_ADDRESS, NO_ALTITUDE, NO_SQUAWK } from "../src/delta.js";
import { everywhere } from "../src/filter.js";
import {
  FIELDS,
  isInSector,
  type LabelChoice,
  labelChoice,
  LabelFields,
  type Layout,
  linesOf,
  readChoice,
} from "../src/label_fields.js";
import { Store } from "../src/store.js";
import { identity, message } from "./messages.js";

const LEVEL = 304.8; // of the stream, tenths of a metre a flight level

const unknown = { ...identity(3, ""), category: 0, selected: NaN };
const store = new Store();
store.apply(
  message(
    Kind.snapshot,
    1,
    [
      { id: 1, altitude: 350 * LEVEL, speed: 231.5, course: 359.7, climb: 9.9, age: 4.5 },
      { id: 2, altitude: 90 * LEVEL, climb: -5.1, flags: Flag.modeS | Flag.simulated },
      { id: 3, altitude: NO_ALTITUDE, longitude: 20, flags: Flag.adsb | Flag.mlat },
      { id: 4, altitude: 0, flags: Flag.onGround | Flag.psr },
      { id: 5, altitude: 3048, climb: 9, flags: Flag.geometric | Flag.psr, longitude: 30 },
    ],
    [
      identity(1, "ABC123"),
      identity(2, ""),
      { ...unknown, address: NO_ADDRESS, trackNumber: 0, squawk: NO_SQUAWK },
      { ...identity(4, "ZERO"), selected: 0 },
      { ...identity(5, "BELOW"), selected: -10 },
    ],
  ),
);

const say = (row: number, full: Layout): string[] =>
  new LabelFields({ ...labelChoice(), full }).lines(store, row, true);

test("label fields: each says what its name is for", () => {
  const one = (row: number, field: string) => say(row, { [field]: 1 })[0];
  const said = (row: number) => FIELDS.map((field) => one(row, field));
  assert.deepEqual(said(0), [
    ...["ABC123", "3C6501", "T101", "1234", "350↑", "s350", "+19", "450", "000°", "ADSB", "4s"],
  ]);
  assert.equal(one(1, "name"), "3C6502");
  assert.equal(one(1, "level"), "090↓");
  assert.equal(one(1, "climb"), "−10");
  assert.equal(one(1, "source"), "SIM");
  assert.equal(one(2, "name"), "#3"); // nobody says who it is
  assert.equal(one(2, "squawk"), "");
  assert.deepEqual([2, 3, 4].map((row) => one(row, "selected")), ["", "s000", "s−01"]);
  assert.equal(one(2, "level"), "---");
  assert.equal(one(2, "source"), "MULT");
  assert.equal(one(3, "level"), "GND");
  assert.equal(one(4, "level"), "1000ft↑"); // not a level
});

test("label fields: on the lines that were chosen; what is not known leaves no gap", () => {
  const layout: Layout = { speed: 3, name: 1, level: 3, squawk: 3, source: 1 };
  assert.deepEqual(linesOf(layout), [
    ["name", "source"],
    ["squawk", "level", "speed"],
  ]);
  assert.deepEqual(say(0, layout), ["ABC123 ADSB", "1234 350↑ 450"]);
  assert.deepEqual(say(2, layout), ["#3 MULT", "--- 000"]);
  assert.deepEqual(say(0, {}), []);
  assert.deepEqual(say(0, labelChoice().full), ["ABC123", "350↑ 450"]);
});

test("label fields: the room holds whatever values come, and the widest is known", () => {
  const all: Layout = Object.fromEntries(FIELDS.map((field, i) => [field, (i % 3) + 1]));
  for (const full of [all, labelChoice().full, { name: 1 }, { squawk: 2, age: 2 }]) {
    const fields = new LabelFields({ ...labelChoice(), full });
    for (let row = 0; row < store.count; row++) {
      const letters = fields.letters(store, row, true),
        lines = fields.lines(store, row, true);
      assert.equal(fields.lineCount(true), lines.length);
      for (const line of lines) assert.ok(line.length <= letters, `${line}: ${letters}`);
      assert.ok(letters <= fields.widest);
    }
  }
  const fields = new LabelFields(labelChoice());
  assert.equal(fields.letters(store, 0, true), 8); // 350↑ 450
  assert.equal(fields.letters(store, 0, false), 6);
});

test("label fields: who is in the sector by level and area; who may be is", () => {
  const inside = (sector: Partial<LabelChoice["sector"]>) =>
    [0, 1, 2, 3, 4].filter((row) => isInSector({ ...everywhere(), ...sector }, store, row));
  assert.deepEqual(inside({}), [0, 1, 2, 3, 4]);
  assert.deepEqual(inside({ levelMin: 100 }), [0, 2]);
  assert.deepEqual(inside({ levelMin: 90, levelMax: 90 }), [1, 2]);
  assert.deepEqual(inside({ box: [0, 40, 10, 60] }), [0, 1, 3]);
  assert.deepEqual(inside({ levelMax: 9 }), [2, 3]);
  assert.deepEqual(inside({ levelMin: 10, levelMax: 10 }), [2, 4]);
  assert.deepEqual(inside({ levelMax: 100, box: [0, 40, 10, 60] }), [1, 3]);
  const fields = new LabelFields({ ...labelChoice(), sector: { ...everywhere(), levelMin: 100 } });
  assert.deepEqual(
    [0, 1, 2, 3].map((row) => fields.isInside(store, row)),
    [true, false, true, false],
  );
  assert.deepEqual(fields.lines(store, 1, fields.isInside(store, 1)), ["3C6502"]);
});

test("label fields: what was kept is read again; what is not known is passed over", () => {
  const choice: LabelChoice = {
    full: { name: 1, squawk: 3 },
    short: {},
    sector: { levelMin: 100, levelMax: null, box: [170, 1, -170, 2] },
  };
  assert.deepEqual(readChoice(JSON.parse(JSON.stringify(choice))), choice);
  for (const kept of [undefined, null, 7, "x", [], { full: 3, short: null, sector: [1] }])
    assert.deepEqual(readChoice(kept), labelChoice());
  const odd = { full: { name: 4, level: "2", speed: 2, x: 1 }, sector: { box: [1, 2, 3, NaN] } };
  assert.deepEqual(readChoice(odd), { ...labelChoice(), full: { speed: 2 } });
});

test("labels: the age of a position changes without a message of its track", () => {
  assert.equal(new LabelFields(labelChoice()).hasAge, false);
  assert.equal(new LabelFields({ ...labelChoice(), short: { age: 2 } }).hasAge, true);
});
