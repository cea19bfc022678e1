// The selected track: who it is, what it does, what is known of it and why.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { ApiError, type TrackDetail, type TrackState } from "../api.js";
import type { App } from "../app.js";
import type { Form } from "../archive.js";
import { download, h, icon, iconButton, setText } from "../dom.js";
import { toCsv, toGeoJson, toKml, trackName } from "../export.js";
import {
  clock,
  count,
  course,
  duration,
  FEET,
  flagWords,
  heightWords,
  level,
  KNOT,
  nameOf,
  NONE,
  place,
  plottedHeight,
  signed,
  SOURCE_WORDS,
  source,
  tickTimes,
} from "../format.js";

const PLOT_PX = 304,
  PLOT_HIGH_PX = 96,
  REFRESH_MS = 2000,
  HURRY_MS = 60;

type Row = [label: string, value: (track: TrackState, app: App, row: number) => string | undefined];

const fixed = (value: number | undefined, digits: number, unit: string) =>
  value === undefined ? undefined : `${signed(value.toFixed(digits))}${unit}`;

// How far a sensor's newest position lay from where the track was expected.
function residual(one: TrackDetail["contributions"][number]): string {
  const off = (value: number) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(0);
  if (one.residual_m === undefined) return NONE;
  return one.residual_along_m === undefined
    ? one.residual_m.toFixed(0)
    : `${off(one.residual_along_m)}, ${off(one.residual_across_m!)}`;
}

const GROUPS: [string, Row[]][] = [
  [
    "Identity",
    [
      ["Address", (t) => t.icao24?.toUpperCase() ?? t.other_address?.toUpperCase()],
      ["Squawk", (t) => t.squawk],
      ["Track number", (t) => (t.track_number ? String(t.track_number) : undefined)],
      ["Category", (t) => t.emitter_category],
      ["State", (t) => t.state],
      [
        "Seen by",
        (_t, app, row) => (row < 0 ? undefined : SOURCE_WORDS[source(app.store.flags[row]!)]),
      ],
    ],
  ],
  [
    "Motion",
    [
      [
        "Level",
        (t) =>
          t.pressure_altitude_ft === undefined
            ? undefined
            : t.pressure_altitude_ft <= -50
              ? `${count(t.pressure_altitude_ft)} ft`
              : `FL${level(t.pressure_altitude_ft * FEET)}`,
      ],
      [
        "Height, ellipsoid", // not above sea or ground, and no level
        (t) =>
          t.geometric_height_m === undefined
            ? undefined
            : `${count(t.geometric_height_m / FEET)} ft`,
      ],
      [
        "Selected",
        (t) =>
          t.selected_altitude_ft === undefined ? undefined : `${count(t.selected_altitude_ft)} ft`,
      ],
      [
        "Vertical rate",
        (t) =>
          t.vertical_rate_fpm === undefined
            ? undefined
            : `${count(Math.round(t.vertical_rate_fpm / 10) * 10)} ft/min`,
      ],
      ["Ground speed", (t) => fixed(t.ground_speed_kt, 0, " kt")],
      ["Track", (t) => (t.track_deg === undefined ? undefined : `${course(t.track_deg)}°`)],
      ["Heading", (t) => (t.heading_deg === undefined ? undefined : `${course(t.heading_deg)}°`)],
      [
        "Airspeed",
        (t) =>
          t.indicated_airspeed_kt === undefined ? undefined : `${t.indicated_airspeed_kt} kt IAS`,
      ],
      ["Mach", (t) => fixed(t.mach, 3, "")],
    ],
  ],
  [
    "Quality",
    [
      [
        "Existence",
        (t) => (t.existence === undefined ? undefined : `${(t.existence * 100).toFixed(2)} %`),
      ],
      ["Position 1σ", (t) => fixed(t.position_sigma_m, 0, " m")],
      ["Velocity 1σ", (t) => fixed(t.velocity_sigma_mps, 1, " m/s")],
      ["Height 1σ", (t) => fixed(t.height_sigma_m, 0, " m")],
      [
        "NIC / NACp / SIL",
        (t) =>
          t.nic === undefined && t.nac_p === undefined
            ? undefined
            : `${t.nic ?? NONE} / ${t.nac_p ?? NONE} / ${t.sil ?? NONE}`,
      ],
      [
        "Last update",
        (t) => (t.update_age_s === undefined ? undefined : `${t.update_age_s.toFixed(1)} s ago`),
      ],
    ],
  ],
];

