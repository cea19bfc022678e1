// The permanent link: view, track and filter in the address, after '#'.
import type { App } from "./app.js";
import { type Box, boxOf, type Filter, type FilterState, noFilter, STATE_WORDS } from "./filter.js";
import { instant, type Source, SOURCE_WORDS } from "./format.js";
import { type AirKind, KIND_WORDS } from "./kinds.js";
import type { AirMap, View } from "./map.js";

const MOVED_MS = 300;

export interface Link {
  view: View | null;
  track: number;
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
  if (text === null) return null;
  return new Set(text.split(",").filter((word): word is T => word in known));
}

// What cannot be read is passed over.
export function readLink(hash: string): Link {
  const parts = new URLSearchParams(hash.replace(/^#/, "")),
    filter = noFilter();
  const [zoom, latitude, longitude] = (parts.get("v") ?? "").split("/").map(number);
  const levels = /^(\d*)-(\d*)$/.exec(parts.get("fl") ?? "");
  filter.levelMin = number(levels?.[1]);
  filter.levelMax = number(levels?.[2]);
  filter.sources = chosen<Source>(parts.get("src"), SOURCE_WORDS);
  filter.states = chosen<FilterState>(parts.get("is"), STATE_WORDS);
  filter.kinds = chosen<AirKind>(parts.get("kind"), KIND_WORDS);
  const box = (parts.get("box") ?? "").split(",").map(number);
  if (box.length === 4 && box.every((x) => x !== null))
    filter.box = boxOf(...(box as Box));
  const view =
    zoom != null &&
    latitude != null &&
    longitude != null &&
    Math.abs(latitude) < 86 &&
    Math.abs(longitude) <= 180
      ? { zoom, latitude, longitude }
      : null;
  const ms = Date.parse(parts.get("at") ?? "");
  const time = Number.isNaN(ms) ? null : ms / 1000;
  return { view, track: number(parts.get("t") ?? undefined) ?? 0, filter, time };
}

// The address always tells what is seen; and a changed one changes that.
export function keepLink(app: App, air: AirMap, goTo: (time: number | null) => void): void {
  const save = () => {
    const now = { view: air.view(), track: app.selected, filter: app.filter, time: app.past };
    history.replaceState(null, "", writeLink(now) || location.pathname);
  };
  let timer = 0;
  const saveSoon = () => {
    clearTimeout(timer); // browsers do not like to be told often
    timer = window.setTimeout(save, MOVED_MS);
  };
  air.on("moveend", saveSoon);
  app.on("select", save);
  app.on("filter", save);
  app.on("time", () => (app.past === null ? save() : saveSoon())); // a slider may be drawn
  addEventListener("hashchange", () => {
    const { view, track, filter, time } = readLink(location.hash);
    if (time !== app.past) goTo(time);
    if (view) air.look(view);
    app.setFilter(filter);
    app.select(track);
  });
}
