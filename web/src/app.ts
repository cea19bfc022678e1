// What the parts of the page share: the tracks, what is chosen, how it is shown; and who is told.
import { Api, type Alert, type SensorList, type Serves, type Session } from "./api.js";
import { type Filter, maskOf, noFilter } from "./filter.js";
import { type LabelChoice, labelChoice, readChoice } from "./label_fields.js";
import { Motion } from "./motion.js";
import { Store } from "./store.js";

export interface Settings {
  theme: "night" | "day";
  colour: "source" | "level";
  vector: 0 | 1 | 2 | 5; // minutes
  labels: boolean;
  label: LabelChoice;
  dots: boolean;
  rings: boolean;
  names: boolean;
  letters: boolean; // keys of one letter do something
}

export const SETTINGS: Settings = {
  theme: "night",
  colour: "source",
  vector: 1,
  labels: true,
  label: labelChoice(),
  dots: true,
  rings: true,
  names: true,
  letters: true,
};

const SWITCH = [true, false];
const VALUES: Record<Exclude<keyof Settings, "label">, readonly unknown[]> = {
  theme: ["night", "day"],
  colour: ["source", "level"],
  vector: [0, 1, 2, 5],
  labels: SWITCH,
  dots: SWITCH,
  rings: SWITCH,
  names: SWITCH,
  letters: SWITCH,
};
const KEPT = "airpicture.settings"; // by the browser

// What was kept, key by key: another version of the page, or anybody, may have written it.
export function readSettings(text: string | null): Partial<Settings> {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof kept !== "object" || kept === null) return {};
  const known = Object.entries(VALUES)
    .map(([key, values]) => [key, (kept as Record<string, unknown>)[key], values] as const)
    .filter(([, value, values]) => values.includes(value));
  const label = "label" in kept ? { label: readChoice(kept.label) } : {};
  return { ...Object.fromEntries(known), ...label };
}

export type Topic =
  | "update" // a message was taken over
  | "drawn" // and is on the screen
  | "select"
  | "filter"
  | "settings"
  | "alerts"
  | "sensors"
  | "feed"
  | "time"; // playback: where it is, how fast, what there is

export class App {
  readonly store = new Store();
  readonly motion = new Motion(this.store);
  readonly api = new Api();
  settings: Settings;
  private chosen: Partial<Settings>; // here; the rest is as it is for everybody
  filter: Filter = noFilter();
  mask = new Uint8Array(0); // rows that the filter lets pass
  shown = 0;
  selected = 0; // id; 0: none
  alerts: Alert[] = [];
  past: number | null = null; // seconds since 1970: the archive is played; null: live
  serves: Serves | null = null; // null: not told yet
  hasEnded = false; // the recording
  present = 0; // time of the newest live message
  session: Session = { may_operate: false };
  sensors: SensorList = { now_s: 0, sensors: [], receivers: [] };
  private readonly told = new Map<Topic, (() => void)[]>();

  constructor() {
    this.chosen = kept();
    this.settings = { ...SETTINGS, theme: preferredTheme(), ...this.chosen };
  }

  on(topic: Topic, listener: () => void): void {
    this.told.set(topic, [...(this.told.get(topic) ?? []), listener]);
  }

  tell(topic: Topic): void {
    for (const listener of this.told.get(topic) ?? []) listener();
  }

  set(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    this.chosen = { ...this.chosen, ...change };
    document.documentElement.dataset["theme"] = this.settings.theme; // before anyone reads colours
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.chosen));
    } catch {
      // a browser that keeps nothing forgets the settings
    }
    this.tell("settings");
  }

  setFilter(filter: Filter): void {
    this.filter = filter;
    this.sift();
    this.tell("filter");
  }

  select(id: number): void {
    if (id === this.selected) return;
    this.selected = id;
    this.sift();
    this.tell("select");
  }

  // Alerts as they are now, those that are known among them.
  mergeAlerts(changed: Alert[]): void {
    const all = new Map(this.alerts.map((one) => [one.alert_id, one]));
    for (const one of changed) all.set(one.alert_id, one);
    this.alerts = [...all.values()];
    this.tell("alerts");
  }

  // Rows that the filter lets pass.
  rowsShown(): Uint32Array {
    const { mask, store } = this,
      rows = new Uint32Array(this.shown);
    for (let row = 0, n = 0; row < store.count; row++) if (mask[row]) rows[n++] = row;
    return rows;
  }

  sift(): void {
    if (this.mask.length < this.store.count) this.mask = new Uint8Array(this.store.id.length);
    this.shown = maskOf(this.filter, this.store, this.mask, this.selected);
  }
}

function kept(): Partial<Settings> {
  try {
    return readSettings(localStorage.getItem(KEPT));
  } catch {
    return {}; // a browser that keeps nothing
  }
}

const preferredTheme = (): Settings["theme"] =>
  matchMedia("(prefers-color-scheme: light)").matches ? "day" : "night";