export class TrackPanel {
  readonly element = h("section", {
    class: "card track",
    "aria-label": "Selected track",
    hidden: true,
  });
  private readonly title = h("h2");
  private readonly line = h("p", { class: "lead" });
  private readonly flags = h("p", { class: "tags" });
  private readonly error = h("p", { class: "problem", role: "status" });
  private readonly where = h("p", { class: "mono dim" });
  private readonly values = new Map<string, HTMLElement>();
  private readonly saved = h("small", { class: "dim", role: "status" });
  private readonly plots = h("div", { class: "plots" });
  private readonly reasons = h("ol", { class: "reasons" });
  private readonly sensors = h("table", { class: "small" });
  private readonly sensorsPart = h("section", {}, h("h3", {}, "Sensors"), this.sensors);
  private plot: { level: uPlot; speed: uPlot; key: string } | null = null;
  private timer = 0;
  private sequence = 0;
  detail: TrackDetail | null = null;
  opener: HTMLElement | null = null; // has the focus when this had it, and is gone

  constructor(
    private readonly app: App,
    private readonly onDetail: (detail: TrackDetail | null) => void,
    private readonly onCentre: () => void,
    private readonly tell: (id: number) => Promise<TrackDetail>,
    saveWhole: (id: number, form: Form) => Promise<string | null>,
  ) {
    const save = (
      name: string,
      type: string,
      form: Form,
      make: (detail: TrackDetail) => string,
    ) =>
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          click: () => void this.save(type, form, saveWhole, make),
        },
        name,
      );
    const groups = GROUPS.map(([name, rows]) =>
      h(
        "section",
        {},
        h("h3", {}, name),
        h(
          "dl",
          {},
          ...rows.map(([label]) => {
            const value = h("dd", { "data-value": label }, NONE);
            this.values.set(label, value);
            return h("div", {}, h("dt", {}, label), value);
          }),
        ),
      ),
    );
    this.element.append(
      h(
        "header",
        {},
        this.title,
        iconButton("home", "Centre on it", "C", () => this.onCentre()),
        iconButton("close", "Close the track", "Esc", () => this.app.select(0)),
      ),
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "group", "aria-label": "Values of the track" },
        this.line,
        this.flags,
        this.error,
        this.where,
        this.plots,
        ...groups,
        this.sensorsPart,
        h("section", {}, h("h3", {}, "Why"), this.reasons),
      ),
      h(
        "footer",
        {},
        icon("save"),
        h("span", { class: "dim" }, "Save"),
        save("GeoJSON", "application/geo+json", "geojson", toGeoJson),
        save("KML", "application/vnd.google-earth.kml+xml", "kml", toKml),
        save("CSV", "text/csv", "csv", toCsv),
        this.saved,
      ),
    );
    new ResizeObserver(() => {
      const width = this.plots.clientWidth || PLOT_PX;
      this.plot?.level.setSize({ width, height: PLOT_HIGH_PX });
      this.plot?.speed.setSize({ width, height: PLOT_HIGH_PX });
    }).observe(this.plots);
    app.on("select", () => this.choose());
    app.on("drawn", () => this.follow());
    app.on("time", () => this.hurry());
    app.on("settings", () => this.draw());
  }

  // The whole track, as the archive has it; the trail, when none has it.
  private async save(
    type: string,
    form: Form,
    whole: (id: number, form: Form) => Promise<string | null>,
    make: (detail: TrackDetail) => string,
  ): Promise<void> {
    const { detail } = this;
    if (!detail) return;
    try {
      const text = await whole(detail.track_id, form);
      download(`${trackName(detail)}.${form}`, type, text ?? make(detail));
      setText(this.saved, text === null ? "The trail alone: no archive has the track." : "");
    } catch (error) {
      setText(this.saved, `Not saved: ${(error as Error).message}`);
    }
  }

  private choose(): void {
    clearTimeout(this.timer);
    this.sequence++;
    this.detail = null;
    this.onDetail(null);
    const hadFocus = this.element.contains(document.activeElement);
    this.element.hidden = this.app.selected === 0;
    if (!this.app.selected) {
      if (hadFocus) this.opener?.focus();
      return;
    }
    setText(this.title, `Track ${this.app.selected}`); // until more is told
    setText(this.line, "");
    setText(this.where, "");
    setText(this.error, "");
    setText(this.saved, "");
    delete this.flags.dataset["words"];
    this.flags.replaceChildren();
    for (const value of this.values.values()) setText(value, NONE);
    this.reasons.replaceChildren();
    this.sensors.replaceChildren();
    this.plots.hidden = true;
    this.follow();
    void this.load();
  }

  // What the stream itself tells.
  private follow(): void {
    const { store, selected } = this.app,
      row = store.row(selected);
    if (!selected || row < 0) return;
    setText(this.title, nameOf(store, row));
    const speed = `${Math.round(store.speed[row]! / KNOT)} kt`;
    setText(
      this.line,
      `${heightWords(store, row)}  ·  ${speed}  ·  ${course(store.course[row]!)}°`,
    );
    const words = flagWords(store.flags[row]!).join("|");
    if (this.flags.dataset["words"] !== words) {
      this.flags.dataset["words"] = words;
      this.flags.replaceChildren(
        ...words
          .split("|")
          .filter(Boolean)
          .map((word) => h("span", { class: word === "emergency" ? "tag bad" : "tag" }, word)),
      );
    }
    const { motion } = this.app;
    setText(this.where, place(motion.latitude(row), motion.longitude(row)));
  }

  // Another time: what is told of it is to be asked for anew.
  private hurry(): void {
    clearTimeout(this.timer);
    if (this.app.selected) this.timer = window.setTimeout(() => void this.load(), HURRY_MS);
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    const asked = ++this.sequence;
    try {
      const detail = await this.tell(this.app.selected);
      if (asked !== this.sequence) return;
      this.detail = detail;
      setText(this.error, detail.ended_s ? `This track ended at ${clock(detail.ended_s)}.` : "");
      this.show(detail);
      this.onDetail(detail);
    } catch (error) {
      if (asked !== this.sequence) return;
      setText(
        this.error,
        error instanceof ApiError && error.status === 404
          ? "This track has ended, and its trail is forgotten."
          : (error as Error).message,
      );
    }
    this.timer = window.setTimeout(() => void this.load(), REFRESH_MS);
  }

  private show(detail: TrackDetail): void {
    const { app } = this,
      row = app.store.row(detail.track_id),
      track = detail.track;
    for (const [, rows] of GROUPS)
      for (const [label, value] of rows)
        setText(this.values.get(label)!, (track && value(track, app, row)) ?? NONE);
    if (row < 0 && track) {
      setText(this.title, trackName(detail));
      setText(this.where, place(track.latitude_deg, track.longitude_deg));
    }
    this.follow();
    this.sensorsPart.hidden = detail.contributions.length === 0; // the archive has none
    this.sensors.replaceChildren(
      h("caption", { class: "unseen" }, "Contributing sensors"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Sensor"),
          h("th", { scope: "col" }, "Reports"),
          h("th", { scope: "col" }, "Last"),
          h("th", { scope: "col", title: "forward, to the right" }, "Off by, m"),
        ),
      ),
      h(
        "tbody",
        {},
        ...detail.contributions.map((one) =>
          h(
            "tr",
            {},
            h("th", { scope: "row", title: one.sensor }, one.sensor),
            h("td", {}, count(one.report_count)),
            h("td", {}, one.age_s === undefined ? NONE : duration(one.age_s)),
            h("td", {}, residual(one)),
          ),
        ),
      ),
    );
    this.reasons.replaceChildren(
      ...detail.reasons.map((one) =>
        h(
          "li",
          {},
          h("time", { class: "mono dim" }, clock(one.time_s)),
          " ",
          one.text,
          one.sensor ? h("span", { class: "dim" }, ` (${one.sensor})`) : "",
        ),
      ),
    );
    this.draw();
  }

  private draw(): void {
    const detail = this.detail;
    this.plots.hidden = !detail || detail.history.length < 2;
    if (!detail || this.plots.hidden) return;
    const times = detail.history.map((p) => p.time_s);
    const { title, values } = plottedHeight(detail.history);
    const speeds = detail.history.map((p) =>
      p.ground_speed_mps === undefined ? null : p.ground_speed_mps / KNOT,
    );
    const key = this.app.settings.theme + title;
    if (this.plot?.key !== key) {
      this.plots.replaceChildren();
      this.plot = {
        key,
        level: this.makePlot(title, "--c-plot1"),
        speed: this.makePlot("Speed, kt", "--c-plot2"),
      };
    }
    this.plot.level.setData([times, values]);
    this.plot.speed.setData([times, speeds]);
  }

  private makePlot(name: string, variable: string): uPlot {
    const style = getComputedStyle(document.documentElement),
      dim = style.getPropertyValue("--c-dim"),
      line = style.getPropertyValue("--c-line");
    const axis: uPlot.Axis = {
      stroke: dim,
      font: "10px system-ui, sans-serif",
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
    };
    return new uPlot(
      {
        width: this.plots.clientWidth || PLOT_PX,
        height: PLOT_HIGH_PX,
        title: name,
        cursor: { y: false },
        legend: { show: false },
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
        series: [
          {},
          { stroke: style.getPropertyValue(variable), width: 1.6, points: { show: false } },
        ],
        axes: [
          { ...axis, size: 22, values: (_u, ticks) => tickTimes(ticks) },
          { ...axis, size: 36, values: (_u, ticks) => ticks.map((t) => signed(String(t))) },
        ],
        scales: {
          y: {
            range: (_u, low, high) => {
              const floor = low < 0 ? -Infinity : 0;
              return high - low < 20
                ? [Math.max(floor, Math.floor(low - 10)), Math.ceil(high + 10)]
                : [Math.max(floor, low - (high - low) * 0.1), high + (high - low) * 0.1];
            },
          },
        },
      },
      [[], []],
      this.plots,
    );
  }
}
