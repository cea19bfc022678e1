// The alerts, newest first; those that last before those that are over.
import type { App } from "../app.js";
import { h } from "../dom.js";
import { clock } from "../format.js";

export class AlertsPanel {
  readonly element = h("div", { class: "list", role: "log", "aria-label": "Alerts" });

  constructor(
    private readonly app: App,
    private readonly isOpen: () => boolean,
  ) {
    app.on("alerts", () => this.draw());
  }

  draw(): void {
    if (!this.isOpen()) return;
    const alerts = [...this.app.alerts]
      .sort((a, b) => Number(!!a.until_s) - Number(!!b.until_s) || b.since_s - a.since_s)
      .slice(0, 300);
    if (alerts.length === 0) {
      this.element.replaceChildren(h("p", { class: "empty" }, "No alerts. The picture is calm."));
      return;
    }
    this.element.replaceChildren(
      ...alerts.map((one) => {
        const row = one.track_id ? this.app.store.row(one.track_id) : -1;
        const who =
          row >= 0
            ? this.app.store.callsign[row] || `#${one.track_id}`
            : one.track_id
              ? `#${one.track_id}`
              : "";
        return h(
          "button",
          {
            type: "button",
            class: one.until_s ? "item over" : "item",
            click: () => {
              if (one.track_id) this.app.select(one.track_id);
            },
          },
          h("span", { class: one.until_s ? "dot" : "dot bad" }),
          h("strong", {}, one.alert.replace(/_/g, " ")),
          h("span", { class: "mono" }, who),
          h(
            "span",
            { class: "mono end dim" },
            clock(one.since_s) + (one.until_s ? `–${clock(one.until_s)}` : ""),
          ),
          h("span", { class: "wide dim" }, one.text),
        );
      }),
    );
  }
}
