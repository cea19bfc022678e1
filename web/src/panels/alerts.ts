// The alerts, newest first; those that last before those that are over. Operators say that they
// have seen one, and all displays show who was first.
import type { App } from "../app.js";
import type { Alert } from "../api.js";
import { h } from "../dom.js";
import { clock } from "../format.js";
import { alertWords, whoseAlert } from "./bell.js";

const SHOWN_MAX = 300;

export class AlertsPanel {
  readonly element: HTMLElement;
  private readonly rows = h("div", { class: "rows-of" });
  private readonly note = h("p", { class: "note dim" });
  private readonly problem = h("p", { class: "problem", role: "status" });
  private drawn = "";

  constructor(
    private readonly app: App,
    private readonly isOpen: () => boolean,
    private readonly askToken: () => void,
  ) {
    this.element = h("div", { class: "list" }, this.note, this.problem, this.rows);
    app.on("alerts", () => this.draw());
  }

  draw(): void {
    if (!this.isOpen()) return;
    const alerts = [...this.app.alerts]
      .sort((a, b) => Number(!!a.until_s) - Number(!!b.until_s) || b.since_s - a.since_s)
      .slice(0, SHOWN_MAX);
    const { session, past } = this.app;
    const now = JSON.stringify([
      alerts.map((one) => [one, whoseAlert(this.app, one)]),
      session,
      past !== null,
    ]);
    if (now === this.drawn) return; // a button does not go from under a finger for nothing
    this.drawn = now;
    const focused = (document.activeElement as HTMLElement | null)?.dataset["focus"];
    this.drawNote(alerts.length > 0);
    this.rows.replaceChildren(
      ...(alerts.length > 0
        ? alerts.map((one) => this.row(one))
        : [h("p", { class: "empty" }, "No alerts. The picture is calm.")]),
    );
    if (!focused) return;
    const at = (focus: string) =>
      this.rows.querySelector<HTMLElement>(`[data-focus="${focus}"]`);
    (at(focused) ?? at(focused.slice(1)))?.focus(); // a button that was pressed is gone
  }

  private drawNote(hasAlerts: boolean): void {
    const { user, may_operate } = this.app.session;
    this.note.hidden = may_operate || !hasAlerts || this.app.past !== null;
    if (this.note.hidden) return;
    this.note.replaceChildren(
      user ? `The token of ${user} may only read. ` : "",
      "Operators acknowledge alerts. ",
      h(
        "button",
        { type: "button", class: "quiet", click: () => this.askToken() },
        "Enter a token",
      ),
    );
  }

  private row(one: Alert): HTMLElement {
    const { title, rest } = alertWords(one),
      who = whoseAlert(this.app, one);
    const seen = one.acknowledged_by;
    const until = one.until_s ? `–${clock(one.until_s)}` : "";
    return h(
      "div",
      { class: `item alert${one.until_s ? " over" : ""}${seen ? " seen" : ""}` },
      h(
        "button",
        {
          type: "button",
          "data-focus": one.alert_id,
          click: () => one.track_id && this.app.select(one.track_id),
        },
        h("span", { class: one.until_s || seen ? "dot" : "dot bad" }),
        h("strong", {}, title),
        h("span", { class: "mono" }, who),
        h("span", { class: "mono end dim" }, clock(one.since_s) + until),
        h("span", { class: "wide dim" }, rest),
      ),
      seen
        ? h("p", { class: "dim" }, `Acknowledged by ${seen}, ${clock(one.acknowledged_s!)}`)
        : this.app.session.may_operate &&
            this.app.past === null && // what is played is over
            h(
              "button",
              {
                type: "button",
                class: "quiet",
                "data-focus": `a${one.alert_id}`,
                "aria-label": `Acknowledge ${title} ${who}`,
                click: () => void this.acknowledge(one),
              },
              "Acknowledge",
            ),
    );
  }

  private async acknowledge(one: Alert): Promise<void> {
    this.problem.textContent = "";
    try {
      this.app.mergeAlerts([await this.app.api.acknowledge(one)]);
    } catch (error) {
      this.problem.textContent = (error as Error).message;
    }
  }
}
