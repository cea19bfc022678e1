// Puts the page together: what is where, what a key does, when a picture is drawn.
import "./style.css";
import { MapboxOverlay } from "@deck.gl/mapbox";
import { App } from "./app.js";
import { type Changes, Flag } from "./delta.js";
import type { Alert, SensorList } from "./api.js";
import { h, iconButton, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { isOff } from "./filter.js";
import { clock, count, place, type Source, SOURCE_WORDS } from "./format.js";
import type { Place } from "./geo.js";
import { Layers } from "./layers.js";
import { readLink, writeLink } from "./link.js";
import { AirMap } from "./map.js";
import { Motion, PictureClock } from "./motion.js";
import { Overlay, rulerText } from "./overlay.js";
import { AlertsPanel } from "./panels/alerts.js";
import { DisplayPanel, FilterPanel } from "./panels/controls.js";
import { helpDialog, loginDialog } from "./panels/dialogs.js";
import { HealthPanel } from "./panels/health.js";
import { Search } from "./panels/search.js";
import { SensorsPanel } from "./panels/sensors.js";
import { TablePanel } from "./panels/table.js";
import { TrackPanel } from "./panels/track.js";
import { cellOf, symbolUrl } from "./symbols.js";
import { css, THEMES } from "./theme.js";

const STEP_PIXELS = 0.35; // a picture is drawn when the fastest moves so far
const FAST_MPS = 260,
  STEP_MIN_MS = 33,
  STEP_MAX_MS = 1000,
  FIT_ZOOM_MAX = 9;

const app = new App(),
  link = readLink(location.hash);
document.documentElement.dataset["theme"] = app.settings.theme;
app.filter = link.filter;

const mapBox = h("main", { class: "map", "aria-label": "Air picture" });
const root = document.getElementById("app")!;
root.append(mapBox);
const air = new AirMap(
  mapBox,
  link.view ?? { longitude: 8, latitude: 50, zoom: 4 },
  THEMES[app.settings.theme],
);
const deck = new MapboxOverlay({ interleaved: false, layers: [] });
air.map.addControl(deck);
const layers = new Layers(app),
  overlay = new Overlay(app, air),
  motion = new Motion(),
  time = new PictureClock();
mapBox.append(overlay.canvas);

let hasFitted = link.view !== null,
  isMeasuring = false,
  isFollowing = false,
  needsDraw = true,
  lastDraw = 0;
const page = { updateMs: 0, frames: 0, labels: 0, resumes: 0, applyMs: 0, drawMs: 0, updates: 0 };

// --- the picture ---

function draw(nowMs: number): void {
  const begin = performance.now();
  motion.step(app.store, time.now(nowMs), nowMs);
  if (isFollowing && app.store.row(app.selected) >= 0) {
    const row = app.store.row(app.selected);
    air.map.jumpTo({ center: [app.store.shownLongitude[row]!, app.store.shownLatitude[row]!] });
  }
  deck.setProps({ layers: layers.all() });
  overlay.draw(nowMs);
  page.labels = overlay.labelCount;
  page.drawMs = performance.now() - begin;
  page.updateMs += (page.applyMs + page.drawMs - page.updateMs) * 0.2;
  lastDraw = nowMs;
  needsDraw = false;
  frames++;
}

let frames = 0;
setInterval(() => {
  page.frames = frames;
  frames = 0;
}, 1000);

function onFrame(nowMs: number): void {
  const step = Math.max(
    STEP_MIN_MS,
    Math.min(STEP_MAX_MS, (STEP_PIXELS * air.metresPerPixel() * 1000) / FAST_MPS),
  );
  if (needsDraw || nowMs - lastDraw >= step) draw(nowMs);
  requestAnimationFrame(onFrame);
}
requestAnimationFrame(onFrame);
air.map.on("move", () => overlay.draw(performance.now()));
new ResizeObserver(() => {
  needsDraw = true;
}).observe(mapBox);

function fit(): void {
  const { store, mask } = app;
  let west = 181,
    south = 91,
    east = -181,
    north = -91;
  for (let i = 0; i < store.count; i++) {
    if (!mask[i]) continue;
    west = Math.min(west, store.longitude[i]!);
    east = Math.max(east, store.longitude[i]!);
    south = Math.min(south, store.latitude[i]!);
    north = Math.max(north, store.latitude[i]!);
  }
  if (west > east) return;
  const padding = free(50);
  air.map.fitBounds([west, south, east, north], { padding, maxZoom: FIT_ZOOM_MAX, duration: 0 });
}

// How far the cards reach in from each side of the map: what is between them can be seen.
function free(margin: number): Record<"top" | "bottom" | "left" | "right", number> {
  const box = mapBox.getBoundingClientRect();
  const track = trackPanel.element.getBoundingClientRect();
  const lists = dock.getBoundingClientRect();
  const isPhone = box.width < 900;
  const covered = isPhone ? Math.max(track.height, lists.height) : 0;
  return {
    top: margin,
    bottom: margin + covered,
    left: margin + (isPhone || track.width === 0 ? 0 : track.right - box.left),
    right: margin + (isPhone || lists.width === 0 ? 0 : box.right - lists.left),
  };
}

// Moves the map when the selected track lies under a card or outside.
function reveal(): void {
  const row = app.store.row(app.selected);
  if (row < 0) return;
  const place: Place = [app.store.longitude[row]!, app.store.latitude[row]!];
  const at = air.map.project(place),
    edge = free(20),
    [width, height] = air.size();
  const isSeen =
    at.x > edge.left && at.x < width - edge.right && at.y > edge.top && at.y < height - edge.bottom;
  if (isSeen) return;
  const offset: [number, number] = [(edge.left - edge.right) / 2, (edge.top - edge.bottom) / 2];
  air.map.easeTo({ center: place, offset, duration: 350 });
}

// --- the stream ---

const socketUrl = new URL("ws", location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
socketUrl.hash = socketUrl.search = "";
const feed = new Feed(socketUrl.href, {
  changes(message: Changes) {
    const begin = performance.now();
    if (!app.store.apply(message)) return false;
    time.hear(message.time, begin);
    motion.settle(app.store, time.now(begin));
    app.sift();
    layers.update();
    if (message.removed.length || app.store.snapshots !== snapshots) overlay.forget();
    snapshots = app.store.snapshots;
    page.applyMs = performance.now() - begin;
    page.updates++;
    app.tell("update");
    if (!hasFitted && app.store.count > 0) {
      hasFitted = true;
      fit();
    }
    needsDraw = true;
    return true;
  },
  text(message) {
    const body = message.body as Partial<SensorList> & { alerts?: Alert[] };
    if (body.sensors) {
      app.sensors = {
        now_s: body.now_s ?? message.time,
        sensors: body.sensors,
        receivers: body.receivers ?? [],
      };
      app.tell("sensors");
    }
    if (body.alerts) mergeAlerts(body.alerts);
  },
  state: () => {
    app.tell("feed");
    if (feed.state === "live") void loadAlerts();
  },
  unauthorised: () => login.ask(feed.token ? "This token is not known here." : ""),
});
let snapshots = 0;

function mergeAlerts(changed: Alert[]): void {
  const all = new Map(app.alerts.map((one) => [one.alert_id, one]));
  for (const one of changed) all.set(one.alert_id, one);
  app.alerts = [...all.values()];
  app.tell("alerts");
}

async function loadAlerts(): Promise<void> {
  try {
    app.alerts = (await app.api.alerts()).alerts;
    app.tell("alerts");
  } catch {
    // the feed tells what is wrong with the server
  }
}

// --- the head ---

const stateWords = {
  connecting: "Connecting",
  live: "Live",
  stale: "Stale",
  broken: "No connection",
  refused: "Refused",
};
const stateText = h("span", {}, "Connecting"),
  utc = h("time", { class: "mono" }, "--:--:--"),
  shownText = h("span", { class: "mono" }, "0");
const pill = h(
  "div",
  { class: "pill", role: "status", "data-state": "connecting" },
  h("i"),
  stateText,
);
const banner = h("div", { class: "banner", role: "alert", hidden: true });
const search = new Search(app, (id) => app.select(id));

function showFeed(): void {
  pill.dataset["state"] = feed.state;
  setText(stateText, stateWords[feed.state]);
  const bad = feed.state === "stale" || feed.state === "broken" || feed.state === "refused";
  root.classList.toggle("is-stale", bad);
  banner.hidden = !bad;
  if (bad)
    setText(
      banner,
      `${feed.why} What you see is old: the picture of ${clock(app.store.time)} UTC.` +
        (feed.state === "refused" ? "" : " Trying again …"),
    );
}
app.on("feed", showFeed);
app.on("update", () => {
  setText(utc, clock(app.store.time));
  setText(
    shownText,
    isOff(app.filter) ? count(app.store.count) : `${count(app.shown)} of ${count(app.store.count)}`,
  );
});

// --- the dock with its leaves ---

const leaves = ["tracks", "sensors", "alerts", "health"] as const;
type Leaf = (typeof leaves)[number];
const leafWords: Record<Leaf, string> = {
  tracks: "Tracks",
  sensors: "Sensors",
  alerts: "Alerts",
  health: "Health",
};
let leaf: Leaf = "tracks";
const isWide = matchMedia("(min-width: 900px)").matches;
const dock = h("section", { class: "card dock", "aria-label": "Lists", hidden: !isWide });
const isOpen = (name: Leaf) => () => !dock.hidden && leaf === name;
const table = new TablePanel(app, isOpen("tracks"));
const sensorsPanel = new SensorsPanel(app, isOpen("sensors"), (longitude, latitude) =>
  air.map.easeTo({ center: [longitude, latitude], zoom: Math.max(7, air.map.getZoom()) }),
);
const alertsPanel = new AlertsPanel(app, isOpen("alerts"));
const health = new HealthPanel(app, isOpen("health"), () => ({ ...page, resumes: feed.resumes }));
const bodies: Record<Leaf, HTMLElement> = {
  tracks: table.element,
  sensors: sensorsPanel.element,
  alerts: alertsPanel.element,
  health: health.element,
};
const alertCount = h("b", { class: "count", hidden: true });
const tabs = leaves.map((name) =>
  h(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      "aria-controls": `leaf-${name}`,
      click: () => openLeaf(name),
    },
    leafWords[name],
    name === "alerts" ? alertCount : null,
  ),
);
const tabList = h("div", { class: "tabs", role: "tablist", "aria-label": "Lists" }, ...tabs);
tabList.addEventListener("keydown", (event) => {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!step) return;
  event.stopPropagation();
  openLeaf(leaves[(leaves.indexOf(leaf) + step + leaves.length) % leaves.length]!);
  tabs[leaves.indexOf(leaf)]!.focus();
});
dock.append(
  h(
    "header",
    {},
    tabList,
    iconButton("close", "Close the lists", "Esc", () => {
      dock.hidden = true;
    }),
  ),
);
for (const name of leaves)
  dock.append(
    h(
      "div",
      {
        class: "leaf",
        role: "tabpanel",
        id: `leaf-${name}`,
        "aria-labelledby": `tab-${name}`,
        tabindex: name === "tracks" ? -1 : 0,
      },
      bodies[name],
    ),
  );

