// Draws the picture, carried on between updates: what deck.gl draws, the tracks over it, labels
// over them, each on a canvas of its own: an update draws nothing again but what it changes.
import type { App } from "./app.js";
import type { TrackDetail } from "./api.js";
import { type Changes, Kind } from "./delta.js";
import { h } from "./dom.js";
import type { Box } from "./filter.js";
import type { Layers } from "./layers.js";
import type { AirMap } from "./map.js";
import { PictureClock } from "./motion.js";
import { Names } from "./names.js";
import { Overlay } from "./overlay.js";
import { Records } from "./records.js";
import { Sweep } from "./sweep.js";
import { symbolPicture } from "./symbols.js";
import { TrackCanvas } from "./track_canvas.js";

const STEP_PIXELS = 0.35; // a picture is drawn when the fastest moves so far
const FAST_MPS = 260,
  STEP_MIN_MS = 33,
  STEP_MAX_MS = 1000,
  FRAME_MS = 8,
  AGAIN_MS = 5000; // until a part of the page that did not come is asked for again

export class Picture {
  readonly symbols = symbolPicture();
  readonly records: Records;
  layers: Layers | null = null; // null: deck.gl is not loaded yet
  readonly overlay: Overlay;
  // What the last update cost this thread: taking it over, telling the panels, the layers and the
  // labels of the first frame with it (milliseconds); and what was drawn.
  readonly figures = {
    updateMs: 0, // smoothed sum of the four
    takeMs: 0,
    tellMs: 0,
    layersMs: 0,
    labelsMs: 0,
    updates: 0,
    drawn: 0, // updates that are on the screen
    labels: 0,
    frames: 0, // in the last second
    firstMs: 0, // since the page was asked for, when tracks were drawn
    seenMs: 0, // and when the graphics processor had done so
  };
  isFollowing = false; // the map goes with the selected track
  cards: HTMLElement[] = []; // what may lie over the map
  private readonly tracks: TrackCanvas;
  private readonly names: Names;
  private detail: TrackDetail | null = null;
  readonly time = new PictureClock();
  private isDue = true;
  private readonly under = h("div", { class: "layers", inert: true }); // of deck.gl
  private wasPast = false;
  private timer = 0;
  private lastDraw = 0;
  private frames = 0;

  constructor(
    private readonly app: App,
    private readonly air: AirMap,
    tellLost: (isLost: boolean) => void, // tracks cannot be drawn; or can be again
  ) {
    this.records = new Records(app);
    this.tracks = new TrackCanvas(this.symbols, (isLost) => {
      tellLost(isLost);
      this.redraw();
    });
    this.overlay = new Overlay(
      app,
      air,
      () => this.blocked(),
      () => this.redraw(),
    );
    new Sweep(app, air, (ms) => this.time.now(ms)); // below the tracks
    const box = air.container;
    this.names = new Names(app, air);
    box.append(this.names.canvas, this.under, this.tracks.canvas, this.overlay.canvas);
    this.under.addEventListener("webglcontextlost", () => this.loseLayers(), { capture: true });
    air.on("move", () => this.move());
    air.on("moveend", () => {
      if (!this.isFollowing) this.overlay.forget();
      this.redraw();
    });
    new ResizeObserver(() => {
      this.names.draw();
      this.redraw();
    }).observe(box);
    setInterval(() => {
      this.figures.frames = this.frames;
      this.frames = 0;
    }, 1000);
    this.wake(0);
    this.listen();
  }

  // Something else than the tracks' motion has changed.
  redraw(): void {
    if (!this.isDue) this.wake(0);
    this.isDue = true;
  }

  // The sides of an area that is being drawn; null: no more.
  sketch(box: Box | null): void {
    if (!this.layers) return; // not even tracks are there
    this.layers.sketch = box;
    this.layers.updateFixed();
    this.redraw();
  }

  // Takes an update over; false when it does not fit to the last one.
  take(message: Changes): boolean {
    const { app, time, figures } = this,
      begin = performance.now();
    const { epoch } = app.store;
    app.motion.step(time.now(begin), begin);
    if (!app.store.apply(message, app.motion.leave)) return false;
    time.hear(message.time, begin, message.kind === Kind.changes);
    app.motion.settle(app.store.told, time.now(begin), begin);
    app.sift();
    if (app.store.epoch !== epoch) this.overlay.forgetTracks(); // by now they are others
    this.records.update();
    this.layers?.update();
    this.overlay.update();
    const taken = performance.now();
    figures.updates++;
    this.redraw();
    app.tell("update");
    figures.takeMs = taken - begin;
    figures.tellMs = performance.now() - taken;
    return true;
  }

  // Of the selected track.
  setDetail(detail: TrackDetail | null): void {
    this.detail = detail;
    if (this.layers) this.layers.detail = detail;
    this.redraw();
  }

  // Everything anew that depends on more than the tracks themselves.
  rewrite(): void {
    this.records.writeAll();
    this.layers?.update();
    this.overlay.renew();
    this.redraw();
  }

