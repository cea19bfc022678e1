// The bar of time: what the archive has, where one is in it, how fast it goes.
import type { App } from "../app.js";
import { h, icon, iconButton, setText } from "../dom.js";
import { clock, instant } from "../format.js";
import { type Playback, SPEEDS } from "../playback.js";

const SPANS: [seconds: number, words: string][] = [
  [600, "10 min"],
  [3600, "1 h"],
  [21600, "6 h"],
  [86400, "1 day"],
  [Infinity, "All"],
];
const MARKS_MAX = 200;

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

export class Timeline {
  readonly element = h("section", { class: "timeline", "aria-label": "Playback", hidden: true });
  private readonly when = h("time", { class: "mono" });
  private readonly problem = h("p", { class: "problem", role: "status" });
  private readonly slider = h("input", { type: "range", step: 1, "aria-label": "Time" });
  private readonly marks = h("div", { class: "marks", "aria-hidden": "true" });
  private readonly first = h("small", { class: "mono dim" });
  private readonly last = h("small", { class: "mono dim" });
  private readonly play: HTMLButtonElement;
  private readonly leave = h(
    "button",
    { type: "button", class: "quiet live", title: "Live (G)", click: () => this.close() },
    "Live",
  );
  private readonly speed = h(
    "select",
    { "aria-label": "Speed", title: "Speed ([ and ])" },
    ...SPEEDS.map((one) => h("option", { value: one }, `${one}×`)),
  );
  private readonly span = h(
    "select",
    { "aria-label": "Span of the bar" },
    ...SPANS.map(([seconds, words]) => h("option", { value: seconds }, words)),
  );
  private begin = 0; // of the bar
  private end = 0;
  private drawn = "";

  constructor(
    app: App,
    private readonly playback: Playback,
  ) {
    this.play = iconButton("pause", "Pause", "Space", () => playback.pause());
    this.span.value = "3600";
    this.element.append(
      iconButton("back", "One update back", ",", () => playback.stepBy(-1)),
      this.play,
      iconButton("forward", "One update forward", ".", () => playback.stepBy(1)),
      this.when,
      h(
        "div",
        { class: "line" },
        this.first,
        h("div", {}, this.marks, this.slider),
        this.last,
      ),
      this.speed,
      this.span,
      this.problem,
      this.leave,
    );
    this.speed.addEventListener("change", () => playback.setSpeed(Number(this.speed.value)));
    this.span.addEventListener("change", () => this.draw());
    this.slider.addEventListener("input", () => void playback.seek(Number(this.slider.value)));
    app.on("time", () => this.draw());
    app.on("update", () => this.draw());
  }

  // Shows the bar; without an archive it says so.
  async open(): Promise<void> {
    this.show(true);
    if (!this.playback.isPast) await this.playback.enter();
    this.draw();
  }

  // Back to the present.
  close(): void {
    this.playback.leave();
    this.show(false);
  }

  private show(isShown: boolean): void {
    this.element.hidden = !isShown;
    this.element.parentElement?.classList.toggle("has-timeline", isShown);
  }

  private draw(): void {
    const { playback } = this,
      { begin_s, end_s } = playback.summary ?? {};
    if (playback.isPast || playback.problem) this.show(true);
    if (this.element.hidden) return;
    setText(this.problem, playback.problem);
    setText(this.leave, playback.isPast ? "Live" : "Close");
    this.problem.hidden = !playback.problem;
    const isThere = begin_s !== undefined && end_s !== undefined;
    this.element.classList.toggle("is-empty", !isThere);
    if (!isThere) return;
    const now = playback.isPast ? playback.now() : end_s;
    this.place(begin_s, end_s, now);
    setText(this.when, `${day(now)} ${clock(now)}Z`);
    this.slider.value = String(Math.floor(now));
    this.slider.setAttribute("aria-valuetext", instant(now));
    this.speed.value = String(playback.speed);
    const name = playback.isPaused ? "play" : "pause",
      words = playback.isPaused ? "Go on" : "Pause";
    if (this.play.dataset["name"] !== name) {
      this.play.dataset["name"] = name;
      this.play.replaceChildren(icon(name));
      this.play.setAttribute("aria-label", words);
      this.play.title = `${words} (Space)`;
    }
    this.element.classList.toggle("is-waiting", playback.isWaiting);
  }

  // The bar's span, moved when the time leaves it.
  private place(begin_s: number, end_s: number, now: number): void {
    const length = Math.min(Number(this.span.value), Math.max(10, end_s - begin_s));
    if (this.end - this.begin !== length || now < this.begin || now > this.end) {
      this.begin = Math.max(begin_s, Math.min(end_s - length, now - length * 0.75));
      this.end = this.begin + length;
    }
    const { alerts } = this.playback;
    const key = `${this.begin} ${this.end} ${end_s} ${alerts.length}`;
    if (key === this.drawn) return;
    this.drawn = key;
    this.slider.min = String(Math.floor(this.begin));
    this.slider.max = String(Math.ceil(this.end));
    const label = (time: number) => (length > 86400 ? `${day(time)} ` : "") + clock(time);
    setText(this.first, label(this.begin));
    setText(this.last, label(this.end));
    this.marks.replaceChildren(
      ...this.playback
        .summary!.segments.filter((one) => one.end_s >= this.begin && one.begin_s <= this.end)
        .map((one) => this.mark("span", one.begin_s, one.end_s)),
      ...alerts
        .filter((one) => one.since_s >= this.begin && one.since_s <= this.end)
        .slice(-MARKS_MAX)
        .map((one) => this.mark("mark", one.since_s, one.since_s)),
    );
  }

  private mark(kind: "span" | "mark", from: number, until: number): HTMLElement {
    const share = (time: number) =>
      (Math.max(0, Math.min(1, (time - this.begin) / (this.end - this.begin))) * 100).toFixed(2);
    const element = h(kind);
    element.style.left = `${share(from)}%`;
    element.style.right = `${(100 - Number(share(until))).toFixed(2)}%`;
    return element;
  }
}