function openLeaf(name: Leaf): void {
  leaf = name;
  dock.hidden = false;
  leaves.forEach((each, i) => {
    tabs[i]!.setAttribute("aria-selected", String(each === name));
    tabs[i]!.tabIndex = each === name ? 0 : -1;
    document.getElementById(`leaf-${each}`)!.hidden = each !== name;
  });
  table.refresh(true);
  sensorsPanel.draw();
  alertsPanel.draw();
  if (name === "health") void health.load();
}

function toggleLeaf(name: Leaf): void {
  if (!dock.hidden && leaf === name) dock.hidden = true;
  else openLeaf(name);
}

app.on("alerts", () => {
  const active = app.alerts.filter((one) => !one.until_s).length;
  alertCount.hidden = active === 0;
  setText(alertCount, String(active));
});

// --- cards ---

const trackPanel = new TrackPanel(
  app,
  (detail) => {
    layers.detail = detail;
    needsDraw = true;
  },
  () => centre(),
);
const filters = new FilterPanel(app, layers.picture, () => {
  const bounds = air.map.getBounds();
  return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
});
const display = new DisplayPanel(app);
function togglePopover(card: HTMLElement): void {
  for (const one of [filters.element, display.element]) one.hidden = one !== card || !one.hidden;
  card.querySelector<HTMLElement>("button, input")?.focus();
}

