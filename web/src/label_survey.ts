// Which tracks may have a label, how large it would be, and where all symbols are: that is what
// places are found by. Of many tracks it takes longer than an update has, so it is gathered in
// parts.
import type { App } from "./app.js";
import { Flag } from "./delta.js";
import type { LabelFields } from "./label_fields.js";
import { LABEL_LINE, LABELS_MAX } from "./label_pictures.js";
import { type LabelWork, SURE } from "./labels.js";
import type { AirMap, Projector } from "./map.js";

const WISHES_MAX = 700,
  PART_ROWS = 2500,
  PART_WISHES = 70;

// Of the choice that labels are drawn by.
export interface LabelStyle {
  fields: LabelFields;
  hovered: number; // id of the track under the pointer; 0: none
  wide(letters: number): number; // pixels of a label
}

// Who is not to be overlooked.
export function isForemost(app: App, hovered: number, row: number): boolean {
  const id = app.store.id[row]!;
  return (
    id === app.selected || id === hovered || (app.store.flags[row]! & Flag.emergency) !== 0
  );
}

export class LabelSurvey {
  readonly ids: number[] = []; // whose wishes these are
  readonly wishes: number[] = []; // WISH numbers each
  private readonly symbols: Float32Array;
  private symbolsEnd = 0;
  private readonly labelled: number[]; // ids, of which wishes are still to be told
  private readonly asked = new Set<number>();
  private next = 0; // row
  private rows = new Uint32Array(0); // of a part
  private readonly at = new Float32Array(2);
  private readonly exact: Projector;
  private readonly rough: Projector;
  private readonly size: [number, number];

  // Of the map as one looks at it now, and of labels that stand at `placeOf` beside their tracks.
  constructor(
    private readonly app: App,
    map: AirMap,
    private readonly style: LabelStyle,
    private readonly placeOf: ReadonlyMap<number, number>,
  ) {
    this.exact = map.projector();
    this.rough = map.projector(true);
    this.size = map.size();
    this.symbols = new Float32Array(2 * app.store.count);
    this.labelled = [...placeOf.keys()];
  }

  // The next part; true: that was the last.
  step(): boolean {
    const most = this.ids.length + PART_WISHES;
    this.askLabelled(most);
    if (this.labelled.length > 0) return false;
    this.askRows(most);
    return this.next >= this.app.store.count;
  }

  work(blocked: number[]): LabelWork {
    const [width, height] = this.size;
    return {
      ...{ width, height, limit: LABELS_MAX, blocked },
      symbols: this.symbols.slice(0, this.symbolsEnd),
      wishes: Float64Array.from(this.wishes),
    };
  }

  // Those that have a label come first: they are to keep it.
  private askLabelled(most: number): void {
    const { store, mask } = this.app;
    while (this.labelled.length > 0 && this.ids.length < most) {
      const row = store.row(this.labelled.pop()!);
      if (row < 0 || !mask[row]) continue;
      this.exact(this.app.motion.longitude(row), this.app.motion.latitude(row), this.at, 0);
      if (this.isSeen()) this.ask(row);
    }
  }

  // Of the others in view, when there are more than WISHES_MAX, those in an emergency, the selected
  // one and as many as that, in the order of their rows; of the sector, twice as many.
  private askRows(most: number): void {
    const rows = this.rowsOfPart(),
      places = this.app.motion.placesOf(rows),
      { at, rough, symbols } = this;
    for (let n = 0; n < rows.length; n++) {
      if (this.ids.length >= most) {
        this.next = rows[n]!;
        return;
      }
      rough(places[2 * n + 1]!, places[2 * n]!, at, 0);
      if (!this.isSeen()) continue;
      if (this.symbolsEnd < symbols.length) {
        symbols[this.symbolsEnd++] = at[0]!;
        symbols[this.symbolsEnd++] = at[1]!;
      }
      this.ask(rows[n]!);
    }
  }

  private isSeen(): boolean {
    const [x, y] = this.at as unknown as [number, number];
    return x >= 0 && y >= 0 && x < this.size[0] && y < this.size[1];
  }

  // Shown ones of the next PART_ROWS rows. One that moves meanwhile to the place of another may be
  // missed this time.
  private rowsOfPart(): Uint32Array {
    const { store, mask } = this.app,
      end = Math.min(store.count, this.next + PART_ROWS);
    if (this.rows.length === 0) this.rows = new Uint32Array(PART_ROWS);
    let n = 0;
    for (let row = this.next; row < end; row++) if (mask[row]) this.rows[n++] = row;
    this.next = end;
    return this.rows.subarray(0, n);
  }

  private ask(row: number): void {
    const { fields, hovered } = this.style,
      { store } = this.app,
      { ids } = this,
      most = fields.hasSector ? 2 * WISHES_MAX : WISHES_MAX,
      isFirst = isForemost(this.app, hovered, row),
      id = store.id[row]!;
    if (ids.length >= most && !isFirst) return;
    const isFull = isFirst || fields.isInside(store, row);
    if (fields.lineCount(isFull) === 0 || (ids.length >= WISHES_MAX && !isFull)) return;
    if (this.asked.has(id)) return;
    this.asked.add(id);
    ids.push(id);
    this.wish(row, isFull);
  }

  private wish(row: number, isFull: boolean): void {
    const { store, motion, settings } = this.app,
      { at, style, wishes } = this,
      longitude = motion.longitude(row),
      latitude = motion.latitude(row),
      seconds = 60 * settings.vector;
    this.exact(longitude, latitude, at, 0);
    const x = at[0]!,
      y = at[1]!;
    this.exact(
      longitude + seconds * store.east[row]!,
      latitude + seconds * store.north[row]!,
      at,
      0,
    );
    const width = style.wide(style.fields.letters(store, row, isFull)),
      height = style.fields.lineCount(isFull) * LABEL_LINE + 2,
      place = this.placeOf.get(store.id[row]!) ?? -1;
    wishes.push(x, y, width, height, this.rank(row, isFull), place, at[0]! - x, at[1]! - y);
  }

  // The higher track first, of two at one height the older; before them who has a label already,
  // and before those the sector.
  private rank(row: number, isFull: boolean): number {
    const { store, selected } = this.app,
      id = store.id[row]!,
      age = -1e-9 * id;
    if (id === selected) return SURE;
    if (id === this.style.hovered) return 4e6;
    if (store.flags[row]! & Flag.emergency) return 3e6 + age;
    const isSector = isFull && this.style.fields.hasSector;
    return (
      (isSector ? 1.5e6 : 0) +
      (this.placeOf.has(id) ? 1e6 : 0) +
      (store.altitude[row]! || 0) +
      age
    );
  }
}
