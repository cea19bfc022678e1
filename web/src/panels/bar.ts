// The head of the page: how the stream does, the time of the picture, search, tools.
import type { Serves } from "../api.js";
import type { App } from "../app.js";
import { h, setText } from "../dom.js";
import type { Feed, FeedState } from "../feed.js";
import { isOff } from "../filter.js";
import { clock, count, date } from "../format.js";

const STATE_WORDS: Record<FeedState, string> = {
  connecting: "Connecting",
  live: "Live",
  stale: "Stale",
  broken: "No connection",
  refused: "Refused",
};

// What comes over a line that is well; with its day, unless that is today.
export function servedWords(
  serves: Serves | null,
  time: number,
  now: number,
  hasEnded = false,
): string {
  const words = { live: "Live", recording: "RECORDING", simulation: "SIMULATED" },
    day = time > 0 && date(time) !== date(now) ? ` ${date(time)}` : "";
  return serves === null ? "Connected" : words[serves] + day + (hasEnded ? ", ended" : "");
}

export class Bar {
  readonly element: HTMLElement;
  readonly banner = h("div", { class: "banner", role: "alert", hidden: true });
  private readonly state = h("span", {}, STATE_WORDS.connecting);
  private readonly pill = h(
    "div",
    { class: "pill", "data-state": "connecting" },
    h("i"),
    this.state,
  );
  // The same for those who hear the page; not the time, which is another every second.
  private readonly heard = h("span", { class: "unseen", role: "status" });
  private readonly utc = h("time", { class: "mono" }, "--:--:--");
  private readonly shown = h("span", { class: "mono" }, "0");

  constructor(
    private readonly app: App,
    search: HTMLElement,
    tools: HTMLElement[],
  ) {
    const name = h(
      "h1",
      {},
      h("img", { src: "favicon.svg", alt: "airpicture", width: 24, height: 24 }),
      h("span", { "aria-hidden": true }, "airpicture"),
    );
    const facts = h(
      "div",
      { class: "facts" },
      h("span", {}, this.utc, h("small", {}, "UTC")),
      h("span", {}, this.shown, h("small", {}, "tracks")),
    );
    this.element = h(
      "header",
      { class: "bar" },
      name,
      this.pill,
      this.heard,
      facts,
      search,
      h("nav", { "aria-label": "Tools" }, ...tools),
    );
    for (const topic of ["drawn", "filter"] as const) app.on(topic, () => this.showFacts());
  }

  // The past must not be taken for now; `root` has a frame then.
  showPast(speed: number, root: HTMLElement): void {
    const { past } = this.app;
    root.classList.toggle("is-past", past !== null);
    if (past === null) return;
    this.pill.dataset["state"] = "past";
    setText(this.state, `PLAYBACK ${clock(past)}Z ${speed ? `${speed}×` : "paused"}`);
    setText(this.heard, `Playback, ${speed ? `${speed} times as fast` : "paused"}`);
    setText(this.utc, clock(past));
    root.classList.remove("is-stale");
    this.banner.hidden = true;
  }

  // What is shown is marked as old where it is; `root` fades then.
  showFeed(feed: Feed, root: HTMLElement): void {
    if (this.app.past !== null) return;
    this.pill.dataset["state"] = feed.state;
    if (feed.state === "live") this.showServed();
    else for (const one of [this.state, this.heard]) setText(one, STATE_WORDS[feed.state]);
    const isOld = feed.state === "stale" || feed.state === "broken" || feed.state === "refused";
    root.classList.toggle("is-stale", isOld);
    this.banner.hidden = !isOld;
    if (!isOld) return;
    const again = feed.state === "refused" ? "" : " Trying again …",
      { sequence, time } = this.app.store;
    const old =
      sequence > 0 ? `What you see is old: the picture of ${clock(time)} UTC.` : "No picture yet.";
    setText(this.banner, `${feed.why} ${old}${again}`);
  }

  // Neither a recording nor a simulation may be taken for the sky of now.
  private showServed(): void {
    const { serves, store, hasEnded } = this.app;
    if (this.pill.dataset["state"] !== "live") return;
    this.pill.dataset["serves"] = serves ?? "";
    const words = servedWords(serves, store.time, Date.now() / 1000, hasEnded);
    for (const one of [this.state, this.heard]) setText(one, words);
  }

  private showFacts(): void {
    this.showServed();
    const { store, filter, shown } = this.app,
      all = count(store.count);
    setText(this.utc, clock(store.time));
    setText(this.shown, isOff(filter) ? all : `${count(shown)} of ${all}`);
  }
}