const legend = h("ul", { class: "legend" });
function drawLegend(): void {
  const theme = THEMES[app.settings.theme];
  const item = (flags: number, colour: string, words: string) =>
    h(
      "li",
      {},
      h("img", {
        alt: "",
        width: 20,
        height: 20,
        src: symbolUrl(layers.picture, cellOf(flags), colour),
      }),
      words,
    );
  const flagsOf: Record<Source, number> = {
    fused: Flag.adsb | Flag.mlat,
    adsb: Flag.adsb,
    mlat: Flag.mlat,
    radar: Flag.ssr,
    primary: Flag.psr,
    none: 0,
  };
  legend.replaceChildren(
    ...(Object.keys(SOURCE_WORDS) as Source[]).map((key) =>
      item(flagsOf[key], css(theme.source[key]), SOURCE_WORDS[key]),
    ),
    item(Flag.adsb | Flag.mlat | Flag.simulated, css(theme.source.fused), "Simulated"),
    item(
      Flag.adsb | Flag.mlat | Flag.coasting,
      css(theme.source.fused),
      "Coasting: no update when one was due",
    ),
    item(
      Flag.adsb | Flag.identityDoubted,
      css(theme.source.adsb),
      "Unverified: identity doubted or used twice",
    ),
    item(Flag.adsb, css(theme.emergency), "Emergency"),
  );
}
drawLegend();
const help = helpDialog(legend);
const login = loginDialog((token) => setToken(token));

