// The past in place of the present: fetches frames of the archive ahead of time, and gives them to
// the picture when it is their turn.
import { type Alert, ApiError, type TrackDetail } from "./api.js";
import type { App } from "./app.js";
import * as archive from "./archive.js";
import { type Changes, Kind } from "./delta.js";
import type { Live } from "./live.js";
import type { Picture } from "./picture.js";

export const SPEEDS = [1, 2, 4, 8, 16, 30, 60, 100] as const;
const FRAMES = 60, // in one answer
  AHEAD_SHARE = 0.5, // of an answer that is played when the next is asked for
  FINE_SPEED = 8, // up to here an update is a second; beyond, so many are shown a second
  TICK_MS = 50,
  RETRY_MS = 2000,
  LATE_S = 5, // points of the last seconds may still come to the archive
  BACK_S = 60; // where the past begins, before now

interface Part {
  frames: Changes[];
  step: number;
}

export class Playback {
  summary: archive.Summary | null = null;
  alerts: Alert[] = [];
  speed: number = 1;
  isPaused = false;
  isWaiting = false; // for the server
  problem = ""; // in words
  private time = 0; // at `since`
  private since = 0; // ms
  private part: Part | null = null;
  private next: Part | null = null;
  private at = 0; // frame of the part that is shown
  private asked = 0; // answers to earlier questions are not looked at
  private isAsking = false;
  private entries = 0; // an entry waits for the archive: only the last one counts
  private timer = 0;
  private hasShown = false; // of the archive: the live picture's epoch is of another kind
  private alertsTold: string | null = null; // which, and whether they lasted; null: none yet

  constructor(
    private readonly app: App,
    private readonly picture: Picture,
    private readonly live: Live,
  ) {}

  get isPast(): boolean {
    return this.app.past !== null;
  }

  // Where it is; never beyond what is there.
  now(nowMs = performance.now()): number {
    const run = this.isPaused || this.isWaiting ? 0 : ((nowMs - this.since) / 1000) * this.speed;
    return Math.min(this.time + run, this.last(this.next ?? this.part) ?? this.time);
  }

  // Looks what there is; false, with `problem`, when there is nothing to play.
  async look(): Promise<boolean> {
    try {
      this.summary = await archive.summary(this.app.api);
      this.app.present = Math.max(this.app.present, this.summary.now_s ?? 0);
      this.problem =
        this.summary.end_s === undefined
          ? "The archive holds nothing yet: it begins with the first track."
          : "";
    } catch (error) {
      this.problem =
        (error as ApiError).status === 404
          ? "This service keeps no archive: name a folder for it, archive: {folder: …}, in its " +
            "configuration."
          : (error as Error).message;
    }
    this.app.tell("time");
    return this.problem === "";
  }

  // From the present into the past; at `time`, or a minute before now.
  async enter(time?: number, isPaused = false): Promise<void> {
    const entry = ++this.entries;
    const isThere = await this.look();
    if (entry !== this.entries) return this.forget(); // one has gone live, or enters otherwise
    if (!isThere) return;
    this.isPaused = isPaused;
    this.part = null; // what was fetched before may lack points that came late
    const end = this.summary!.end_s!;
    await this.seek(time ?? Math.max(this.summary!.begin_s!, end - BACK_S));
    void this.loadAlerts();
  }

  private forget(): void {
    if (!this.isPast) this.problem = "";
  }

  // Back to the present.
  leave(): void {
    this.entries++;
    this.problem = "";
    if (!this.isPast) return;
    this.asked++;
    clearInterval(this.timer);
    this.part = this.next = null;
    this.isAsking = this.isWaiting = false;
    this.app.past = null;
    this.alertsTold = null;
    this.picture.time.steer = null;
    this.app.tell("time");
    this.live.again();
  }

  pause(): void {
    if (!this.isPast) return void this.enter(undefined, true);
    const now = this.now();
    this.isPaused = !this.isPaused;
    void this.seek(now);
  }

  setSpeed(speed: number): void {
    const now = this.now();
    this.speed = speed;
    if (this.isPast && this.step() !== this.part?.step) void this.seek(now);
    else {
      this.set(now);
      this.app.tell("time");
    }
  }

