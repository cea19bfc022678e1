// What the service sends, now: the stream into the picture, alerts and sensors into their lists.
import type { Alert, SensorList } from "./api.js";
import type { App } from "./app.js";
import type { Changes, Text } from "./delta.js";
import { Feed, isToken } from "./feed.js";

const RECEIVERS_MS = 10_000; // between two questions about how far receivers have heard
const TOKEN = "airpicture.token"; // where the browser keeps it until the tab is closed

export class Live {
  readonly feed: Feed;
  private heard: Alert[] = []; // since the list of alerts was asked for
  private before: string | null = null; // the token that the stream had; null: it had none yet

  constructor(
    private readonly app: App,
    take: (message: Changes) => boolean,
    askToken: (why: string, role: "read" | "operate") => void,
  ) {
    this.feed = new Feed(socketUrl(), {
      changes: (message) => {
        app.present = message.time;
        return app.past !== null || take(message);
      },
      text: (message) => this.hear(message),
      state: () => {
        app.tell("feed");
        if (this.feed.state !== "live") return;
        if (app.past === null) void this.loadAlerts();
        void this.loadReceivers();
      },
      unauthorised: () => {
        const why = this.feed.token ? "This token is not known here." : "",
          before = this.before;
        this.before = null;
        if (before !== null) this.use(before); // it was to do more than to look
        askToken(why, before === null ? "read" : "operate");
      },
    });
  }

  begin(): void {
    try {
      const kept = sessionStorage.getItem(TOKEN) ?? "";
      if (isToken(kept)) this.feed.token = this.app.api.token = kept;
    } catch {
      // nothing is kept in this browser
    }
    this.feed.open();
    setInterval(() => {
      const { settings, past } = this.app;
      if (this.feed.state === "live" && settings.rings && past === null) void this.loadReceivers();
    }, RECEIVERS_MS);
  }

  setToken(token: string): void {
    this.before = this.feed.state === "live" ? this.feed.token : null;
    this.use(token);
  }

  private use(token: string): void {
    this.feed.token = this.app.api.token = token;
    try {
      sessionStorage.setItem(TOKEN, token);
    } catch {
      // then it is asked for again
    }
    this.feed.state = "connecting";
    this.app.tell("feed");
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
        receivers: this.app.sensors.receivers,
      };
      this.app.tell("sensors");
    }
    if (!body.alerts || this.app.past !== null) return;
    this.heard.push(...body.alerts);
    this.app.mergeAlerts(body.alerts);
  }

  // The stream does not tell of them.
  private async loadReceivers(): Promise<void> {
    try {
      const { receivers } = await this.app.api.sensors();
      if (receivers.length + this.app.sensors.receivers.length === 0) return;
      this.app.sensors = { ...this.app.sensors, receivers };
      this.app.tell("sensors");
    } catch {
      // the feed tells what is wrong with the server
    }
  }

  private async loadAlerts(): Promise<void> {
    try {
      this.app.session = await this.app.api.session();
      this.heard = [];
      const { alerts } = await this.app.api.alerts();
      if (this.app.past !== null) return; // those of then are shown
      this.app.alerts = alerts;
      this.app.mergeAlerts(this.heard); // the answer may be older
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