function setToken(token: string): void {
  feed.token = app.api.token = token;
  try {
    if (token) sessionStorage.setItem("airpicture.token", token);
  } catch {
    // then it is asked for again
  }
  feed.state = "connecting";
  feed.open();
}

// --- the bar, and what its buttons do ---

const fullScreen = () =>
  void (document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen());
const toggleTheme = () => app.set({ theme: app.settings.theme === "night" ? "day" : "night" });
const filterButton = iconButton("filter", "Filters", "F", () => togglePopover(filters.element));
const measureButton = iconButton("measure", "Measure", "M", () => measure(!isMeasuring));
const bar = h(
  "header",
  { class: "bar" },
  h(
    "h1",
    {},
    h("img", { src: "favicon.svg", alt: "airpicture", width: 24, height: 24 }),
    h("span", { "aria-hidden": true }, "airpicture"),
  ),
  pill,
  h(
    "div",
    { class: "facts" },
    h("span", {}, utc, h("small", {}, "UTC")),
    h("span", {}, shownText, h("small", {}, "tracks")),
  ),
  search.element,
  h(
    "nav",
    { "aria-label": "Tools" },
    filterButton,
    iconButton("layers", "How it is drawn", "D", () => togglePopover(display.element)),
    measureButton,
    iconButton("list", "Lists", "T", () => toggleLeaf("tracks")),
    iconButton("theme", "Night or day", "Y", toggleTheme),
    iconButton("screen", "Full screen", "X", fullScreen),
    iconButton("help", "Keys and symbols", "?", () => help.showModal()),
  ),
);
const zoomBox = h(
  "nav",
  { class: "zoom", "aria-label": "Zoom" },
  iconButton("plus", "Closer", "+", () => air.map.zoomIn()),
  iconButton("minus", "Farther", "−", () => air.map.zoomOut()),
  iconButton("home", "The whole picture", "0", fit),
);
const pointer = h("div", { class: "pointer mono", "aria-hidden": "true" });
const said = h("div", { class: "unseen", role: "status" });
root.prepend(bar);
root.append(
  banner,
  h("div", { class: "cards" }, trackPanel.element, dock),
  filters.element,
  display.element,
  zoomBox,
  pointer,
  said,
  help,
  login.element,
);
openLeaf("tracks");
dock.hidden = !isWide;

app.on("filter", () => {
  filterButton.classList.toggle("on", !isOff(app.filter));
  needsDraw = true;
  layers.update();
  app.tell("update");
  saveLink();
});
app.on("settings", () => {
  air.setTheme(THEMES[app.settings.theme]);
  layers.updateFixed();
  layers.update();
  overlay.forget();
  drawLegend();
  needsDraw = true;
});
app.on("sensors", () => {
  layers.updateFixed();
  needsDraw = true;
});
app.on("select", () => {
  isFollowing = false;
  needsDraw = true;
  saveLink();
  layers.update(); // a filter lets the selected track pass
  reveal();
  const row = app.store.row(app.selected);
  setText(said, row >= 0 ? `Track ${app.store.callsign[row] || app.selected} selected` : "");
});

function centre(): void {
  const row = app.store.row(app.selected);
  if (row < 0) return;
  const place: Place = [app.store.longitude[row]!, app.store.latitude[row]!];
  const now = air.view();
  isFollowing =
    Math.abs(now.longitude - place[0]) + Math.abs(now.latitude - place[1]) < 0.05 && !isFollowing;
  air.map.easeTo({ center: place, zoom: Math.max(now.zoom, 7), duration: 300 });
}

// The next track of the view, from left to right.
function step(by: number): void {
  const bounds = air.map.getBounds(),
    { store, mask } = app,
    rows: number[] = [];
  for (let i = 0; i < store.count; i++)
    if (mask[i] && bounds.contains([store.longitude[i]!, store.latitude[i]!])) rows.push(i);
  rows.sort((a, b) => store.longitude[a]! - store.longitude[b]! || a - b);
  const at = rows.indexOf(store.row(app.selected));
  const next =
    rows[
      (at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by + rows.length) % Math.max(1, rows.length)
    ];
  if (next !== undefined) app.select(store.id[next]!);
}

