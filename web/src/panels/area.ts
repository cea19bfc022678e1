// Sets an area: a band of levels, and a part of the map by its sides, as it is in view, or drawn.
import { h, setText } from "../dom.js";
import { type Area, type Box, boxOf } from "../filter.js";

export interface MapTools {
  view(): Box;
  draw(done: (box: Box) => void): void; // by two clicks; Escape: never
}

// West, south, east and north, as in a box; on the card in the order of reading.
const SIDES = ["West", "South", "East", "North"] as const,
  READ = [0, 2, 1, 3];

function numberField(label: string, [min, max]: [number, number], hint: string, step?: number) {
  return h("input", {
    ...{ type: "number", min, max, step: step ?? "any", placeholder: hint },
    "aria-label": label,
  });
}

const valueOf = (input: HTMLInputElement): number | null =>
  input.value === "" || !Number.isFinite(input.valueAsNumber) ? null : input.valueAsNumber;

// What is wrong with sides as they are written; empty: nothing.
function problemOf(sides: (number | null)[]): string {
  const written = sides.filter((one) => one !== null).length;
  if (written === 0) return "";
  if (written < 4) return "An area needs all four sides.";
  const [west, south, east, north] = sides as Box;
  if (Math.abs(west) > 180 || Math.abs(east) > 180) return "West and east are -180 to 180.";
  if (Math.abs(south) > 90 || Math.abs(north) > 90) return "South and north are -90 to 90.";
  return south < north ? "" : "South has to be less than north.";
}

export class AreaEditor {
  readonly elements: HTMLElement[];
  private readonly low: HTMLInputElement;
  private readonly high: HTMLInputElement;
  private readonly sides: HTMLInputElement[];
  private readonly anywhere: HTMLButtonElement;
  private readonly problem = h("p", { class: "problem", role: "status" });

  // `of`: whose area, for those who hear the page.
  constructor(
    of: string,
    private readonly get: () => Area,
    private readonly set: (part: Partial<Area>) => void,
    map: MapTools,
  ) {
    this.low = numberField(`Lowest level${of}, hundreds of feet`, [0, 660], "any", 10);
    this.high = numberField(`Highest level${of}, hundreds of feet`, [0, 660], "any", 10);
    this.low.addEventListener("input", () => set({ levelMin: valueOf(this.low) }));
    this.high.addEventListener("input", () => set({ levelMax: valueOf(this.high) }));
    this.sides = SIDES.map((side, i) =>
      numberField(`${side}${of}, degrees`, i % 2 ? [-90, 90] : [-180, 180], side),
    );
    for (const one of this.sides) one.addEventListener("change", () => this.readSides());
    const chip = (words: string, click: () => void) =>
      h("button", { type: "button", class: "chip", click }, words);
    this.anywhere = chip("Anywhere", () => set({ box: null }));
    const inView = chip("What is in view now", () => set({ box: map.view() }));
    const drawn = chip("Draw it: two corners", () => map.draw((box) => set({ box })));
    const [west, east, south, north] = READ.map((i) => this.sides[i]!);
    this.elements = [
      h("h3", {}, "Flight level, or height in hundreds of feet"),
      h("div", { class: "pair" }, this.low, h("span", {}, "to"), this.high),
      h("h3", {}, "Area"),
      h("div", { class: "chips" }, this.anywhere, inView, drawn),
      h("div", { class: "pair" }, west!, h("span", {}, "to"), east!),
      h("div", { class: "pair" }, south!, h("span", {}, "to"), north!),
      this.problem,
    ];
  }

  // As it is now; who is writing is not disturbed.
  draw(): void {
    const { levelMin, levelMax, box } = this.get();
    const show = (input: HTMLInputElement, value: number | null | undefined) => {
      if (document.activeElement !== input) input.value = String(value ?? "");
    };
    show(this.low, levelMin);
    show(this.high, levelMax);
    this.anywhere.setAttribute("aria-pressed", String(box === null));
    if (this.sides.some((one) => one === document.activeElement)) return;
    this.sides.forEach((one, i) => show(one, box?.[i]));
    setText(this.problem, "");
  }

  private readSides(): void {
    const sides = this.sides.map(valueOf),
      problem = problemOf(sides);
    setText(this.problem, problem);
    if (problem) return;
    this.set({ box: sides[0] === null ? null : boxOf(...(eastOf(sides as Box) as Box)) });
  }
}

// Over the date line east is less than west: it is a turn beyond.
function eastOf([west, south, east, north]: Box): Box {
  return [west, south, east < west ? east + 360 : east, north];
}
