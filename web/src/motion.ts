// Positions between updates: each track goes on straight from its last state; where an update finds
// it elsewhere than it was shown, the difference fades away instead of jumping.
import type { Store } from "./store.js";

const AHEAD_MAX_S = 20; // beyond, nobody knows
const FADE_S = 0.5;
const JUMP_MAX_DEG = 0.05; // a longer one is shown as one

// The time of the picture between messages; it runs as fast as theirs do (a replay may be quicker).
export class PictureClock {
  private time = 0;
  private at = 0;
  private rate = 1;

  hear(time: number, nowMs: number): void {
    if (this.at > 0 && time > this.time && nowMs > this.at + 200) {
      const rate = ((time - this.time) * 1000) / (nowMs - this.at);
      this.rate += (Math.min(100, rate) - this.rate) * 0.2;
    }
    this.time = time;
    this.at = nowMs;
  }

  now(nowMs: number): number {
    return this.time + Math.min(5, (nowMs - this.at) / 1000) * this.rate;
  }
}

export class Motion {
  private last = 0; // ms

  // After an update: what was shown, less where the new state says it is now, is left to fade.
  settle(store: Store, now: number): void {
    const { latitude, longitude, north, east, jumpLatitude, jumpLongitude } = store;
    for (let i = 0; i < store.count; i++) {
      const ahead = aheadOf(store, i, now);
      const dy = store.shownLatitude[i]! - (latitude[i]! + ahead * north[i]!);
      const dx = store.shownLongitude[i]! - (longitude[i]! + ahead * east[i]!);
      const small = Math.abs(dy) < JUMP_MAX_DEG && Math.abs(dx) < JUMP_MAX_DEG; // false of NaN
      jumpLatitude[i] = small ? dy : 0;
      jumpLongitude[i] = small ? dx : 0;
    }
  }

  // Fills shownLatitude and shownLongitude.
  step(store: Store, now: number, nowMs: number): void {
    const { latitude, longitude, north, east, jumpLatitude, jumpLongitude } = store;
    const { shownLatitude, shownLongitude } = store;
    const keep = Math.exp(-Math.min(1, (nowMs - this.last) / 1000) / FADE_S);
    this.last = nowMs;
    for (let i = 0; i < store.count; i++) {
      const ahead = aheadOf(store, i, now);
      jumpLatitude[i]! *= keep;
      jumpLongitude[i]! *= keep;
      shownLatitude[i] = latitude[i]! + ahead * north[i]! + jumpLatitude[i]!;
      shownLongitude[i] = longitude[i]! + ahead * east[i]! + jumpLongitude[i]!;
    }
  }
}

// Seconds since its state, for which it is carried on.
function aheadOf(store: Store, i: number, now: number): number {
  return Math.max(0, Math.min(AHEAD_MAX_S, now - store.stateTime[i]!));
}
