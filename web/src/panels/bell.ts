// The alerts in the head of the page: how many last that nobody has acknowledged. A new one is said
// once to those who hear the page, whatever is open.
import type { Alert } from "../api.js";
import type { App } from "../app.js";
import { h, icon, setText } from "../dom.js";
import { nameOf } from "../format.js";

const SAID_MAX = 3; // at once, one by one; of more only the number

const CODES: Record<string, string> = {
  "7500": "unlawful interference",
  "7600": "radio failure",
  "7700": "emergency",
};

// What it is, in a few words; and the rest, if there is more to say.
export function alertWords({ alert, text, squawk }: Alert): { title: string; rest: string } {
  const code = squawk && CODES[squawk];
  if (code) return { title: `${squawk}: ${code}`, rest: `squawks ${squawk}` };
  return { title: alert.replace(/_/g, " "), rest: text };
}

export const unseen = (alerts: Alert[]): Alert[] =>
  alerts.filter((one) => !one.until_s && !one.acknowledged_by);

// By what a track of an alert is called; "": it has none.
export function whoseAlert(app: App, { track_id }: Alert): string {
  if (!track_id) return "";
  const row = app.store.row(track_id);
  return row < 0 ? `#${track_id}` : nameOf(app.store, row);
}

export class Bell {
  readonly said = h("div", { class: "unseen", role: "alert" });
  readonly element: HTMLButtonElement;
  private readonly count = h("b", { class: "count", hidden: true });
  private readonly told = new Set<string>();

  constructor(
    private readonly app: App,
    open: () => void,
  ) {
    this.element = h("button", { type: "button", class: "icon bell", click: open });
    this.element.append(icon("alert"), this.count);
    app.on("alerts", () => this.draw());
    this.draw();
  }

  private draw(): void {
    const list = unseen(this.app.alerts),
      words = list.length === 0 ? "Alerts" : `Alerts: ${list.length} not acknowledged`;
    this.count.hidden = list.length === 0;
    setText(this.count, String(list.length));
    this.element.classList.toggle("bad", list.length > 0);
    this.element.setAttribute("aria-label", words);
    this.element.title = `${words} (A)`;
    if (this.app.past === null) this.say(list); // those of then are over
  }

  // Numbers of alerts begin again with the service; their times do not.
  private say(list: Alert[]): void {
    const fresh = list.filter((one) => !this.told.has(`${one.alert_id} ${one.since_s}`));
    if (fresh.length === 0) return;
    for (const one of fresh) this.told.add(`${one.alert_id} ${one.since_s}`);
    const words = fresh.map((one) => `${alertWords(one).title}, ${whoseAlert(this.app, one)}`);
    this.said.textContent =
      fresh.length > SAID_MAX ? `${fresh.length} alerts` : `Alert: ${words.join("; ")}`;
  }
}
