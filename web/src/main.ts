// Puts the page together: its parts, where they stand, and what each key does.
import "./style.css";
import { App } from "./app.js";
import { expands, h, iconButton, setText } from "./dom.js";
import { Ending } from "./ending.js";
import { boxOf, isOff, noFilter } from "./filter.js";
import { DOT_TRACKS_MAX, fillDots, pastTrails, trails } from "./history.js";
import { type KeyUse, listenToKeys } from "./keys.js";
import { keepLink, readLink } from "./link.js";
import { Live } from "./live.js";
import { AirMap } from "./map.js";
import { AlertsPanel } from "./panels/alerts.js";
import type { MapTools } from "./panels/area.js";
import { Bar } from "./panels/bar.js";
import { Bell, unseen } from "./panels/bell.js";
import { DisplayPanel, FilterPanel } from "./panels/controls.js";
import { helpDialog, loginDialog } from "./panels/dialogs.js";
import { Dock } from "./panels/dock.js";
import { HealthPanel } from "./panels/health.js";
import { legendOf, scaleOf } from "./panels/legend.js";
import { Notices } from "./panels/notices.js";
import { Search } from "./panels/search.js";
import { SensorsPanel } from "./panels/sensors.js";
import { TablePanel } from "./panels/table.js";
import { Timeline } from "./panels/timeline.js";
import { TrackPanel } from "./panels/track.js";
import { Picture } from "./picture.js";
import { Playback } from "./playback.js";
import { Pointer } from "./pointer.js";
import { THEMES } from "./theme.js";
import { View } from "./view.js";

const EVERYWHERE = { longitude: 8, latitude: 50, zoom: 4 }; // until tracks tell where to look
const MAP_LATEST_MS = 4000;
const VECTORS = [0, 1, 2, 5] as const;

const app = new App(),
  link = readLink(location.hash),
  root = document.getElementById("app")!,
  isWide = matchMedia("(min-width: 900px)").matches;
document.documentElement.dataset["theme"] = app.settings.theme;
app.filter = link.filter;
const live = new Live(
  app,
  (message) => picture.take(message),
  (why, role) => login.ask(why, role),
);
live.begin(); // while the rest is made, the first message is under way

// --- the map and what is drawn on it ---

const mapBox = h("main", { class: "map", "aria-label": "Air picture", tabindex: -1 });
root.append(mapBox);
const air = new AirMap(mapBox, link.view ?? EVERYWHERE, THEMES[app.settings.theme]);
const LOST = "Tracks are not drawn: graphics were lost; reload the page";
const picture = new Picture(app, air, (isLost) => notices.call("graphics", isLost ? LOST : ""));
app.on("settings", () => air.setTheme(THEMES[app.settings.theme]));

// --- cards ---

