// The pointer on the map: what is under it, what a click chooses, and the ruler.
import type { App } from "./app.js";
import { h, setText } from "./dom.js";
import { place } from "./format.js";
import type { Place } from "./geo.js";
import type { AirMap, Pixel } from "./map.js";
import { rulerText } from "./overlay.js";
import type { Picture } from "./picture.js";

export class Pointer {
  readonly place = h("div", { class: "pointer mono", "aria-hidden": "true" });
  isMeasuring = false;
  private isRulerFixed = false;

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
    air.on("click", (at, pixel) => {
      if (this.isMeasuring) this.mark(at);
      else app.select(picture.overlay.pick(pixel.x, pixel.y));
    });
  }

  // The ruler begins at the selected track, if there is one.
  measure(on: boolean): void {
    this.isMeasuring = on;
    this.isRulerFixed = false;
    this.show(on);
    this.air.container.classList.toggle("is-measuring", on);
    const { store, selected } = this.app,
      row = store.row(selected),
      centre = this.air.view();
    const from: Place = [store.longitude[row]!, store.latitude[row]!];
    this.picture.overlay.ruler = on && row >= 0 ? [from, [centre.longitude, centre.latitude]] : [];
    this.picture.redraw();
  }

  private move(at: Place, pixel: Pixel): void {
    const { overlay } = this.picture;
    setText(this.place, place(at[1], at[0]));
    if (this.isMeasuring && overlay.ruler.length > 0 && !this.isRulerFixed) {
      overlay.ruler = [overlay.ruler[0]!, at];
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

  private mark(at: Place): void {
    const { overlay } = this.picture;
    this.isRulerFixed = overlay.ruler.length > 0 && !this.isRulerFixed;
    overlay.ruler = [this.isRulerFixed ? overlay.ruler[0]! : at, at];
    if (this.isRulerFixed) this.say(rulerText(overlay.ruler[0]!, at));
    this.picture.redraw();
  }
}
