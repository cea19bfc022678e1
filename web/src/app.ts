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
};

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
  filter: Filter = noFilter();
  mask = new Uint8Array(0); // rows that the filter lets pass
  shown = 0;
  selected = 0; // id; 0: none
  alerts: Alert[] = [];
  past: number | null = null; // seconds since 1970: the archive is played; null: live
  serves: Serves | null = null; // null: not told yet
  present = 0; // time of the newest live message
  session: Session = { may_operate: false };
  sensors: SensorList = { now_s: 0, sensors: [], receivers: [] };
  private readonly told = new Map<Topic, (() => void)[]>();

  constructor() {
    const stored = readStored("airpicture.settings");
    this.settings = { ...SETTINGS, ...stored, label: readChoice(stored.label) };
  }

  on(topic: Topic, listener: () => void): void {
    this.told.set(topic, [...(this.told.get(topic) ?? []), listener]);
  }

  tell(topic: Topic): void {
    for (const listener of this.told.get(topic) ?? []) listener();
  }

  set(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    document.documentElement.dataset["theme"] = this.settings.theme; // before anyone reads colours
    try {
      localStorage.setItem("airpicture.settings", JSON.stringify(this.settings));
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

  sift(): void {
    if (this.mask.length < this.store.count) this.mask = new Uint8Array(this.store.id.length);
    this.shown = maskOf(this.filter, this.store, this.mask, this.selected);
  }
}

function readStored(key: string): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Settings>;
  } catch {
    return {};
  }
}
