// Positions between updates: each track goes on straight from its last state; where an update finds
// it elsewhere than it was shown, the difference fades away instead of jumping. The shaders of
// track_layer.ts reckon the same for all tracks; this is for those that the page itself asks about.
import type { Store } from "./store.js";

export const AHEAD_MAX_S = 20; // beyond, nobody knows
const FADE_S = 0.5;
const JUMP_MAX_DEG = 0.05; // a longer one is shown as one

// The time of the picture between messages; it runs as fast as theirs do (a replay may be quicker).
export class PictureClock {
  private time = 0;
  private at = 0;
  private rate = 1;
  steer: ((nowMs: number) => number) | null = null; // somebody else says what time it is
  isHeld = false; // stands at the time of the last message

  hear(time: number, nowMs: number): void {
    if (this.steer) return; // what is played says nothing of how fast time runs
    if (this.at > 0 && time > this.time && nowMs > this.at + 200) {
      const rate = ((time - this.time) * 1000) / (nowMs - this.at);
      this.rate += (Math.min(100, rate) - this.rate) * 0.2;
    }
    this.time = time;
    this.at = nowMs;
  }

  now(nowMs: number): number {
    if (this.steer) return this.steer(nowMs);
    if (this.isHeld) return this.time;
    return this.time + Math.min(5, (nowMs - this.at) / 1000) * this.rate;
  }
}

export class Motion {
  now = 0; // time of the picture
  keep = 1; // share of the jumps that is left
  private settledMs = 0;

  constructor(private readonly store: Store) {}

  // The positions asked for from now on are of this moment.
  step(now: number, nowMs: number): void {
    this.now = now;
    this.keep = Math.exp(-Math.max(0, nowMs - this.settledMs) / 1000 / FADE_S);
  }

  latitude(row: number): number {
    const { latitude, north, jumpLatitude } = this.store;
    return latitude[row]! + this.ahead(row) * north[row]! + this.keep * jumpLatitude[row]!;
  }

  longitude(row: number): number {
    const { longitude, east, jumpLongitude } = this.store;
    return longitude[row]! + this.ahead(row) * east[row]! + this.keep * jumpLongitude[row]!;
  }

  // Writes where all are shown now: before an update, and for those who want all.
  leave(): void {
    const { store, keep } = this,
      { latitude, longitude, north, east, jumpLatitude, jumpLongitude } = store,
      { shownLatitude, shownLongitude } = store;
    for (let i = 0; i < store.count; i++) {
      const ahead = this.ahead(i);
      shownLatitude[i] = latitude[i]! + ahead * north[i]! + keep * jumpLatitude[i]!;
      shownLongitude[i] = longitude[i]! + ahead * east[i]! + keep * jumpLongitude[i]!;
    }
  }

  // After it: what was shown, less where the new state says it is at `now`, is left to fade.
  settle(now: number, nowMs: number): void {
    const { store } = this,
      { latitude, longitude, north, east } = store,
      { shownLatitude, shownLongitude, jumpLatitude, jumpLongitude } = store;
    this.now = now;
    this.settledMs = nowMs;
    this.keep = 1;
    for (let i = 0; i < store.count; i++) {
      const ahead = this.ahead(i);
      const dy = shownLatitude[i]! - (latitude[i]! + ahead * north[i]!);
      const dx = shownLongitude[i]! - (longitude[i]! + ahead * east[i]!);
      const small = Math.abs(dy) < JUMP_MAX_DEG && Math.abs(dx) < JUMP_MAX_DEG; // false of NaN
      jumpLatitude[i] = small ? dy : 0;
      jumpLongitude[i] = small ? dx : 0;
    }
  }

  // Seconds since its state, for which it is carried on.
  private ahead(row: number): number {
    const seconds = this.now - this.store.stateTime[row]!;
    return seconds > AHEAD_MAX_S ? AHEAD_MAX_S : seconds > 0 ? seconds : 0;
  }
}
