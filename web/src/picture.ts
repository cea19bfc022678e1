// Draws the picture: symbols by deck.gl, labels on a canvas over them, carried on between updates.
import { Deck, type Layer, MapView } from "@deck.gl/core";
import type { App } from "./app.js";
import type { Changes } from "./delta.js";
import { h } from "./dom.js";
import type { Box } from "./filter.js";
import { Layers } from "./layers.js";
import type { AirMap } from "./map.js";
import { PictureClock } from "./motion.js";
import { Names } from "./names.js";
import { Overlay } from "./overlay.js";
import { Sweep } from "./sweep.js";

const STEP_PIXELS = 0.35; // a picture is drawn when the fastest moves so far
const FAST_MPS = 260,
  STEP_MIN_MS = 33,
  STEP_MAX_MS = 1000,
  FRAME_MS = 8;

export class Picture {
  readonly layers: Layers;
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
  };
  isFollowing = false; // the map goes with the selected track
  cards: HTMLElement[] = []; // what may lie over the map
  private readonly deck: Deck<MapView>;
  private readonly names: Names;
  readonly time = new PictureClock();
  private isDue = true;
  private shown: Layer[] = []; // by deck.gl
  private deckFrame: ((nowMs: number) => void) | null = null; // null: it is not ready
  private wasPast = false;
  private timer = 0;
  private lastDraw = 0;
  private frames = 0;

  constructor(
    private readonly app: App,
    private readonly air: AirMap,
  ) {
    this.layers = new Layers(app);
    this.overlay = new Overlay(
      app,
      air,
      () => this.blocked(),
      () => this.redraw(),
    );
    new Sweep(app, air, (ms) => this.time.now(ms)); // below the tracks
    const box = air.container,
      parent = h("div", { class: "tracks", inert: true }); // nothing in it has a name
    this.names = new Names(app, air);
    box.append(this.names.canvas, parent, this.overlay.canvas);
    this.deck = new Deck({
      parent,
      views: new MapView({ id: "map", repeat: true }),
      viewState: air.view(),
      controller: false,
      // Lines and symbols smooth their edges themselves; nothing is behind anything.
      deviceProps: {
        type: "webgl",
        webgl: { antialias: false, depth: false, preserveDrawingBuffer: false },
      },
      ...this.ownFrames(),
    });
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
    this.layers.sketch = box;
    this.layers.updateFixed();
    this.redraw();
  }

  // Takes an update over; false when it does not fit to the last one.
  take(message: Changes): boolean {
    const { app, time, figures } = this,
      begin = performance.now();
    app.motion.leave();
    if (!app.store.apply(message)) return false;
    time.hear(message.time, begin);
    app.motion.settle(time.now(begin), begin);
    app.sift();
    this.layers.update();
    this.overlay.renew();
    const taken = performance.now();
    figures.updates++;
    this.redraw();
    app.tell("update");
    figures.takeMs = taken - begin;
    figures.tellMs = performance.now() - taken;
    return true;
  }

  private listen(): void {
    const { app, layers } = this;
    app.on("filter", () => {
      layers.updateFixed();
      layers.update();
      this.overlay.renew();
      this.redraw();
    });
    app.on("select", () => {
      this.isFollowing = false;
      layers.update(); // a filter lets the selected track pass
      this.overlay.renew();
      this.redraw();
    });
    app.on("time", () => {
      const isPast = app.past !== null;
      if (isPast === this.wasPast) return;
      this.wasPast = isPast;
      layers.updateFixed();
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

  private reckon(layersMs: number, labelsMs: number): void {
    const { figures } = this;
    Object.assign(figures, { layersMs, labelsMs, drawn: figures.updates });
    const sum = figures.takeMs + figures.tellMs + layersMs + labelsMs;
    figures.updateMs += (sum - figures.updateMs) * 0.2;
    setTimeout(() => this.app.tell("drawn")); // a task of its own
  }

  // The map has moved: what is over it goes with it, in the same frame.
  private move(): void {
    this.deck.setProps({ viewState: this.air.view() });
    this.names.draw();
    if (!this.figures.firstMs) return this.redraw();
    this.deck.redraw();
    this.overlay.draw(performance.now());
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

  // deck.gl asks for a frame at every refresh of the screen; here the picture says when one is due.
  private ownFrames(): object {
    const requestAnimationFrame = (frame: (nowMs: number) => void) => {
      this.deckFrame = frame;
      return 1;
    };
    return { animationFrameProvider: { requestAnimationFrame, cancelAnimationFrame: () => {} } };
  }

  // False when something is not drawn yet.
  private drawLayers(nowMs: number): boolean {
    if (!this.deckFrame) return false;
    const layers = this.layers.all(this.air.metresPerPixel());
    if (layers) {
      this.deck.setProps({ layers: (this.shown = layers) });
      this.deckFrame(nowMs);
    } else this.deck.redraw("a frame");
    return !this.layers.isWaiting(this.shown);
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
    void this.air.load();
    this.redraw();
  }
}
