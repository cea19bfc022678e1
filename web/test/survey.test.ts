import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "../src/app.js";
import { Flag, Kind } from "../src/delta.js";
import { noFilter } from "../src/filter.js";
import { LabelFields } from "../src/label_fields.js";
import { LabelSurvey } from "../src/label_survey.js";
import { SURE, WISH } from "../src/labels.js";
import { AirMap } from "../src/map.js";
import { message } from "./messages.js";

Object.assign(globalThis, {
  localStorage: { getItem: () => null },
  matchMedia: () => ({ matches: false }),
});

const BOX = { clientWidth: 1000, clientHeight: 500 } as HTMLElement;
const MIDDLE = { longitude: 8, latitude: 50, zoom: 4 }; // 22.76 pixels a degree of longitude

// Tracks on a square of a few degrees about the middle; others, `far`, are not in view.
function appOf(count: number, far: (i: number) => boolean, flags: (i: number) => number): App {
  const app = new App(),
    rows = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      latitude: 48 + (i % 401) / 100,
      longitude: far(i) ? 120 : 6 + (i % 397) / 100,
      altitude: i,
      flags: flags(i),
    }));
  app.store.apply(message(Kind.snapshot, 1, rows, [], [], 1000));
  app.motion.step(1000, 0);
  app.sift();
  return app;
}

function surveyOf(app: App, labelled: number[] = []): { survey: LabelSurvey; steps: number[] } {
  const style = {
    fields: new LabelFields(app.settings.label),
    hovered: 0,
    wide: (letters: number) => 7 * letters,
  };
  const placeOf = new Map(labelled.map((id) => [id, id % 8]));
  const survey = new LabelSurvey(app, new AirMap(BOX, MIDDLE, {} as never), style, placeOf),
    steps: number[] = [];
  for (let isDone = false; !isDone; steps.push(survey.ids.length)) {
    isDone = survey.step();
    assert.ok(steps.length < 100);
  }
  return { survey, steps };
}

test("survey: no step is long, all together are the whole", () => {
  const isFar = (i: number) => i % 3 === 0,
    app = appOf(20_000, isFar, (i) => (i === 19_999 ? Flag.emergency : Flag.adsb));
  const { survey, steps } = surveyOf(app);
  assert.ok(steps.length >= 17);
  steps.forEach((asked, i) => assert.ok(asked - (steps[i - 1] ?? 0) <= 70, String(steps)));
  assert.equal(survey.ids.length, 701); // and the emergency
  assert.equal(survey.ids.at(-1), 20_000);
  assert.equal(new Set(survey.ids).size, 701);
  const { symbols, wishes, width, height } = survey.work([]);
  assert.deepEqual([width, height], [1000, 500]);
  assert.equal(symbols.length, 2 * 13_333); // of all in view
  assert.equal(wishes.length, 701 * WISH);
  // The second track, at 48.01 N, 6.01 E: by the sphere's Mercator projection.
  const north = (degrees: number) => Math.asinh(Math.tan((degrees * Math.PI) / 180)),
    scale = (512 * 16) / (2 * Math.PI);
  assert.equal(survey.ids[0], 2);
  assert.ok(Math.abs(wishes[0]! - (500 - (1.99 * Math.PI * scale) / 180)) < 0.01);
  assert.ok(Math.abs(wishes[1]! - (250 + (north(50) - north(48.01)) * scale)) < 0.01);
});

test("survey: who has a label is asked first, once; who is gone or out of view is not", () => {
  const app = appOf(9000, (i) => i === 4, () => Flag.adsb),
    labelled = [9000, 5, 12_345, 2, ...Array.from({ length: 200 }, (_, i) => 8000 + i)];
  app.select(8999);
  const { survey, steps } = surveyOf(app, labelled);
  assert.ok(steps[0]! <= 70 && steps.length >= 6);
  const first = survey.ids.slice(0, 202);
  assert.deepEqual(
    [...first].sort((a, b) => a - b),
    [...labelled.slice(3), 9000],
  );
  assert.equal(new Set(survey.ids).size, survey.ids.length);
  const at = survey.ids.indexOf(9000) * WISH;
  assert.deepEqual([survey.wishes[at + 4]! > 1e6, survey.wishes[at + 5]], [true, 0]);
  assert.equal(survey.wishes[survey.ids.indexOf(8999) * WISH + 4], SURE);
  app.setFilter({ ...noFilter(), levelMin: 900 });
  assert.deepEqual(surveyOf(app, labelled).survey.ids, [8999]); // the selected one alone
});

test("survey: tracks that end meanwhile are passed over", () => {
  const app = appOf(12_000, (i) => i < 5990, () => Flag.adsb);
  const style = { fields: new LabelFields(app.settings.label), hovered: 0, wide: () => 50 };
  const survey = new LabelSurvey(app, new AirMap(BOX, MIDDLE, {} as never), style, new Map());
  assert.ok(!survey.step());
  const gone = Array.from({ length: 6000 }, (_, i) => 12_000 - i); // its end comes nearer
  app.store.apply(message(Kind.changes, 2, [], [], gone));
  app.sift();
  while (!survey.step());
  assert.deepEqual(
    survey.ids,
    Array.from({ length: 10 }, (_, i) => 5991 + i),
  );
});