// --- pointer and ruler ---

function measure(on: boolean): void {
  isMeasuring = on;
  measureButton.classList.toggle("on", on);
  mapBox.classList.toggle("is-measuring", on);
  const row = app.store.row(app.selected),
    centre = air.map.getCenter();
  overlay.ruler =
    on && row >= 0
      ? [
          [app.store.longitude[row]!, app.store.latitude[row]!],
          [centre.lng, centre.lat],
        ]
      : [];
  isRulerFixed = false;
  needsDraw = true;
}
let isRulerFixed = false;

air.map.on("mousemove", (event) => {
  setText(pointer, place(event.lngLat.lat, event.lngLat.lng));
  if (isMeasuring && overlay.ruler.length > 0 && !isRulerFixed) {
    overlay.ruler = [overlay.ruler[0]!, [event.lngLat.lng, event.lngLat.lat]];
    needsDraw = true;
    return;
  }
  const id = overlay.pick(event.point.x, event.point.y);
  if (id !== overlay.hovered) {
    overlay.hovered = id;
    overlay.forget();
    needsDraw = true;
  }
  air.map.getCanvas().style.cursor = isMeasuring ? "crosshair" : id ? "pointer" : "";
});
air.map.on("click", (event) => {
  if (!isMeasuring) return app.select(overlay.pick(event.point.x, event.point.y));
  const at: Place = [event.lngLat.lng, event.lngLat.lat];
  if (overlay.ruler.length === 0 || isRulerFixed) {
    overlay.ruler = [at, at];
    isRulerFixed = false;
  } else {
    overlay.ruler = [overlay.ruler[0]!, at];
    isRulerFixed = true;
    setText(said, rulerText(overlay.ruler[0]!, at));
  }
  needsDraw = true;
});
air.map.on("dragstart", () => {
  isFollowing = false;
});
air.map.on("moveend", () => saveLink());

function saveLink(): void {
  history.replaceState(
    null,
    "",
    writeLink({ view: air.view(), track: app.selected, filter: app.filter }) || location.pathname,
  );
}
air.map.resize(); // the bar has taken its part by now
addEventListener("hashchange", () => {
  const { view, track, filter } = readLink(location.hash);
  if (view) air.map.jumpTo({ center: [view.longitude, view.latitude], zoom: view.zoom });
  app.setFilter(filter);
  app.select(track);
});

// --- keys ---

function escape(): void {
  (document.activeElement as HTMLElement | null)?.blur();
  if (isMeasuring) measure(false);
  else if (!filters.element.hidden || !display.element.hidden)
    filters.element.hidden = display.element.hidden = true;
  else if (app.selected) app.select(0);
  else dock.hidden = true;
}

const vectors = [0, 1, 2, 5] as const;
const keys: Record<string, () => void> = {
  "/": () => search.input.focus(),
  Escape: escape,
  t: () => toggleLeaf("tracks"),
  s: () => toggleLeaf("sensors"),
  a: () => toggleLeaf("alerts"),
  h: () => toggleLeaf("health"),
  f: () => togglePopover(filters.element),
  d: () => togglePopover(display.element),
  n: () => step(1),
  p: () => step(-1),
  c: centre,
  v: () => app.set({ vector: vectors[(vectors.indexOf(app.settings.vector) + 1) % 4]! }),
  l: () => app.set({ labels: !app.settings.labels }),
  r: () => app.set({ rings: !app.settings.rings }),
  k: () => app.set({ colour: app.settings.colour === "source" ? "level" : "source" }),
  m: () => measure(!isMeasuring),
  "0": fit,
  "+": () => air.map.zoomIn(),
  "=": () => air.map.zoomIn(),
  "-": () => air.map.zoomOut(),
  y: toggleTheme,
  x: fullScreen,
  "?": () => help.showModal(),
};
addEventListener("keydown", (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || help.open || login.element.open) return;
  if (target.matches("input") && event.key !== "Escape") return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// --- begin ---

if (link.track) {
  const once = () => {
    if (!app.selected && link.track && app.store.row(link.track) >= 0) {
      app.select(link.track);
      link.track = 0;
    }
  };
  app.on("update", once);
}
let stored = "";
try {
  stored = sessionStorage.getItem("airpicture.token") ?? "";
} catch {
  // nothing is kept in this browser
}
feed.token = app.api.token = stored;
feed.open();
// For tests and benchmarks: what is on the screen, and what it cost.
Object.assign(window, { airpicture: { app, feed, page, air } });
