// When to ask whether a recording has ended: the stream tells the same moment again and again when
// it has, and also when it waits for more.
const AGAIN_MS = 2000;

export class Ending {
  private wasStill = false;
  private askedMs = -Infinity;

  // After an update. `mayEnd`: it is a recording, and was not told to have ended.
  isToAsk(isStill: boolean, mayEnd: boolean, nowMs: number): boolean {
    const isOther = isStill !== this.wasStill,
      isDue = isStill && mayEnd && nowMs - this.askedMs >= AGAIN_MS;
    this.wasStill = isStill;
    if (isOther || isDue) this.askedMs = nowMs;
    return isOther || isDue;
  }
}