const trackPanel = new TrackPanel(
  app,
  (detail) => picture.setDetail(detail),
  () => view.centre(),
  (id) => playback.track(id),
  (id, form) => playback.file(id, form),
);
const table = new TablePanel(app, () => dock.isOpen("tracks"));
const sensors = new SensorsPanel(
  app,
  () => dock.isOpen("sensors"),
  (longitude, latitude) => view.goTo(longitude, latitude),
);
const alerts = new AlertsPanel(
  app,
  () => dock.isOpen("alerts"),
  () => login.ask("", "operate"),
);
const health = new HealthPanel(
  app,
  () => dock.isOpen("health"),
  () => ({ ...picture.figures, resumes: live.feed.resumes }),
);
const dock: Dock<"tracks" | "sensors" | "alerts" | "health"> = new Dock({
  tracks: {
    words: "Tracks",
    element: table.element,
    open: () => table.refresh(true),
    tabindex: -1,
  },
  sensors: {
    words: "Sensors",
    element: sensors.element,
    open: () => sensors.draw(),
    tabindex: 0,
    isOfNow: true,
  },
  alerts: { words: "Alerts", element: alerts.element, open: () => alerts.draw(), tabindex: 0 },
  health: {
    words: "Health",
    element: health.element,
    open: () => void health.load(),
    tabindex: 0,
    isOfNow: true,
  },
});
app.on("alerts", () => dock.setCount("alerts", unseen(app.alerts).length));
const bell = new Bell(app, () => dock.toggle("alerts"));
const notices = new Notices();
const all = { words: "Show everything", act: () => app.setFilter(noFilter()) };
function tellEmpty(): void {
  const { count } = app.store,
    isHidden = count > 0 && app.shown === 0,
    words = isHidden ? "No track passes the filter." : count === 0 ? "There are no tracks." : "";
  const isKnown = live.feed.state === "live" || app.past !== null;
  notices.set("empty", isKnown ? words : "", isHidden ? all : undefined);
}
for (const topic of ["update", "filter", "feed"] as const) app.on(topic, tellEmpty);
const view = new View(app, air, picture, [trackPanel.element, dock.element]);
const areaFor = (card: () => HTMLElement): MapTools => ({
  view: () => boxOf(...air.bounds()),
  draw(done) {
    card().hidden = true; // it lies over the map
    pointer.drawArea((box) => {
      card().hidden = false;
      if (box) done(box);
    });
  },
});
const filters: FilterPanel = new FilterPanel(
  app,
  picture.symbols,
  areaFor(() => filters.element),
);
const display: DisplayPanel = new DisplayPanel(
  app,
  areaFor(() => display.element),
);
const login = loginDialog((token) => live.setToken(token));
const playback = new Playback(app, picture, live);
const timeline = new Timeline(app, playback);
const said = h("div", { class: "unseen said", role: "status" });
const pointer = new Pointer(
  app,
  air,
  picture,
  (text) => setText(said, text),
  (isMeasuring) => {
    measureButton.classList.toggle("on", isMeasuring);
    measureButton.setAttribute("aria-pressed", String(isMeasuring));
  },
);

// --- what keys and buttons do ---

function togglePopover(card: HTMLElement): void {
  pointer.leaveArea(); // which shows its card again
  const isOpening = card.hidden;
  closePopovers();
  if (!isOpening) return;
  card.hidden = false;
  card.querySelector<HTMLElement>("button, input")?.focus();
}

// Who was in one is at its button then; false: none was open.
function closePopovers(): boolean {
  const open = ([filters, display] as const).filter(({ element }) => !element.hidden);
  for (const one of open) {
    const hadFocus = one.element.contains(document.activeElement);
    one.element.hidden = true;
    if (hadFocus) (one === filters ? filterButton : displayButton).focus();
  }
  return open.length > 0;
}

// Closes one thing: the uppermost.
function escape(): void {
  if (pointer.isDrawing) pointer.leaveArea();
  else if (pointer.isMeasuring) pointer.measure(false);
  else if (closePopovers()) return;
  else if (app.selected) app.select(0);
  else dock.close();
}

function toggleFullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen();
}

const toggleTheme = () => app.set({ theme: app.settings.theme === "night" ? "day" : "night" });
const measure = () => pointer.measure(!pointer.isMeasuring);
const nextVector = () =>
  app.set({ vector: VECTORS[(VECTORS.indexOf(app.settings.vector) + 1) % VECTORS.length]! });
const nextColours = () =>
  app.set({ colour: app.settings.colour === "source" ? "level" : "source" });
const closer = () => air.zoomBy(1);
const farther = () => air.zoomBy(-1);

