// Positions between updates: each track goes on straight from its last state; where an update finds
// it elsewhere than it was shown, the difference fades away instead of jumping. The shaders of
// track_canvas.ts reckon the same for all tracks; this is for those that the page asks about.
import type { Store } from "./store.js";

export const AHEAD_MAX_S = 20; // beyond, nobody knows
const FADE_S = 0.5;
const COUNT_MAX_S = 38; // fading is counted from one moment for so long: single precision holds it
const STILL_MS = 2000; // without a later time
const SLIP_MAX_S = 20; // the clock does not glide farther
const JUMP_MAX_DEG = 0.05; // a longer one is shown as one

// The time of the picture between messages; it runs as fast as theirs do (a replay may be quicker).
export class PictureClock {
  private time = 0;
  private at = 0;
  private rate = 1;
  private slip = 0; // by which it was off when the last message came; fades away
  steer: ((nowMs: number) => number) | null = null; // somebody else says what time it is
  isHeld = false; // stands at the time of the last message
  isStill = false; // so do messages: the recording has ended, or waits

  // A message came; `goesOn` from the last one.
  hear(time: number, nowMs: number, goesOn: boolean): void {
    if (this.steer) return; // what is played says nothing of how fast time runs
    if (goesOn && time === this.time && !this.isHeld) {
      if (this.isStill || nowMs < this.at + STILL_MS) return;
      this.slip = this.now(nowMs) - time;
      this.at = nowMs;
      this.isStill = true;
      return;
    }
    const before = goesOn && this.at > 0 && !this.isHeld ? this.now(nowMs) : NaN;
    if (this.at > 0 && time > this.time && nowMs > this.at + 200) {
      const rate = ((time - this.time) * 1000) / (nowMs - this.at);
      this.rate += (Math.min(100, rate) - this.rate) * 0.2;
    }
    this.time = time;
    this.at = nowMs;
    this.isStill = false;
    // What this message does not tell goes on smoothly, too.
    this.slip = Math.abs(before - time) < SLIP_MAX_S ? before - time : 0;
  }

  now(nowMs: number): number {
    if (this.steer) return this.steer(nowMs);
    if (this.isHeld) return this.time;
    const passed = (nowMs - this.at) / 1000;
    const ahead = this.isStill ? 0 : Math.min(5, passed) * this.rate;
    return this.time + ahead + this.slip * Math.exp(-passed / FADE_S);
  }
}

export class Motion {
  now = 0; // time of the picture
  keep = 1; // share of the columns' jumps that is left
  fades = 0; // another number: fading is counted anew, and all jumps are other ones
  private sinceMs = 0; // when fading began to be counted: jumps of later are kept that much larger
  private left = new Float64Array(0); // latitude and longitude of each row that an update tells

  constructor(private readonly store: Store) {}

  // The positions asked for from now on are of this moment.
  step(now: number, nowMs: number): void {
    this.now = now;
    this.keep = Math.exp(-Math.max(0, nowMs - this.sinceMs) / 1000 / FADE_S);
  }

  latitude(row: number): number {
    const { latitude, north, jumpLatitude } = this.store;
    return latitude[row]! + this.ahead(row) * north[row]! + this.keep * jumpLatitude[row]!;
  }

  longitude(row: number): number {
    const { longitude, east, jumpLongitude } = this.store;
    return longitude[row]! + this.ahead(row) * east[row]! + this.keep * jumpLongitude[row]!;
  }

  // Remembers where these rows are shown now: before an update changes them.
  readonly leave = (rows: Uint32Array): void => {
    if (this.left.length < 2 * rows.length) this.left = new Float64Array(2 * rows.length);
    const { store, left, keep, now } = this,
      { latitude, longitude, north, east, stateTime, jumpLatitude, jumpLongitude } = store;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!,
        age = now - stateTime[row]!,
        ahead = age > AHEAD_MAX_S ? AHEAD_MAX_S : age > 0 ? age : 0;
      left[2 * i] = latitude[row]! + ahead * north[row]! + keep * jumpLatitude[row]!;
      left[2 * i + 1] = longitude[row]! + ahead * east[row]! + keep * jumpLongitude[row]!;
    }
  };

  // After it: where it was shown, less where the new state says it is at `now`, is left to fade.
  // The clock does not jump: of rows that were not told nothing is to be made up.
  settle(rows: Uint32Array, now: number, nowMs: number): void {
    if (nowMs - this.sinceMs > COUNT_MAX_S * 1000) this.countAnew(nowMs);
    this.step(now, nowMs);
    const { store, left } = this,
      { latitude, longitude, north, east, stateTime, jumpLatitude, jumpLongitude } = store,
      more = 1 / this.keep,
      most = JUMP_MAX_DEG;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!,
        age = now - stateTime[row]!,
        ahead = age > AHEAD_MAX_S ? AHEAD_MAX_S : age > 0 ? age : 0;
      const dy = left[2 * i]! - (latitude[row]! + ahead * north[row]!);
      const dx = left[2 * i + 1]! - (longitude[row]! + ahead * east[row]!);
      const isFar = !(dy < most && dy > -most && dx < most && dx > -most); // or NaN
      jumpLatitude[row] = isFar ? 0 : dy * more;
      jumpLongitude[row] = isFar ? 0 : dx * more;
    }
  }

  // Latitude and longitude of each of these rows, until the next are asked for.
  placesOf(rows: Uint32Array): Float64Array {
    this.leave(rows); // the browser's compiler knows it already
    return this.left;
  }

  private countAnew(nowMs: number): void {
    const { store } = this,
      left = Math.exp(-(nowMs - this.sinceMs) / 1000 / FADE_S);
    for (let row = 0; row < store.count; row++) {
      store.jumpLatitude[row] *= left;
      store.jumpLongitude[row] *= left;
    }
    this.sinceMs = nowMs;
    this.fades++;
  }

  // Seconds since its state, for which it is carried on; loops over many say it themselves.
  private ahead(row: number): number {
    const age = this.now - this.store.stateTime[row]!;
    return age > AHEAD_MAX_S ? AHEAD_MAX_S : age > 0 ? age : 0;
  }
}
