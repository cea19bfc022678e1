// The list of tracks: only the rows in view are elements.
import type { App } from "../app.js";
import { NO_ADDRESS } from "../delta.js";
import { h, setText } from "../dom.js";
import { isOff } from "../filter.js";
import {
  address,
  course,
  height,
  knots,
  nameOf,
  type Source,
  source,
  squawk,
} from "../format.js";
import type { Store } from "../store.js";

const ROW_PX = 26,
  REFRESH_MS = 1000,
  REFRESH_MANY_MS = 3000,
  MANY = 4000;
const SHORT: Record<Source, string> = {
  fused: "multi",
  adsb: "ADS-B",
  mlat: "MLAT",
  radar: "SSR",
  primary: "PSR",
  none: "–",
};

interface ColumnSpec {
  name: string;
  title: string;
  isName?: true; // changes only with who is there
  text(app: App, row: number): string;
  key(app: App, row: number): number | string;
}

// The call sign; of who has none and no address either, what else he is called by.
const nameless = (store: Store, row: number): string =>
  store.callsign[row] || (store.address[row] === NO_ADDRESS ? nameOf(store, row) : "");

const COLUMNS: ColumnSpec[] = [
  {
    name: "Call sign",
    title: "call sign",
    isName: true,
    text: (a, r) => nameless(a.store, r),
    key: (a, r) => a.store.callsign[r] || "~" + nameless(a.store, r),
  },
  {
    name: "Address",
    title: "address",
    isName: true,
    text: (a, r) => address(a.store.address[r]!).toUpperCase(),
    key: (a, r) => a.store.address[r]!,
  },
  {
    name: "Sqk",
    title: "squawk",
    isName: true,
    text: (a, r) => squawk(a.store.squawk[r]!),
    key: (a, r) => a.store.squawk[r]!,
  },
  {
    name: "Level",
    title: "level, or height in feet",
    text: (a, r) => height(a.store, r),
    key: (a, r) => (Number.isNaN(a.store.altitude[r]!) ? -1e9 : a.store.altitude[r]!),
  },
  {
    name: "kt",
    title: "speed",
    text: (a, r) => String(knots(a.store.speed[r]!)),
    key: (a, r) => a.store.speed[r]!,
  },
  {
    name: "Trk",
    title: "track over ground",
    text: (a, r) => course(a.store.course[r]!),
    key: (a, r) => a.store.course[r]!,
  },
  {
    name: "Source",
    title: "source",
    text: (a, r) => SHORT[source(a.store.flags[r]!)],
    key: (a, r) => SHORT[source(a.store.flags[r]!)],
  },
];

// An element of a row in view, and what it shows: only what differs is written.
interface RowElement {
  row: HTMLElement;
  cells: HTMLElement[];
  shown: string[];
  track: number; // id
  update: number; // of the store, whose values it shows
}

export class TablePanel {
  readonly element = h("div", { class: "table" });
  private readonly viewport = h("div", {
    class: "rows",
    tabindex: 0,
    role: "grid",
    "aria-label": "Tracks",
    "aria-colcount": COLUMNS.length,
  });
  private readonly space = h("div", { role: "rowgroup", class: "space" });
  private readonly empty = h("p", { class: "empty", hidden: true });
  private readonly heads: HTMLElement[];
  private readonly pool: RowElement[] = [];
  private order: number[] = []; // ids
  private sortBy = 0;
  private down = false;
  private sortedMs = 0;
  private who = -1; // store.who when it was sorted
  private cursor = -1;

  constructor(
    private readonly app: App,
    private readonly isOpen: () => boolean,
  ) {
    this.heads = COLUMNS.map((column, i) =>
      h(
        "span",
        { role: "columnheader", "aria-sort": "none" },
        h(
          "button",
          { type: "button", title: `Sort by ${column.title}`, click: () => this.sort(i) },
          column.name,
        ),
      ),
    );
    this.viewport.append(
      h(
        "div",
        { role: "rowgroup", class: "heads" },
        h("div", { role: "row", class: "head" }, ...this.heads),
      ),
      this.space,
    );
    this.element.append(this.viewport, this.empty);
    this.viewport.addEventListener("scroll", () => this.fill());
    this.viewport.addEventListener("keydown", (event) => this.key(event));
    app.on("drawn", () => this.refresh(false));
    app.on("filter", () => this.refresh(true));
    app.on("time", () => this.refresh(true));
    app.on("select", () => this.fill());
    new ResizeObserver(() => this.fill()).observe(this.viewport);
    this.mark();
  }

  private sort(column: number): void {
    this.down = column === this.sortBy ? !this.down : false;
    this.sortBy = column;
    this.mark();
    this.refresh(true);
  }

  private mark(): void {
    this.heads.forEach((head, i) =>
      head.setAttribute(
        "aria-sort",
        i !== this.sortBy ? "none" : this.down ? "descending" : "ascending",
      ),
    );
  }

