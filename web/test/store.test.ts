import assert from "node:assert/strict";
import { test } from "node:test";
import { Kind } from "../src/delta.js";
import type { LabelText } from "../src/label_pictures.js";
import { type Label, renewed, type Shown } from "../src/label_texts.js";
import { Store } from "../src/store.js";
import { identity, message } from "./messages.js";

const rowsOf = (ids: number[]) => ids.map((id) => ({ id }));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

// How many dots each track was given by messages of these ids, `step` seconds apart, and for how
// long one had to wait at most.
function dotsOf(count: number, step: number, messages: number, told: (n: number) => number[]) {
  const store = new Store(),
    given = new Uint32Array(count);
  let longest = 0;
  store.apply(message(Kind.snapshot, 1, rowsOf(upTo(count)), [], [], 0));
  for (let n = 1; n <= messages; n++) {
    const before = store.dotTime.slice(0, count);
    store.apply(message(Kind.changes, n + 1, rowsOf(told(n)), [], [], n * step));
    for (let row = 0; row < count; row++) {
      const waited = store.dotTime[row]! - before[row]!;
      if (waited > 0) given[row]!++;
      longest = Math.max(longest, waited);
    }
  }
  return { least: Math.min(...given), most: Math.max(...given), longest };
}

test("store: each track has as many dots as any other, however fast the past is played", () => {
  const all = upTo(3000);
  for (const step of [1, 2, 3, 7, 12]) {
    const { least, most, longest } = dotsOf(3000, step, 40, () => all),
      words = `${step} s a message: ${least} to ${most} dots, ${longest} s between two`;
    assert.ok(most - least <= 1 && longest <= 15 + 2 * step, words);
    assert.ok(least >= Math.floor((40 * step) / (15 + 2 * step)), words);
  }
});

test("store: of tracks that are told in turns, none is left out", () => {
  const all = upTo(8000),
    parts = [0, 1, 2, 3].map((part) => all.filter((id) => id % 4 === part));
  const { least, most, longest } = dotsOf(8000, 1, 96, (n) => parts[n % 4]!);
  assert.ok(least >= 5 && most - least <= 2 && longest <= 20, `${least} to ${most}, ${longest} s`);
});

test("store: another number of `who` for another name, and for nothing else that is told", () => {
  const store = new Store();
  store.apply(message(Kind.snapshot, 1, rowsOf([1, 2]), [identity(1, "ONE"), identity(2, "TWO")]));
  const { who } = store;
  store.apply(message(Kind.changes, 2, rowsOf([1, 2]), [identity(2, "TWO")]));
  const climbs = { ...identity(1, "ONE"), selected: -10, category: 0xa5 };
  store.apply(message(Kind.changes, 3, rowsOf([1]), [climbs]));
  assert.equal(store.who, who);
  assert.deepEqual([store.selected[0], store.category[0]], [-10, 0xa5]);
  store.apply(message(Kind.changes, 4, rowsOf([1]), [identity(1, "OTHER")]));
  assert.equal(store.who, who + 1);
});

// 260 labels among 20,000 tracks, that say who their track is; and the ids that were written.
function labelled() {
  const store = new Store(),
    ids = upTo(20_000),
    written: number[] = [];
  store.apply(message(Kind.snapshot, 1, rowsOf(ids), ids.map((id) => identity(id, `A${id}`))));
  const write = (row: number, { id }: Label): LabelText => {
    written.push(id);
    const look = { key: "", colours: [], back: "", frame: "", width: 60, height: 30 };
    return { ...look, lines: [store.callsign[row]!] };
  };
  const shown = Array.from({ length: 260 }, (_, i): Shown => {
    const label = { id: 70 * (i + 1), x: 0, y: 0, width: 60, height: 30 },
      row = store.row(label.id);
    return { label, row, text: write(row, label), picture: 0, update: store.changedAt[row]! };
  });
  written.length = 0;
  return { store, shown, write, written };
}

test("labels: only those are written anew whose track was told, whoever else is", () => {
  const { store, shown, write, written } = labelled();
  const others = [1, 2, 3, 71, 141].map((id) => identity(id, "NEW"));
  store.apply(message(Kind.changes, 2, rowsOf([1, 2, 3, 71, 141]), others));
  assert.deepEqual(renewed(shown, store, write), { left: shown, isOther: false });
  assert.equal(written.length, 0);
  store.apply(message(Kind.changes, 3, rowsOf([4, 70, 140]), [identity(140, "NEW")]));
  assert.deepEqual(renewed(shown, store, write), { left: shown, isOther: true });
  assert.deepEqual(written, [70, 140]);
  assert.deepEqual(shown.slice(0, 3).map(({ text }) => text.lines[0]), ["A70", "NEW", "A210"]);
});

test("labels: when tracks come and go, each stays with its own; who is gone has none", () => {
  const { store, shown, write, written } = labelled();
  // The last rows, two labelled tracks among them, take the places of those that end.
  const gone = [...upTo(69), 140, 210],
    moved = shown.map(({ label }) => label.id).filter((id) => id > 20_000 - gone.length);
  store.apply(message(Kind.changes, 2, rowsOf([20_001, 20_002]), [], gone));
  const { left, isOther } = renewed(shown, store, write);
  assert.deepEqual([left.length, isOther], [258, true]);
  for (const { row, label, text } of left) {
    assert.equal(store.id[row], label.id);
    assert.equal(text.lines[0], `A${label.id}`);
  }
  assert.deepEqual(written, moved);
});
