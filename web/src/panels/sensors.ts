// The sensors: what each delivers, and what of it was refused for which reason.
import type { App } from "../app.js";
import type { Receiver, Sensor } from "../api.js";
import { h } from "../dom.js";
import { count, duration, NONE } from "../format.js";

const KINDS: Record<string, string> = {
  combined: "Radar, primary and SSR",
  psr: "Primary radar",
  ssr: "Secondary radar",
  mode_s: "Mode S radar",
  adsb: "ADS-B receiver",
  mlat: "Multilateration",
  surface: "Surface movement radar",
};
const LATE_S = 15;

export class SensorsPanel {
  readonly element = h("div", { class: "list" });
  private before = new Map<number, { time: number; reports: number; rate: number }>();

  constructor(
    private readonly app: App,
    private readonly isOpen: () => boolean,
    private readonly go: (longitude: number, latitude: number) => void,
  ) {
    app.on("sensors", () => this.draw());
  }

  draw(): void {
    const { sensors, receivers, now_s } = this.app.sensors;
    for (const one of sensors) this.rate(one, now_s);
    if (!this.isOpen()) return;
    if (sensors.length === 0) {
      this.element.replaceChildren(h("p", { class: "empty" }, "No sensor has been heard yet."));
      return;
    }
    const open = new Set(
      [...this.element.querySelectorAll("details[open]")].map(
        (one) => (one as HTMLElement).dataset["index"],
      ),
    );
    const focused = (document.activeElement as HTMLElement | null)?.dataset["focus"];
    this.element.replaceChildren(
      ...sensors.map((one) =>
        this.item(
          one,
          receivers.find((each) => each.sensor_index === one.index),
          open.has(String(one.index)),
        ),
      ),
    );
    if (focused) this.element.querySelector<HTMLElement>(`[data-focus="${focused}"]`)?.focus();
  }

  private rate(one: Sensor, now: number): number {
    const reports = one.report_count ?? 0,
      last = this.before.get(one.index);
    if (!last || now < last.time) this.before.set(one.index, { time: now, reports, rate: NaN });
    else if (now - last.time >= 4)
      this.before.set(one.index, {
        time: now,
        reports,
        rate: (reports - last.reports) / (now - last.time),
      });
    return this.before.get(one.index)!.rate;
  }

  private item(one: Sensor, receiver: Receiver | undefined, open: boolean): HTMLElement {
    const rate = this.rate(one, this.app.sensors.now_s),
      late = (one.age_s ?? 1e9) > LATE_S;
    const row = (name: string, value: string) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, value));
    const refused = Object.entries(one.refused ?? {}).sort((a, b) => b[1] - a[1]);
    const values = h(
      "dl",
      {},
      row("Identity", one.sac === undefined ? NONE : `SAC ${one.sac} SIC ${one.sic}`),
      row("Reports", count(one.report_count ?? 0)),
      row("Records", count(one.record_count ?? 0)),
      row("Last record", one.age_s === undefined ? "never" : `${duration(one.age_s)} ago`),
      row("Refused", count(one.refused_count ?? 0)),
      ...refused.map(([reason, n]) => row("· " + reason.replace(/_/g, " "), count(n))),
    );
    if (receiver)
      values.append(
        row(
          "Frames",
          receiver.frame_per_s == null ? NONE : `${receiver.frame_per_s.toFixed(0)} /s`,
        ),
        row("Aircraft heard", String(receiver.aircraft_count ?? NONE)),
        row(
          "Farthest",
          receiver.range_m == null ? NONE : `${(receiver.range_m / 1852).toFixed(0)} NM`,
        ),
        row("Lost", receiver.loss == null ? NONE : `${(receiver.loss * 100).toFixed(1)} %`),
        row(
          "Signal",
          receiver.signal_dbfs == null ? NONE : `${receiver.signal_dbfs.toFixed(1)} dBFS`,
        ),
      );
    const site = one.site;
    return h(
      "details",
      { "data-index": one.index, open, class: "item" },
      h(
        "summary",
        { "data-focus": `s${one.index}` },
        h("span", { class: late ? "dot bad" : "dot good" }),
        h("strong", {}, one.name),
        h("span", { class: "unseen" }, late ? "silent" : "delivers"),
        h("span", { class: "dim" }, KINDS[one.kind] ?? one.kind),
        h(
          "span",
          { class: "mono end" },
          Number.isNaN(rate) ? "" : `${rate.toFixed(rate < 10 ? 1 : 0)}/s`,
        ),
      ),
      values,
      site
        ? h(
            "button",
            {
              type: "button",
              class: "quiet",
              click: () => this.go(site.longitude_deg, site.latitude_deg),
            },
            "Show on the map",
          )
        : null,
    );
  }
}
