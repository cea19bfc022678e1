// The permanent link: view, track and filter in the address, after '#'.
import type { App } from "./app.js";
import { NO_ADDRESS } from "./delta.js";
import { type Box, boxOf, type Filter, type FilterState, noFilter, STATE_WORDS } from "./filter.js";
import { address, instant, type Source, SOURCE_WORDS } from "./format.js";
import { type AirKind, KIND_WORDS } from "./kinds.js";
import { type AirMap, type View, ZOOM_MAX, ZOOM_MIN } from "./map.js";
import type { Store } from "./store.js";

const MOVED_MS = 300,
  LATITUDE_MAX = 85;

export interface Link {
  view: View | null;
  track: number; // id; 0: none
  address: string; // of the track, which outlasts its id; empty: it has none
  filter: Filter;
  time: number | null; // of the past, seconds since 1970; null: now
}

export function writeLink(link: Link): string {
  const parts: string[] = [],
    { view, filter } = link;
  if (view)
    parts.push(
      `v=${view.zoom.toFixed(2)}/${view.latitude.toFixed(4)}/${view.longitude.toFixed(4)}`,
    );
  if (link.track) parts.push(`t=${link.track}`);
  if (link.address) parts.push(`a=${link.address}`);
  if (link.time !== null) parts.push(`at=${instant(link.time)}`);
  if (filter.levelMin !== null || filter.levelMax !== null)
    parts.push(`fl=${filter.levelMin ?? ""}-${filter.levelMax ?? ""}`);
  if (filter.sources) parts.push(`src=${[...filter.sources].join(",")}`);
  if (filter.states) parts.push(`is=${[...filter.states].join(",")}`);
  if (filter.kinds) parts.push(`kind=${[...filter.kinds].join(",")}`);
  if (filter.box) parts.push(`box=${filter.box.join(",")}`);
  return parts.length ? "#" + parts.join("&") : "";
}

const number = (text: string | undefined): number | null =>
  text && Number.isFinite(Number(text)) ? Number(text) : null;

function chosen<T extends string>(text: string | null, known: Record<T, string>): Set<T> | null {
  const words = (text ?? "").split(",").filter((word): word is T => Object.hasOwn(known, word));
  return words.length > 0 ? new Set(words) : null;
}

const within = (low: number, value: number, high: number): number =>
  Math.max(low, Math.min(high, value));

// As near to what is written as the map can look.
function readView(text: string): View | null {
  const [zoom, latitude, longitude] = text.split("/").map(number);
  if (zoom == null || latitude == null || longitude == null) return null;
  return {
    zoom: within(ZOOM_MIN, zoom, ZOOM_MAX),
    latitude: within(-LATITUDE_MAX, latitude, LATITUDE_MAX),
    longitude: ((((longitude + 180) % 360) + 360) % 360) - 180,
  };
}

// The id of the track that a link means: the service numbers tracks anew when it begins anew.
// 0: it is not there.
export function trackOf(link: Pick<Link, "track" | "address">, store: Store): number {
  const wanted = parseInt(link.address.replace("~", ""), 16),
    isOther = link.address.startsWith("~"); // than one of ICAO's
  const isIt = (row: number) => {
    const value = store.address[row]!;
    return (
      value !== NO_ADDRESS && (value & 0xffffff) === wanted && value >>> 24 > 0 === isOther
    );
  };
  const row = store.row(link.track);
  if (row >= 0 && (!link.address || isIt(row))) return link.track;
  for (let i = 0; link.address && i < store.count; i++) if (isIt(i)) return store.id[i]!;
  return 0;
}

