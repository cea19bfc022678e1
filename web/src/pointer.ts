// The pointer on the map: what is under it, what a click chooses, and the ruler.
import type { App } from "./app.js";
import { h, setText } from "./dom.js";
import { type Box, boxOf } from "./filter.js";
import { place } from "./format.js";
import type { Place } from "./geo.js";
import type { AirMap, Pixel } from "./map.js";
import { type RulerEnd, rulerText } from "./overlay.js";
import type { Picture } from "./picture.js";

const STEP_PX = 10, // of an arrow key
  STEP_FAR_PX = 60; // with Shift
const ARROWS: Record<string, [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Pointer {
  readonly place = h("div", { class: "pointer mono", "aria-hidden": "true" });
  isMeasuring = false;
  private isRulerFixed = false;
  private onArea: ((box: Box | null) => void) | null = null; // who waits for one to be drawn
  private corner: Place | null = null; // its first

  // `say` tells those who hear the page; `show` tells that measuring has begun or ended.
  constructor(
    private readonly app: App,
    private readonly air: AirMap,
    private readonly picture: Picture,
    private readonly say: (text: string) => void,
    private readonly show: (isMeasuring: boolean) => void,
  ) {
    air.on("mousemove", (at, pixel) => this.move(at, pixel));
    air.on("mouseout", () => this.leave());
    const isOnMap = (target: EventTarget | null) =>
      target === document.body || air.container.contains(target as Node);
    // Before the map hears it, which would move.
    const hear = (event: KeyboardEvent) => {
      if (!isOnMap(event.target) || !this.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("keydown", hear, { capture: true });
    air.on("click", (at, pixel) => {
      if (this.onArea) this.markCorner(at);
      else if (this.isMeasuring) this.mark(at, pixel);
      else app.select(picture.overlay.pick(pixel.x, pixel.y));
    });
  }

  get isDrawing(): boolean {
    return this.onArea !== null;
  }

  // Two clicks make an area; `done` hears of none when `leaveArea` comes before the second.
  drawArea(done: (box: Box | null) => void): void {
    this.leaveArea();
    this.measure(false);
    this.onArea = done;
    this.air.container.classList.add("is-measuring");
    this.say("Click a corner of the area, then the opposite one. Escape leaves it as it was.");
  }

  leaveArea(): void {
    this.endArea(null);
  }

  private endArea(box: Box | null): void {
    const done = this.onArea;
    this.onArea = this.corner = null;
    if (!done) return;
    this.air.container.classList.remove("is-measuring");
    this.picture.sketch(null);
    done(box);
  }

  private areaTo([longitude, latitude]: Place): Box {
    const [x, y] = this.corner!,
      { min, max } = Math;
    return boxOf(min(x, longitude), min(y, latitude), max(x, longitude), max(y, latitude));
  }

  private markCorner(at: Place): void {
    if (!this.corner) {
      this.corner = at;
      return;
    }
    const box = this.areaTo(at);
    if (box[0] !== box[2] && box[1] < box[3]) this.endArea(box);
  }

  // The ruler begins at the selected track, if there is one.
  measure(on: boolean): void {
    if (on) this.leaveArea();
    this.isMeasuring = on;
    this.isRulerFixed = false;
    this.show(on);
    this.air.container.classList.toggle("is-measuring", on);
    const { store, selected } = this.app,
      row = store.row(selected);
    const from: RulerEnd = { id: selected, place: [store.longitude[row]!, store.latitude[row]!] };
    this.picture.overlay.ruler = on && row >= 0 ? [from, this.centre()] : [];
    this.picture.redraw();
    if (!on) return;
    this.air.container.focus(); // arrows and Enter are for the ruler
    this.say("Measuring: arrow keys move the end, Enter sets it. Escape leaves.");
  }

  // The ruler by keyboard, from the selected track, else from the middle of the map. True: it was
  // meant for it.
  private key(event: KeyboardEvent): boolean {
    const { overlay } = this.picture,
      step = ARROWS[event.key];
    if (!this.isMeasuring || (!step && event.key !== "Enter")) return false;
    if (overlay.ruler.length === 0 || (step && this.isRulerFixed)) {
      const from = overlay.ruler[1] ?? this.centre();
      overlay.ruler = [from, { id: 0, place: overlay.rulerPlace(from) }];
      this.isRulerFixed = false;
    }
    const [from, to] = overlay.ruler as [RulerEnd, RulerEnd];
    if (step) {
      const { x, y } = this.air.project(overlay.rulerPlace(to)),
        pixels = event.shiftKey ? STEP_FAR_PX : STEP_PX;
      const place = this.air.unproject(x + step[0] * pixels, y + step[1] * pixels);
      overlay.ruler = [from, { id: 0, place }];
    } else this.fix(to);
    this.picture.redraw();
    return true;
  }

  private centre(): RulerEnd {
    const { longitude, latitude } = this.air.view();
    return { id: 0, place: [longitude, latitude] };
  }

  private move(at: Place, pixel: Pixel): void {
    const { overlay } = this.picture;
    setText(this.place, place(at[1], at[0]));
    if (this.onArea) {
      this.air.setCursor("crosshair");
      if (this.corner) this.picture.sketch(this.areaTo(at));
      return;
    }
    if (this.isMeasuring && overlay.ruler.length > 0 && !this.isRulerFixed) {
      overlay.ruler = [overlay.ruler[0]!, { id: 0, place: at }];
      this.picture.redraw();
      return;
    }
    const id = overlay.pick(pixel.x, pixel.y);
    this.hover(id);
    this.air.setCursor(this.isMeasuring ? "crosshair" : id ? "pointer" : "");
  }

  private hover(id: number): void {
    const { overlay } = this.picture;
    if (id === overlay.hovered) return;
    overlay.hovered = id;
    overlay.forget();
    this.picture.redraw();
  }

  private leave(): void {
    setText(this.place, "");
    this.hover(0);
  }

  // A click: an end is the track that is there, else the place.
  private mark(at: Place, pixel: Pixel): void {
    const { overlay } = this.picture,
      end = { id: overlay.pick(pixel.x, pixel.y), place: at };
    if (overlay.ruler.length > 0 && !this.isRulerFixed) this.fix(end);
    else {
      this.isRulerFixed = false;
      overlay.ruler = [end, end];
    }
    this.picture.redraw();
  }

  private fix(end: RulerEnd): void {
    const { overlay } = this.picture,
      from = overlay.ruler[0]!;
    this.isRulerFixed = true;
    overlay.ruler = [from, end];
    this.say(rulerText(overlay.rulerPlace(from), overlay.rulerPlace(end)));
  }
}
