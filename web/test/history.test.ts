import assert from "node:assert/strict";
import { test } from "node:test";
import { Kind } from "../src/delta.js";
import { fillDots, type Trail } from "../src/history.js";
import { DOTS, Store } from "../src/store.js";
import { message } from "./messages.js";

test("dots: those of before come from trails, behind those that there are", () => {
  const store = new Store(),
    trail = (id: number, ...points: [time: number, longitude: number][]): Trail => ({
      id,
      times: points.map(([time]) => time),
      places: points.map(([, x]) => [x, 50]),
    });
  const dots = (row: number) =>
    Array.from({ length: store.dotCount[row]! }, (_, i) => {
      const at = (store.dotNext[row]! - store.dotCount[row]! + i + 2 * DOTS) % DOTS;
      return Math.round(store.dot[(row * DOTS + at) * 2]! * 1000) / 1000;
    });
  store.apply(message(Kind.snapshot, 1, [{ id: 1 }, { id: 2 }, { id: 3 }], [], [], 1000));
  const first = trail(1, [965, 1], [995, 4], [1000, 4.5]);
  fillDots(store, [first, trail(2, [0, 0], [1000, 100]), trail(9)]);
  assert.deepEqual(dots(0), [1.5, 2.5, 3.5, 4.5]);
  assert.equal(dots(1).length, DOTS);
  assert.deepEqual([dots(1)[0], dots(1)[11]], [89, 100]);
  assert.deepEqual(dots(2), []);
  store.apply(message(Kind.changes, 2, [{ id: 1, longitude: 6 }, { id: 3 }], [], [], 1010));
  assert.deepEqual(dots(0), [1.5, 2.5, 3.5, 4.5, 6]);
  store.dotCount[0] = 0; // as without a trail
  store.apply(message(Kind.changes, 3, [{ id: 1, longitude: 7 }], [], [], 1020));
  fillDots(store, [trail(1, [1000, 5], [1020, 7])]);
  assert.deepEqual(dots(0), [5, 6, 7]);
  store.apply(message(Kind.snapshot, 4, [{ id: 1 }], [], [], 1030));
  fillDots(store, [trail(1, [1000, 0], [1027, 2.7])]); // its newest point is some seconds old
  assert.deepEqual(dots(0), [0, 1, 2]);
});