  refresh(now: boolean): void {
    if (!this.isOpen()) return;
    const ms = performance.now(),
      { store } = this.app;
    if (now || ms - this.sortedMs > (store.count > MANY ? REFRESH_MANY_MS : REFRESH_MS)) {
      this.sortedMs = ms;
      const isSame = COLUMNS[this.sortBy]!.isName && this.who === store.who;
      if (!now && isSame && isOff(this.app.filter)) return this.fill();
      this.who = store.who;
      this.order = this.sorted();
      this.space.style.height = `${this.order.length * ROW_PX}px`;
      this.viewport.setAttribute("aria-rowcount", String(this.order.length + 1));
    }
    this.tellEmpty();
    this.fill();
  }

  private tellEmpty(): void {
    this.empty.hidden = this.order.length > 0;
    const isHidden = this.app.store.count > 0;
    setText(this.empty, isHidden ? "No track passes the filter." : "There are no tracks.");
  }

  // Ids in order. The last order is nearly the next one: the sort finds that at once.
  private sorted(): number[] {
    const { store, mask } = this.app,
      { key } = COLUMNS[this.sortBy]!,
      sign = this.down ? -1 : 1;
    const rows: number[] = [],
      isIn = new Uint8Array(store.count),
      keys = new Array<number | string>(store.count);
    const add = (row: number) => {
      if (row < 0 || !mask[row] || isIn[row]) return;
      isIn[row] = 1;
      keys[row] = key(this.app, row);
      rows.push(row);
    };
    for (const id of this.order) add(store.row(id));
    for (let row = 0; row < store.count; row++) add(row);
    rows.sort((a, b) => {
      const x = keys[a]!,
        y = keys[b]!;
      return x < y ? -sign : x > y ? sign : store.id[a]! - store.id[b]!;
    });
    return rows.map((row) => store.id[row]!);
  }

  private fill(): void {
    if (!this.isOpen()) return;
    const first = Math.max(0, Math.floor(this.viewport.scrollTop / ROW_PX) - 2);
    const last = Math.min(
      this.order.length,
      first + Math.ceil(this.viewport.clientHeight / ROW_PX) + 4,
    );
    while (this.pool.length < last - first) this.pool.push(this.makeRow());
    this.pool.forEach((each, i) => this.show(each, first + i < last ? first + i : -1));
  }

  // The track at this place of the order; -1: none.
  private show(element: RowElement, at: number): void {
    const id = this.order[at] ?? 0,
      row = this.app.store.row(id);
    if (element.row.hidden !== row < 0) element.row.hidden = row < 0;
    if (row < 0) return;
    const isSelected = id === this.app.selected,
      isCursor = at === this.cursor;
    this.write(element, 0, `${at} ${id} ${isSelected} ${isCursor}`, () => {
      element.row.style.transform = `translateY(${at * ROW_PX}px)`;
      element.row.dataset["id"] = String(id);
      element.row.setAttribute("aria-rowindex", String(at + 2));
      element.row.setAttribute("aria-selected", String(isSelected));
      element.row.classList.toggle("cursor", isCursor);
    });
    const changed = this.app.store.changedAt[row]!;
    if (element.track === id && element.update === changed) return;
    element.track = id;
    element.update = changed;
    COLUMNS.forEach((column, c) => {
      const text = column.text(this.app, row);
      this.write(element, c + 1, text, () => {
        element.cells[c]!.textContent = text;
      });
    });
  }

  private write(element: RowElement, what: number, value: string, put: () => void): void {
    if (element.shown[what] === value) return;
    element.shown[what] = value;
    put();
  }

  private makeRow(): RowElement {
    const cells = COLUMNS.map(() => h("span", { role: "gridcell" }));
    const row = h(
      "div",
      {
        role: "row",
        class: "row",
        click: () => {
          this.cursor = this.order.indexOf(Number(row.dataset["id"]));
          this.app.select(Number(row.dataset["id"]));
        },
      },
      ...cells,
    );
    this.space.append(row);
    return { row, cells, shown: [], track: 0, update: -1 };
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.viewport) return;
    const page = Math.max(1, Math.floor(this.viewport.clientHeight / ROW_PX) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -1e9,
      End: 1e9,
    };
    const step = steps[event.key];
    if (event.key === "Enter" && this.order[this.cursor]) this.app.select(this.order[this.cursor]!);
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.cursor = Math.max(0, Math.min(this.order.length - 1, this.cursor + step));
    const top = this.cursor * ROW_PX,
      room = this.viewport.clientHeight - 2 * ROW_PX;
    if (top < this.viewport.scrollTop) this.viewport.scrollTop = top;
    else if (top > this.viewport.scrollTop + room) this.viewport.scrollTop = top - room;
    this.app.select(this.order[this.cursor] ?? 0);
    this.fill();
  }
}