const keys: KeyUse[] = [
  {
    shown: "/",
    words: "Search: call sign, address, squawk, track number",
    on: { "/": () => search.input.focus() },
  },
  { shown: "Esc", words: "Close what is open; choose no track", on: { Escape: escape } },
  { shown: "T", words: "List of tracks", on: { t: () => dock.toggle("tracks") } },
  { shown: "S", words: "Sensors", on: { s: () => dock.toggle("sensors") } },
  { shown: "A", words: "Alerts", on: { a: () => dock.toggle("alerts") } },
  { shown: "H", words: "Health of the service", on: { h: () => dock.toggle("health") } },
  { shown: "F", words: "Filters", on: { f: () => togglePopover(filters.element) } },
  {
    shown: "D",
    words: "How it is drawn, what labels say",
    on: { d: () => togglePopover(display.element) },
  },
  {
    shown: "N  P",
    words: "Next, previous track of the view",
    on: { n: () => view.step(1), p: () => view.step(-1) },
  },
  {
    shown: "C",
    words: "Centre on the track; again: follow it",
    on: { c: () => view.centre() },
  },
  { shown: "V", words: "Speed vector: off, 1, 2, 5 min", on: { v: nextVector } },
  { shown: "L", words: "Labels", on: { l: () => app.set({ labels: !app.settings.labels }) } },
  {
    shown: "R",
    words: "Sensors and coverage",
    on: { r: () => app.set({ rings: !app.settings.rings }) },
  },
  { shown: "K", words: "Colour by source or by level", on: { k: nextColours } },
  { shown: "M", words: "Measure: two clicks, or arrows and Enter", on: { m: measure } },
  { shown: "0", words: "The whole picture", on: { "0": () => view.fit() } },
  { shown: "+  −", words: "Zoom", on: { "+": closer, "=": closer, "-": farther } },
  { shown: "← ↑ → ↓", words: "Move the map", on: {} },
  { shown: "B", words: "Back in time: playback of the archive", on: { b: () => timeline.open() } },
  { shown: "G", words: "Go live again", on: { g: () => timeline.close() } },
  { shown: "Space", words: "Playback: pause, go on", on: { " ": () => playback.pause() } },
  {
    shown: ",  .",
    words: "Playback: an update back, forward",
    on: { ",": () => playback.stepBy(-1), ".": () => playback.stepBy(1) },
  },
  {
    shown: "<  >",
    words: "Playback: a minute back, forward",
    on: { "<": () => playback.jump(-60), ">": () => playback.jump(60) },
  },
  {
    shown: "[  ]",
    words: "Playback: slower, faster",
    on: { "[": () => playback.changeSpeed(-1), "]": () => playback.changeSpeed(1) },
  },
  { shown: "Y", words: "Night or day", on: { y: toggleTheme } },
  { shown: "X", words: "Full screen", on: { x: toggleFullScreen } },
  { shown: "?", words: "This sheet", on: { "?": () => help.showModal() } },
];
const help = helpDialog(keys, h("div", {}, legendOf(app, picture.symbols), scaleOf(app)));
listenToKeys(
  keys,
  () => help.open || login.element.open,
  () => app.settings.letters,
);

const filterButton = iconButton("filter", "Filters", "F", () => togglePopover(filters.element));
const drawFilter = () => filterButton.classList.toggle("on", !isOff(app.filter));
app.on("filter", drawFilter);
drawFilter(); // a link may have brought one
const measureButton = iconButton("measure", "Measure", "M", measure);
measureButton.setAttribute("aria-pressed", "false");
const displayButton = iconButton("layers", "How it is drawn", "D", () =>
  togglePopover(display.element),
);
const timeButton = iconButton("clock", "Playback", "B", () => timeline.open());
const listButton = iconButton("list", "Lists", "T", () => dock.toggle("tracks"));
expands(filterButton, filters.element);
expands(displayButton, display.element);
expands(timeButton, timeline.element);
expands(listButton, dock.element);
dock.opener = listButton;
trackPanel.opener = mapBox;
const search = new Search(app, (id) => app.select(id));
const bar = new Bar(app, search.element, [
  bell.element,
  filterButton,
  displayButton,
  measureButton,
  timeButton,
  listButton,
  iconButton("theme", "Night or day", "Y", toggleTheme),
  iconButton("screen", "Full screen", "X", toggleFullScreen),
  iconButton("help", "Keys and symbols", "?", () => help.showModal()),
]);
app.on("feed", () => bar.showFeed(live.feed, root));
const logIn = { words: "Log in", act: () => login.ask("") };
app.on("feed", () => {
  const words = live.feed.isShut ? "The picture is for those with a token." : "";
  notices.set("token", words, logIn);
});
app.on("time", () => {
  bar.showFeed(live.feed, root);
  bar.showPast(playback.isPaused ? 0 : playback.speed, root);
});
app.on("update", () => bar.showPast(playback.isPaused ? 0 : playback.speed, root));
let isTold = false,
  hasTiles = false;
