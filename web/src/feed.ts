// The connection to /ws: opened again when it breaks, and going on from the last message.
import { type Changes, isChanges, LayoutError, readMessage, type Text } from "./delta.js";

export type FeedState = "connecting" | "live" | "stale" | "broken" | "refused";

// What can be sent as one: a browser throws for any other.
export const isToken = (text: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(text);

export interface FeedEvents {
  changes(message: Changes): boolean; // false: it does not fit; begin anew
  text(message: Text): void;
  state(state: FeedState, why: string): void;
  unauthorised(): void;
}

const RETRY_FIRST_MS = 500,
  RETRY_MAX_MS = 15_000,
  RENEW_MS = 5000, // of silence on a connection, until another is tried
  RENEW_MAX_MS = 90_000,
  STALE_MIN_MS = 3000,
  STALE_STEPS = 4;

export class Feed {
  state: FeedState = "connecting";
  why = "";
  resumes = 0;
  lastMs = 0; // when a message came
  isShut = false; // for want of a token
  private socket: WebSocket | null = null;
  private openedMs = 0; // when this connection was asked for
  private heard = 0; // pictures that it brought
  private renewMs = RENEW_MS;
  private retryMs = RETRY_FIRST_MS;
  private retry = 0;
  private stepMs = 1000;
  private epoch = 0;
  private sequence = 0;
  token = "";

  constructor(
    private readonly url: string,
    private readonly events: FeedEvents,
  ) {
    setInterval(() => this.look(), 500);
  }

  open(): void {
    clearTimeout(this.retry);
    this.socket?.close();
    this.openedMs = performance.now();
    this.heard = 0;
    this.isShut = false;
    const protocols = ["airpicture.v1"];
    if (this.token) protocols.push("bearer." + this.token);
    // In the address: a message may come after the server's next step, with a snapshot.
    const { sequence: since, epoch } = this,
      ask = since > 0 ? "?ask=" + encodeURIComponent(JSON.stringify({ since, epoch })) : "",
      socket = new WebSocket(this.url + ask, protocols);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.onopen = () => {
      opened = true;
      if (ask) this.resumes++;
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      if (socket === this.socket) this.take(event.data);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.socket = null;
      if (this.state === "refused") return;
      this.say("broken", "The connection to the server is lost.");
      if (!opened) void this.askWhy();
      this.retry = window.setTimeout(() => this.open(), this.retryMs);
      this.retryMs = Math.min(RETRY_MAX_MS, this.retryMs * 1.7);
    };
  }

  // From the beginning: what was taken over is there no more.
  again(): void {
    this.sequence = 0;
    this.open();
  }

  private take(data: ArrayBuffer): void {
    let message: Changes | Text;
    try {
      message = readMessage(data);
    } catch (error) {
      this.say(
        "refused",
        error instanceof LayoutError ? error.message : "A message cannot be read.",
      );
      this.socket?.close();
      return;
    }
    if (isChanges(message)) this.follow(message);
    else this.events.text(message);
  }

  private follow(message: Changes): void {
    const now = performance.now();
    if (this.lastMs > 0 && now - this.lastMs < 10_000)
      this.stepMs += (now - this.lastMs - this.stepMs) * 0.1;
    // A stream may have steps of a minute: only the second message of a connection tells that.
    if (++this.heard > 1) this.renewMs = Math.max(RENEW_MS, 2 * (now - this.lastMs));
    this.lastMs = now;
    this.retryMs = RETRY_FIRST_MS;
    if (!this.events.changes(message)) {
      this.again();
      return;
    }
    this.epoch = message.epoch;
    this.sequence = message.sequence;
    this.say("live", "");
  }

  // A browser does not tell why a WebSocket was not opened; a request of the same server does.
  private async askWhy(): Promise<void> {
    const answer = await fetch("api/v1/statistics", {
      headers: this.token ? { Authorization: "Bearer " + this.token } : {},
    }).catch(() => null);
    if (answer?.status === 401) {
      this.isShut = true;
      this.say("refused", this.token ? "The token is not known." : "A token is needed.");
      clearTimeout(this.retry);
      this.events.unauthorised();
    }
  }

  private look(): void {
    const limit = Math.max(STALE_MIN_MS, this.stepMs * STALE_STEPS),
      now = performance.now();
    if (this.state === "live" && now - this.lastMs > limit)
      this.say("stale", "The server is connected but says nothing.");
    // What swallows all that is sent tells nobody that the line is broken.
    const silent = now - Math.max(this.lastMs, this.openedMs);
    if (!this.socket || this.state === "refused" || silent < Math.max(limit, this.renewMs)) return;
    if (this.state === "connecting") this.say("broken", "The server does not answer.");
    this.renewMs = Math.min(this.heard ? RENEW_MAX_MS : RETRY_MAX_MS, this.renewMs * 1.7);
    this.open();
  }

  private say(state: FeedState, why: string): void {
    if (state === this.state && why === this.why) return;
    this.state = state;
    this.why = why;
    this.events.state(state, why);
  }
}