// What cannot be read is passed over.
export function readLink(hash: string): Link {
  const parts = new URLSearchParams(hash.replace(/^#/, "")),
    filter = noFilter();
  const levels = /^(-?\d[\d.]*)?-(-?\d[\d.]*)?$/.exec(parts.get("fl") ?? "");
  filter.levelMin = number(levels?.[1]);
  filter.levelMax = number(levels?.[2]);
  filter.sources = chosen<Source>(parts.get("src"), SOURCE_WORDS);
  filter.states = chosen<FilterState>(parts.get("is"), STATE_WORDS);
  filter.kinds = chosen<AirKind>(parts.get("kind"), KIND_WORDS);
  const box = (parts.get("box") ?? "").split(",").map(number);
  if (box.length === 4 && box.every((x) => x !== null))
    filter.box = boxOf(...(box as Box));
  const who = (parts.get("a") ?? "").toLowerCase();
  const ms = Date.parse(parts.get("at") ?? "");
  const time = Number.isNaN(ms) ? null : ms / 1000;
  return {
    view: readView(parts.get("v") ?? ""),
    track: number(parts.get("t") ?? undefined) ?? 0,
    address: /^~?[0-9a-f]{6}$/.test(who) ? who : "",
    filter,
    time,
  };
}

// The address always tells what is seen; and a changed one changes that. `first` is the one that
// the page was opened with; `tell` says what of a link is not there, and with no words that it is.
export function keepLink(
  app: App,
  air: AirMap,
  first: Link,
  goTo: (time: number | null) => void,
  tell: (words: string) => void,
): void {
  let wanted: Link | null = null, // whose track is not there yet
    timer = 0;
  const save = () => {
    const { store, selected: track, filter, past: time } = app,
      row = store.row(track),
      of = row >= 0 ? address(store.address[row]!) : "";
    const who = wanted ?? { track, address: of };
    const link = { view: air.view(), track: who.track, address: who.address, filter, time };
    history.replaceState(null, "", writeLink(link) || location.pathname);
  };
  const settle = () => {
    wanted = null;
    tell("");
  };
  const seek = () => {
    if (!wanted || app.store.sequence === 0) return;
    const id = trackOf(wanted, app.store),
      name = wanted.address.toUpperCase() || `#${wanted.track}`;
    if (!id) return tell(`The track of this link, ${name}, is not there now.`);
    settle();
    app.select(id);
  };
  const want = (link: Link) => {
    settle();
    if (link.track || link.address) wanted = link;
    if (!wanted || trackOf(wanted, app.store) !== app.selected) app.select(0);
    seek();
  };
  // Another life of the service numbers its tracks anew: who was selected is so by its address.
  // Between now and the archive of now numbers are the same, and there may be none.
  let known = { epoch: 0, isPast: false, address: "", trackNumber: 0 };
  const follow = () => {
    const { store, selected, past } = app,
      { epoch, isPast, address: before, trackNumber } = known,
      row = store.row(selected);
    if (epoch && epoch !== store.epoch && selected) {
      const isSame =
        isPast !== (past !== null) &&
        row >= 0 &&
        store.address[row] === NO_ADDRESS &&
        store.trackNumber[row] === trackNumber;
      const now = before ? trackOf({ track: selected, address: before }, store) : 0;
      if (now) app.select(now);
      else if (before) want({ ...readLink(""), address: before });
      else if (!isSame) app.select(0);
    }
    const at = store.row(app.selected);
    known = {
      epoch: store.epoch,
      isPast: past !== null,
      address: at >= 0 ? address(store.address[at]!) : known.address,
      trackNumber: at >= 0 ? store.trackNumber[at]! : 0,
    };
  };
  const saveSoon = () => {
    clearTimeout(timer); // browsers do not like to be told often
    timer = window.setTimeout(save, MOVED_MS);
  };
  air.on("moveend", saveSoon);
  app.on("select", () => {
    const row = app.store.row(app.selected);
    known.address = row >= 0 ? address(app.store.address[row]!) : "";
    known.trackNumber = row >= 0 ? app.store.trackNumber[row]! : 0;
    if (app.selected) settle();
    save();
  });
  app.on("filter", save);
  app.on("time", () => (app.past === null ? save() : saveSoon())); // a slider may be drawn
  app.on("update", follow);
  app.on("update", seek);
  addEventListener("hashchange", ({ newURL }) => {
    const link = readLink(new URL(newURL).hash); // the address itself may be saved over by now
    if (link.time !== app.past) goTo(link.time);
    if (link.view) air.look(link.view);
    app.setFilter(link.filter);
    want(link);
    save();
  });
  want(first);
}
