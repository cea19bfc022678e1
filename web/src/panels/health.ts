// How the service and this page do.
import type { Flow, Statistics } from "../api.js";
import type { App } from "../app.js";
import { h } from "../dom.js";
import { bytes, count, duration, NONE } from "../format.js";

const REFRESH_MS = 2000;

export interface PageFigures {
  updateMs: number;
  frames: number;
  labels: number;
  resumes: number;
}

export class HealthPanel {
  readonly element = h("div", { class: "list health" });
  private last: { time: number; statistics: Statistics } | null = null;

  constructor(
    private readonly app: App,
    private readonly isOpen: () => boolean,
    private readonly page: () => PageFigures,
  ) {
    setInterval(() => {
      if (this.isOpen()) void this.load();
    }, REFRESH_MS);
  }

  async load(): Promise<void> {
    try {
      this.draw(await this.app.api.statistics());
    } catch (error) {
      this.element.replaceChildren(
        h("p", { class: "problem", role: "status" }, (error as Error).message),
      );
    }
  }

  private draw(now: Statistics): void {
    const at = performance.now() / 1000,
      before = this.last;
    this.last = { time: at, statistics: now };
    const per = (take: (s: Statistics) => number) =>
      before
        ? `${((take(now) - take(before.statistics)) / (at - before.time)).toFixed(0)} /s`
        : NONE;
    const load = (take: (s: Statistics) => number) =>
      before
        ? `${((100 * (take(now) - take(before.statistics))) / (at - before.time)).toFixed(1)} %`
        : NONE;
    const row = (name: string, value: string) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, value));
    const page = this.page();
    const flows = (title: string, list: Flow[]) =>
      list.length === 0
        ? null
        : h(
            "section",
            {},
            h("h3", {}, title),
            h(
              "dl",
              {},
              ...list.map((one) =>
                row(
                  one.name,
                  one.capacity
                    ? `${bytes(one.depth ?? 0)} of ${bytes(one.capacity)}`
                    : [
                        one.state,
                        one.byte_per_s ? bytes(one.byte_per_s) + "/s" : "",
                        one.lost_count ? `${count(one.lost_count)} lost` : "",
                        one.last_error ?? "",
                      ]
                        .filter(Boolean)
                        .join(" · "),
                ),
              ),
            ),
          );
    this.element.replaceChildren(
      h(
        "section",
        {},
        h("h3", {}, "Service"),
        h(
          "dl",
          {},
          row("Version", now.version),
          // The picture's time may be another than that of the wall, by which it was started.
          row("Up", duration(Math.max(0, Date.now() / 1000 - now.started_s))),
          row("Tracks", `${count(now.track_count)}, ${count(now.coasting_count)} coasting`),
          row(
            "Messages",
            per((s) => s.message_count),
          ),
          row(
            "Reports",
            per((s) => s.report_count),
          ),
          row("Refused", count(now.refused_count)),
          row("Lost", count(now.report_lost_count)),
          row(
            "Engine, of a core",
            load((s) => s.engine_cpu_s),
          ),
          row(
            "All, of a core",
            load((s) => s.cpu_s),
          ),
          row("Memory", bytes(now.resident_bytes)),
          row("Displays", String(now.websocket_client_count)),
          row("Trails", `${count(now.trail_count)} with ${count(now.trail_point_count)} points`),
        ),
      ),
      now.latency.count > 0
        ? h(
            "section",
            {},
            h("h3", {}, "From receipt to output"),
            h(
              "dl",
              {},
              row("Half within", duration(now.latency.p50_s)),
              row("99 % within", duration(now.latency.p99_s)),
            ),
            histogram(now),
          )
        : nothing("From receipt to output", "Nothing has been received yet to measure it."),
      flows("Inputs", now.inputs) ??
        nothing("Inputs", "None: what is shown is simulated, or a recording."),
      flows("Outputs", now.outputs) ?? "",
      flows("Buffers", now.rings) ?? "",
      storage(now) ?? nothing("On disk", "Nothing is kept: neither recordings nor an archive."),
      h(
        "section",
        {},
        h("h3", {}, "This page"),
        h(
          "dl",
          {},
          row("Update", `${page.updateMs.toFixed(1)} ms`),
          row("Pictures", `${page.frames} /s`),
          row("Labels", String(page.labels)),
          row("Reconnections", String(page.resumes)),
        ),
      ),
    );
  }
}

const nothing = (title: string, words: string): HTMLElement =>
  h("section", {}, h("h3", {}, title), h("p", { class: "dim" }, words));

function storage(now: Statistics): HTMLElement | null {
  if (now.storage.length === 0) return null;
  return h(
    "section",
    {},
    h("h3", {}, "On disk"),
    h(
      "dl",
      {},
      ...now.storage.map((one) => {
        const free = one.free_bytes === undefined ? "" : `, ${bytes(one.free_bytes)} free`;
        return h(
          "div",
          {},
          h("dt", {}, one.name),
          h("dd", {}, `${bytes(one.byte_count)} in ${count(one.file_count)} files${free}`),
        );
      }),
    ),
  );
}

function histogram(now: Statistics): HTMLElement {
  const buckets = now.latency.buckets ?? [],
    most = Math.max(1, ...buckets.map(([, n]) => n));
  return h(
    "div",
    {
      class: "histogram",
      role: "img",
      "aria-label": `Latency: half within ${duration(now.latency.p50_s)},
        99 % within ${duration(now.latency.p99_s)}`,
    },
    ...buckets.map(([limit, n]) =>
      h("i", {
        style: `height:${(n / most) * 100}%`,
        title: `${limit === null ? "more" : "up to " + duration(limit)}: ${count(n)}`,
      }),
    ),
  );
}
