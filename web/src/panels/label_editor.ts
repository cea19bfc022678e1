// What labels say: a table of fields, each with the line that it stands on, in the sector and
// outside of it; and the sector.
import type { App } from "../app.js";
import { h } from "../dom.js";
import type { Area } from "../filter.js";
import {
  type Field,
  FIELDS,
  fieldWords,
  type LabelChoice,
  labelChoice,
  LINES_MAX,
} from "../label_fields.js";
import { AreaEditor, type MapTools } from "./area.js";

const SIDES = [
  ["full", "In the sector"],
  ["short", "Outside"],
] as const;

export class LabelEditor {
  readonly elements: HTMLElement[];
  private readonly selects = new Map<string, HTMLSelectElement>();
  private readonly area: AreaEditor;

  constructor(
    private readonly app: App,
    map: MapTools,
  ) {
    this.area = new AreaEditor(
      " of the sector",
      () => app.settings.label.sector,
      (part: Partial<Area>) =>
        this.change({ sector: { ...app.settings.label.sector, ...part } }),
      map,
    );
    const reset = h(
      "button",
      { type: "button", class: "quiet", click: () => this.change(labelChoice()) },
      "As at first",
    );
    this.elements = [
      h("details", {}, h("summary", {}, "What labels say"), this.table(), reset),
      h(
        "details",
        {},
        h("summary", {}, "Sector of full labels"),
        h("p", { class: "dim" }, "Tracks outside of it have the short label. No limits: all full."),
        ...this.area.elements,
      ),
    ];
  }

  draw(): void {
    for (const [side] of SIDES)
      for (const field of FIELDS)
        this.selects.get(side + field)!.value = String(this.app.settings.label[side][field] ?? 0);
    this.area.draw();
  }

  private change(part: Partial<LabelChoice>): void {
    this.app.set({ label: { ...this.app.settings.label, ...part } });
  }

  private table(): HTMLElement {
    return h(
      "table",
      { class: "small fields" },
      h("caption", { class: "unseen" }, "On which line of a label a field stands"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Line"),
          ...SIDES.map(([, words]) => h("th", { scope: "col" }, words)),
        ),
      ),
      h(
        "tbody",
        {},
        ...FIELDS.map((field) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, fieldWords(field)),
            ...SIDES.map(([side, words]) => h("td", {}, this.select(side, field, words))),
          ),
        ),
      ),
    );
  }

  private select(side: "full" | "short", field: Field, words: string): HTMLSelectElement {
    const numbers = Array.from({ length: LINES_MAX + 1 }, (_, line) =>
      h("option", { value: line }, line ? String(line) : "–"),
    );
    const select = h(
      "select",
      { "aria-label": `${fieldWords(field)}, ${words.toLowerCase()}: line` },
      ...numbers,
    );
    select.addEventListener("change", () => {
      const { [field]: _, ...rest } = this.app.settings.label[side];
      const line = Number(select.value);
      this.change({ [side]: line ? { ...rest, [field]: line } : rest });
    });
    this.selects.set(side + field, select);
    return select;
  }
}