  private listen(): void {
    const { app } = this;
    app.on("filter", () => {
      this.layers?.updateFixed();
      this.rewrite();
    });
    app.on("select", () => {
      this.isFollowing = false;
      this.overlay.forget(); // it has a label at once
      this.rewrite(); // a filter lets the selected track pass
    });
    app.on("time", () => {
      const isPast = app.past !== null;
      if (isPast === this.wasPast) return;
      this.wasPast = isPast;
      this.layers?.updateFixed();
      this.redraw();
    });
    app.on("sensors", () => {
      this.layers?.updateFixed();
      this.redraw();
    });
    app.on("settings", () => {
      this.layers?.updateFixed();
      this.overlay.forget();
      this.rewrite();
    });
  }

  private reckon(layersMs: number, labelsMs: number): void {
    const { figures } = this;
    Object.assign(figures, { layersMs, labelsMs, drawn: figures.updates });
    const sum = figures.takeMs + figures.tellMs + layersMs + labelsMs;
    figures.updateMs += (sum - figures.updateMs) * 0.2;
    setTimeout(() => this.app.tell("drawn")); // a task of its own
  }

  // The map has moved: what is over it goes with it, in the same frame.
  private move(): void {
    this.layers?.look(this.air.view());
    this.names.draw();
    if (!this.figures.firstMs) return this.redraw();
    const nowMs = performance.now();
    this.drawLayers(nowMs);
    this.overlay.draw(nowMs);
  }

  // Frames are asked for only when one is due: seen from afar, tracks move a pixel in seconds.
  private onFrame(nowMs: number): void {
    const step = Math.max(
      STEP_MIN_MS,
      Math.min(STEP_MAX_MS, (STEP_PIXELS * this.air.metresPerPixel() * 1000) / FAST_MPS),
    );
    const isMoving = !this.time.isHeld && nowMs - this.lastDraw >= step;
    if (this.isDue || isMoving) this.draw(nowMs);
    this.wake(this.isDue ? STEP_MIN_MS : Math.max(STEP_MIN_MS, this.lastDraw + step - nowMs));
  }

  private wake(inMs: number): void {
    clearTimeout(this.timer);
    const ask = () => requestAnimationFrame((nowMs) => this.onFrame(nowMs));
    this.timer = window.setTimeout(ask, inMs - FRAME_MS);
  }

  private draw(nowMs: number): void {
    const { app, figures } = this,
      begin = performance.now();
    app.motion.step(this.time.now(nowMs), nowMs);
    const row = app.store.row(app.selected);
    if (this.isFollowing && row >= 0)
      this.air.look({ longitude: app.motion.longitude(row), latitude: app.motion.latitude(row) });
    this.isDue = !this.drawLayers(nowMs);
    const prepared = performance.now();
    if (figures.firstMs) this.overlay.draw(nowMs);
    else if (!this.isDue && figures.updates) this.drawnFirst();
    figures.labels = this.overlay.labelCount;
    if (figures.drawn !== figures.updates)
      this.reckon(prepared - begin, performance.now() - prepared);
    this.lastDraw = nowMs;
    this.frames++;
  }

  // False when something is not drawn yet.
  private drawLayers(nowMs: number): boolean {
    const { air, records } = this;
    records.carryOn(air.metresPerPixel());
    const isDrawn = this.tracks.draw(air.view(), air.size(), records);
    return (this.layers?.draw(nowMs) ?? true) && isDrawn;
  }

  // Cards, and the names of sites.
  private blocked(): number[] {
    const map = this.air.container.getBoundingClientRect();
    const cards = this.cards.filter((one) => one.offsetParent !== null);
    const boxes = cards.map((one) => one.getBoundingClientRect());
    return [
      ...boxes.flatMap(({ left, top, right, bottom }) => [
        left - map.left,
        top - map.top,
        right - map.left,
        bottom - map.top,
      ]),
      ...this.names.boxes,
    ];
  }

  // What can wait until there is something to see.
  private drawnFirst(): void {
    this.figures.firstMs = performance.now();
    this.tracks.whenDrawn(() => {
      this.figures.seenMs = performance.now();
      void this.loadLayers();
      this.loadMap();
      this.redraw(); // with labels
    });
  }

  get canDraw(): boolean {
    return this.tracks.canDraw;
  }

  loadMap(): void {
    if (this.canDraw) void this.air.load();
  }

  // The graphics processor was lost, and with it all that deck.gl had there: that begins anew.
  private loseLayers(): void {
    this.layers?.close();
    this.layers = null;
    const look = () => (this.tracks.isLost ? void setTimeout(look, 500) : void this.loadLayers());
    setTimeout(look, 500);
  }

  private async loadLayers(): Promise<void> {
    if (!this.canDraw) return;
    const part = await import("./layers.js").catch(() => null);
    if (!part) return void setTimeout(() => void this.loadLayers(), AGAIN_MS);
    const { Layers } = part;
    this.layers = new Layers(this.app, this.records, this.under, this.air.view());
    this.layers.detail = this.detail;
    this.redraw();
  }
}
