import assert from "node:assert/strict";
import { test } from "node:test";
import { Ending } from "../src/ending.js";

test("ending: asked when messages stand still, and again while they may have ended", () => {
  const ending = new Ending(),
    asked: number[] = [];
  const update = (ms: number, isStill: boolean, mayEnd = true) => {
    if (ending.isToAsk(isStill, mayEnd, ms)) asked.push(ms);
  };
  for (let ms = 0; ms < 5000; ms += 500) update(ms, false);
  assert.deepEqual(asked, []); // it goes on
  for (let ms = 5000; ms < 10_000; ms += 500) update(ms, true);
  assert.deepEqual(asked.splice(0), [5000, 7000, 9000]);
  for (let ms = 10_000; ms < 20_000; ms += 500) update(ms, true, false);
  assert.deepEqual(asked, []); // it was told to have ended
  update(20_000, false, false);
  update(20_500, false, false);
  assert.deepEqual(asked, [20_000]); // and goes on: what is served now?
});
