// What the service sends, now: the stream into the picture, alerts and sensors into their lists.
import type { Alert, SensorList } from "./api.js";
import type { App } from "./app.js";
import type { Text } from "./delta.js";
import { Feed } from "./feed.js";
import type { Picture } from "./picture.js";

const TOKEN = "airpicture.token"; // where the browser keeps it until the tab is closed

export class Live {
  readonly feed: Feed;

  constructor(
    private readonly app: App,
    picture: Picture,
    askToken: (why: string) => void,
  ) {
    this.feed = new Feed(socketUrl(), {
      changes: (message) => {
        app.present = message.time;
        return app.past !== null || picture.take(message);
      },
      text: (message) => this.hear(message),
      state: () => {
        app.tell("feed");
        if (this.feed.state === "live" && app.past === null) void this.loadAlerts();
      },
      unauthorised: () => askToken(this.feed.token ? "This token is not known here." : ""),
    });
  }

  begin(): void {
    try {
      this.feed.token = this.app.api.token = sessionStorage.getItem(TOKEN) ?? "";
    } catch {
      // nothing is kept in this browser
    }
    this.feed.open();
  }

  setToken(token: string): void {
    this.feed.token = this.app.api.token = token;
    try {
      if (token) sessionStorage.setItem(TOKEN, token);
    } catch {
      // then it is asked for again
    }
    this.feed.state = "connecting";
    this.feed.open();
  }

  // After the past: the whole picture of now.
  again(): void {
    this.feed.again();
    void this.loadAlerts();
  }

  private hear(message: Text): void {
    const body = message.body as Partial<SensorList> & { alerts?: Alert[] };
    if (body.sensors) {
      this.app.sensors = {
        now_s: body.now_s ?? message.time,
        sensors: body.sensors,
        receivers: body.receivers ?? [],
      };
      this.app.tell("sensors");
    }
    if (body.alerts && this.app.past === null) this.mergeAlerts(body.alerts);
  }

  private mergeAlerts(changed: Alert[]): void {
    const all = new Map(this.app.alerts.map((one) => [one.alert_id, one]));
    for (const one of changed) all.set(one.alert_id, one);
    this.app.alerts = [...all.values()];
    this.app.tell("alerts");
  }

  private async loadAlerts(): Promise<void> {
    try {
      const { alerts } = await this.app.api.alerts();
      if (this.app.past !== null) return; // those of then are shown
      this.app.alerts = alerts;
      this.app.tell("alerts");
    } catch {
      // the feed tells what is wrong with the server
    }
  }
}

function socketUrl(): string {
  const url = new URL("ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = url.search = "";
  return url.href;
}
