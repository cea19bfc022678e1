// The sensors: what each delivers, how late and how far off, and what of it was refused for which
// reason.
import type { App } from "../app.js";
import type { Receiver, Sensor } from "../api.js";
import { h } from "../dom.js";
import { count, duration, NAUTICAL_MILE, NONE, signed } from "../format.js";

const KINDS: Record<string, string> = {
  combined: "Radar, primary and SSR",
  psr: "Primary radar",
  ssr: "Secondary radar",
  mode_s: "Mode S radar",
  adsb: "ADS-B receiver",
  mlat: "Multilateration",
  smr: "Surface movement radar",
  tracker: "Tracker",
};
const LATE_S = 15;

type Row = [name: string, value: string | undefined | false];

// What there is, with its unit; nothing where it is not known.
const told = (value: number | null | undefined, digits: number, unit: string) =>
  value == null ? undefined : `${signed(value.toFixed(digits))} ${unit}`;
const percent = (value: number | null | undefined) =>
  value == null ? undefined : told(value * 100, 1, "%");

function delivered(one: Sensor): Row[] {
  return [
    ["Identity", one.sac !== undefined && `SAC ${one.sac} SIC ${one.sic}`],
    ["Messages", told(one.record_per_s, 1, "/s")],
    ["Reports", told(one.report_per_s, 1, "/s")],
    ["Last record", one.age_s === undefined ? "never" : `${duration(one.age_s)} ago`],
    [
      "Latency",
      one.latency_mean_s !== undefined &&
        `${duration(one.latency_mean_s)}, up to ${duration(one.latency_peak_s!)}`,
    ],
    ["Turn", told(one.antenna?.turn_s, 2, "s")],
  ];
}

function reckoned(one: Sensor): Row[] {
  const off = one.residuals,
    isRadar = one.antenna !== undefined,
    looks = one.detection_look_count;
  const axis = (mean?: number, sigma?: number) =>
    mean !== undefined && `${told(mean, 0, "")}± ${told(sigma, 0, "m")}`;
  return [
    [
      "Detection",
      one.detection_probability !== undefined &&
        `${percent(one.detection_probability)}${looks ? "" : ", as described"}`,
    ],
    ["False plots a turn", told(one.clutter_per_turn, 1, "")],
    ["Off its tracks", told(off?.rms_m, 0, "m")],
    [isRadar ? "· in range" : "· forward", axis(off?.along_mean_m, off?.along_sigma_m)],
    [isRadar ? "· clockwise" : "· to the right", axis(off?.across_mean_m, off?.across_sigma_m)],
    [
      one.bearing_lost ? "Bearing lost, off by" : "Off in azimuth",
      told(one.azimuth_offset_deg, 2, "°"),
    ],
    ["Range corrected", told(one.range_bias_m, 0, "m")],
    ["Azimuth corrected", told(one.azimuth_bias_deg, 3, "°")],
    ["Time corrected", told(one.latency_s, 2, "s")],
  ];
}

function counted(one: Sensor, receiver: Receiver | undefined): Row[] {
  const refused = Object.entries(one.refused ?? {}).sort((a, b) => b[1] - a[1]);
  return [
    ["Reports in all", count(one.report_count ?? 0)],
    ["Refused", count(one.refused_count ?? 0)],
    ...refused.map(([reason, n]): Row => ["· " + reason.replace(/_/g, " "), count(n)]),
    ["Aircraft heard", receiver && String(receiver.aircraft_count ?? NONE)],
    ["Farthest", receiver && told((receiver.range_m ?? NaN) / NAUTICAL_MILE, 0, "NM")],
    ["Lost", percent(receiver?.loss)],
    ["Signal", told(receiver?.signal_dbfs, 1, "dBFS")],
  ];
}

export class SensorsPanel {
  readonly element = h("div", { class: "list" });

  constructor(
    private readonly app: App,
    private readonly isOpen: () => boolean,
    private readonly go: (longitude: number, latitude: number) => void,
  ) {
    app.on("sensors", () => this.draw());
  }

  draw(): void {
    const { sensors, receivers } = this.app.sensors;
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

  private item(one: Sensor, receiver: Receiver | undefined, open: boolean): HTMLElement {
    const late = (one.age_s ?? 1e9) > LATE_S,
      rate = one.report_per_s,
      site = one.site;
    return h(
      "details",
      { "data-index": one.index, open, class: "item" },
      h(
        "summary",
        { "data-focus": `s${one.index}` },
        h("span", { class: late || one.bearing_lost ? "dot bad" : "dot good" }),
        h("strong", {}, one.name),
        h("span", { class: "unseen" }, late ? "silent" : "delivers"),
        h("span", { class: "dim" }, KINDS[one.kind] ?? one.kind),
        h("span", { class: "mono end" }, rate === undefined ? "" : `${told(rate, 1, "")}/s`),
      ),
      h(
        "dl",
        {},
        ...[...delivered(one), ...reckoned(one), ...counted(one, receiver)].map(
          ([name, value]) =>
            value && h("div", {}, h("dt", {}, name), h("dd", { "data-value": name }, value)),
        ),
      ),
      site &&
        h(
          "button",
          {
            type: "button",
            class: "quiet",
            "data-focus": `g${one.index}`,
            click: () => this.go(site.longitude_deg, site.latitude_deg),
          },
          "Show on the map",
        ),
    );
  }
}
