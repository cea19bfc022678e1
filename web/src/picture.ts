// Draws the picture: symbols by deck.gl, labels on a canvas over them, carried on between updates.
import { MapboxOverlay } from "@deck.gl/mapbox";
import type { App } from "./app.js";
import type { Changes } from "./delta.js";
import { Layers } from "./layers.js";
import type { AirMap } from "./map.js";
import { Motion, PictureClock } from "./motion.js";
import { Overlay } from "./overlay.js";

const STEP_PIXELS = 0.35; // a picture is drawn when the fastest moves so far
const FAST_MPS = 260,
  STEP_MIN_MS = 33,
  STEP_MAX_MS = 1000;

export class Picture {
  readonly layers: Layers;
  readonly overlay: Overlay;
  readonly figures = { updateMs: 0, frames: 0, labels: 0, applyMs: 0, drawMs: 0, updates: 0 };
  isFollowing = false; // the map goes with the selected track
  private readonly deck = new MapboxOverlay({ interleaved: false, layers: [] });
  private readonly motion = new Motion();
  private readonly time = new PictureClock();
  private isDue = true;
  private lastDraw = 0;
  private frames = 0;
  private snapshots = 0;

  constructor(
    private readonly app: App,
    private readonly air: AirMap,
  ) {
    air.map.addControl(this.deck);
    this.layers = new Layers(app);
    this.overlay = new Overlay(app, air);
    air.map.getContainer().append(this.overlay.canvas);
    air.map.on("move", () => this.overlay.draw(performance.now()));
    new ResizeObserver(() => this.redraw()).observe(air.map.getContainer());
    setInterval(() => {
      this.figures.frames = this.frames;
      this.frames = 0;
    }, 1000);
    requestAnimationFrame((nowMs) => this.onFrame(nowMs));
    this.listen();
  }

  // Something else than the tracks' motion has changed.
  redraw(): void {
    this.isDue = true;
  }

  // Takes an update over; false when it does not fit to the last one.
  take(message: Changes): boolean {
    const { app, time, figures } = this,
      begin = performance.now();
    if (!app.store.apply(message)) return false;
    time.hear(message.time, begin);
    this.motion.settle(app.store, time.now(begin));
    app.sift();
    this.layers.update();
    if (message.removed.length || app.store.snapshots !== this.snapshots) this.overlay.forget();
    this.snapshots = app.store.snapshots;
    figures.applyMs = performance.now() - begin;
    figures.updates++;
    this.redraw();
    app.tell("update");
    return true;
  }

  private listen(): void {
    const { app, layers } = this;
    app.on("filter", () => {
      layers.update();
      this.redraw();
    });
    app.on("select", () => {
      this.isFollowing = false;
      layers.update(); // a filter lets the selected track pass
      this.redraw();
    });
    app.on("sensors", () => {
      layers.updateFixed();
      this.redraw();
    });
    app.on("settings", () => {
      layers.updateFixed();
      layers.update();
      this.overlay.forget();
      this.redraw();
    });
  }

  private onFrame(nowMs: number): void {
    const step = Math.max(
      STEP_MIN_MS,
      Math.min(STEP_MAX_MS, (STEP_PIXELS * this.air.metresPerPixel() * 1000) / FAST_MPS),
    );
    if (this.isDue || nowMs - this.lastDraw >= step) this.draw(nowMs);
    requestAnimationFrame((next) => this.onFrame(next));
  }

  private draw(nowMs: number): void {
    const { app, figures } = this,
      begin = performance.now();
    this.motion.step(app.store, this.time.now(nowMs), nowMs);
    const row = app.store.row(app.selected);
    if (this.isFollowing && row >= 0)
      this.air.map.jumpTo({
        center: [app.store.shownLongitude[row]!, app.store.shownLatitude[row]!],
      });
    this.deck.setProps({ layers: this.layers.all() });
    this.overlay.draw(nowMs);
    figures.labels = this.overlay.labelCount;
    figures.drawMs = performance.now() - begin;
    figures.updateMs += (figures.applyMs + figures.drawMs - figures.updateMs) * 0.2;
    this.lastDraw = nowMs;
    this.isDue = false;
    this.frames++;
  }
}