function askDisplay(): void {
  const wasTold = isTold;
  isTold = live.feed.state === "live"; // behind a line that broke may be another service
  if (!isTold || wasTold) return;
  app.api.display().then(
    ({ serves, ended, tiles }) => {
      app.serves = serves;
      app.hasEnded = ended ?? false;
      if (tiles && !hasTiles) air.setTiles(tiles);
      hasTiles ||= !!tiles;
      app.tell("feed");
    },
    () => (isTold = false),
  );
}
app.on("feed", askDisplay);
const ending = new Ending();
app.on("update", () => {
  const mayEnd = app.serves !== "live" && !app.hasEnded;
  if (!ending.isToAsk(picture.time.isStill, mayEnd, performance.now())) return;
  isTold = false;
  askDisplay();
});
app.on("select", () => {
  const row = app.store.row(app.selected);
  setText(said, row >= 0 ? `Track ${app.store.callsign[row] || app.selected} selected` : "");
});

// --- where it stands ---

const zoom = h(
  "nav",
  { class: "zoom", "aria-label": "Zoom" },
  iconButton("plus", "Closer", "+", closer),
  iconButton("minus", "Farther", "−", farther),
  iconButton("home", "The whole picture", "0", () => view.fit()),
);
const scale = scaleOf(app),
  showScale = () => (scale.hidden = app.settings.colour !== "level");
scale.classList.add("on-map");
app.on("settings", showScale);
showScale();
picture.cards = [trackPanel.element, dock.element, zoom, scale, bar.banner];

root.prepend(bar.element);
root.append(
  bar.banner,
  h("div", { class: "cards" }, trackPanel.element, dock.element),
  timeline.element,
  filters.element,
  display.element,
  zoom,
  scale,
  notices.element,
  pointer.place,
  said,
  bell.said,
  help,
  login.element,
);
dock.show("tracks");
if (!isWide) dock.close();
keepLink(
  app,
  air,
  link,
  (time) => {
    if (time === null) timeline.close();
    else void playback.enter(time, true);
  },
  (words) => notices.set("link", words),
);

// --- begin ---

if (!picture.canDraw)
  root.append(
    h(
      "p",
      { class: "notice card", role: "alert" },
      "This browser cannot draw the map: it offers no WebGL 2. Turn on hardware (or graphics) ",
      "acceleration in its settings, or use another browser. Lists, search, filters and alerts ",
      "work without it.",
    ),
  );

setTimeout(() => picture.loadMap(), MAP_LATEST_MS); // however long tracks take

let isFitted = link.view !== null;
app.on("update", () => {
  if (!isFitted && app.store.count > 0) {
    isFitted = true;
    view.fit();
  }
});
let moment = link.time; // that the link names; null: one is there
if (moment !== null) void playback.enter(moment, true);
app.on("feed", () => {
  if (moment === null || live.feed.state !== "live") return;
  if (!playback.isPast) void playback.enter(moment, true); // a token was needed first
  moment = null;
});

// Where tracks were before; each time that all begins anew.
let filled = 0;
app.on("drawn", () => {
  const { snapshots, count, time, epoch } = app.store;
  if (filled === snapshots || count === 0) return;
  filled = snapshots;
  if (count > DOT_TRACKS_MAX) return;
  const { begin_s: begin } = playback.summary ?? {},
    isPast = app.past !== null && begin !== undefined;
  (isPast ? pastTrails(app.api, time, begin, epoch) : trails(app.api, time)).then(
    (found) => {
      if (snapshots !== app.store.snapshots) return;
      fillDots(app.store, found);
      app.tell("filter"); // what is shown is drawn anew
    },
    () => {}, // dots come with time
  );
});
// For tests and benchmarks: what is on the screen, and what it cost.
const { feed } = live;
Object.assign(window, {
  airpicture: { app, feed, page: picture.figures, picture, air, playback, track: trackPanel },
});