  // The next faster or slower one.
  changeSpeed(by: number): void {
    const at = SPEEDS.findIndex((one) => one >= this.speed) + by;
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]!);
  }

  // One update, and stays there.
  stepBy(by: number): void {
    if (!this.isPast) return void this.enter(undefined, true);
    this.isPaused = true;
    void this.seek(Math.round(this.now()) + by);
  }

  // To another time: at once when it was fetched, else when it has come.
  async seek(time: number): Promise<void> {
    const { begin_s: begin, end_s: end } = this.summary ?? {};
    if (begin === undefined || end === undefined) return;
    const wanted = Math.max(Math.ceil(begin), Math.min(Math.floor(end), Math.floor(time)));
    this.asked++;
    this.isAsking = false;
    this.next = null;
    this.begin(wanted);
    const last = this.last(this.part);
    if (this.part?.step === this.step() && wanted >= this.part.frames[0]!.time && wanted <= last!) {
      if (wanted < (this.part.frames[this.at]?.time ?? Infinity)) this.at = -1;
      this.show();
      this.app.tell("time");
    } else {
      this.part = null;
      this.isWaiting = true;
      this.app.tell("time");
      await this.fetch(wanted);
    }
  }

  jump(seconds: number): void {
    if (this.isPast) void this.seek(this.now() + seconds);
    else void this.enter();
  }

  // What is known of a track, at the time that is shown.
  track(id: number): Promise<TrackDetail> {
    const { api, past } = this.app;
    return past === null ? api.track(id) : archive.track(api, id, past);
  }

  // The whole track, also one that has ended; null: no archive has it. Throws ApiError.
  async file(id: number, form: archive.Form): Promise<string | null> {
    const { api, past, store } = this.app;
    try {
      return await archive.file(api, id, form, past ?? store.time);
    } catch (error) {
      if ((error as ApiError).status === 404) return null;
      throw error;
    }
  }

  private begin(time: number): void {
    const isFirst = !this.isPast;
    this.app.past = time;
    this.set(time);
    if (!isFirst) return;
    this.hasShown = false;
    this.picture.time.steer = (nowMs) => this.now(nowMs);
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
  }

  private set(time: number): void {
    this.time = time;
    this.since = performance.now();
    if (this.isPast) this.app.past = time;
  }

  private step(): number {
    return this.isPaused ? 1 : Math.max(1, Math.floor(this.speed / FINE_SPEED));
  }

  private last(part: Part | null): number | undefined {
    return part?.frames[part.frames.length - 1]?.time;
  }

  private tick(): void {
    if (!this.part || this.isWaiting) return;
    if (!this.isPaused) this.app.past = this.now();
    this.show();
    const from = this.last(this.part)!,
      length = this.part.frames.length * this.part.step;
    const isDue = this.now() >= from - length * AHEAD_SHARE;
    if (!this.isPaused && isDue && !this.next && !this.isAsking) void this.fetch(from);
  }

  // Gives the picture the frames up to now.
  private show(): void {
    const now = this.now() + 1e-6;
    for (;;) {
      const part = this.part!;
      while (this.at + 1 < part.frames.length && part.frames[this.at + 1]!.time <= now)
        this.give(part.frames[++this.at]!);
      if (this.at + 1 < part.frames.length || !this.next) return;
      this.part = this.next;
      this.next = null;
      this.at = -1;
    }
  }

  // What goes on from what is shown is a change; another time, or life of the service, begins anew.
  private give(frame: Changes): void {
    const { store } = this.app;
    const isSnapshot = frame.kind === Kind.snapshot;
    const gap = frame.time - store.time,
      isNext = gap >= 0 && gap <= 2 * this.part!.step,
      goesOn = isSnapshot && frame.epoch === store.epoch && isNext;
    if (!goesOn || !this.hasShown) {
      this.picture.take(frame);
    } else {
      const ids = new Set(frame.ids);
      const removed = store.id.subarray(0, store.count).filter((id) => !ids.has(id));
      const since = store.sequence;
      this.picture.take({ ...frame, kind: Kind.changes, since, sequence: since + 1, removed });
    }
    this.hasShown = true;
    this.tellAlerts(frame.time);
  }

  private async fetch(from: number): Promise<void> {
    const asked = this.asked,
      step = this.step();
    this.isAsking = true;
    try {
      const frames = await archive.frames(this.app.api, from, from + FRAMES * step, step);
      if (asked !== this.asked) return;
      this.take({ frames, step });
    } catch (error) {
      if (asked !== this.asked) return;
      this.problem = (error as Error).message;
      setTimeout(() => {
        if (asked === this.asked && this.isPast) void this.fetch(from);
      }, RETRY_MS);
      this.app.tell("time");
    }
  }

  private take(part: Part): void {
    const { frames } = part;
    this.problem = "";
    while (frames.length > 1 && frames[frames.length - 1]!.time > this.app.present - LATE_S)
      frames.pop();
    if (!this.part) {
      this.part = part;
      this.at = -1;
      this.isAsking = this.isWaiting = false;
      this.time = Math.min(this.time, this.last(part)!);
      this.since = performance.now();
      this.app.past = this.time;
      this.show();
      this.app.tell("time");
    } else if (frames.length > 1) {
      this.isAsking = false;
      this.next = part;
    } else {
      // No more: this is the end of a life of the service, or the present.
      const left = (frames[0]!.time - this.now()) / this.speed,
        asked = this.asked;
      setTimeout(() => void this.pass(asked, frames[0]!.time), Math.max(0, left) * 1000 + TICK_MS);
    }
  }

  // At the end of what there is: over a gap to what follows, else into the present.
  private async pass(asked: number, end: number): Promise<void> {
    if (asked !== this.asked || !(await this.look()) || asked !== this.asked) return;
    const behind = this.summary!.segments.find((one) => one.begin_s > end + 1);
    if (behind) return this.seek(Math.ceil(behind.begin_s));
    if (this.app.present - end < 2 * LATE_S || this.summary!.end_s! < end + 1) return this.leave();
    this.isAsking = false; // there is more by now
  }

  private async loadAlerts(): Promise<void> {
    try {
      this.alerts = await archive.alerts(this.app.api);
    } catch {
      this.alerts = []; // the timeline does without marks
    }
    this.alertsTold = null;
    if (this.isPast) this.tellAlerts(this.now());
    this.app.tell("time");
  }

  // Those that there were then, as they were then.
  private tellAlerts(time: number): void {
    const then = this.alerts.filter((one) => one.since_s <= time);
    const key = then.map((one) => `${one.alert_id}${(one.until_s ?? Infinity) <= time}`).join();
    if (key === this.alertsTold) return;
    this.alertsTold = key;
    this.app.alerts = then.map(({ until_s, ...one }) =>
      until_s !== undefined && until_s <= time ? { ...one, until_s } : one,
    );
    this.app.tell("alerts");
  }
}
