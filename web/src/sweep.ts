// The beams of radars, where it is known when their antennas pass north: a line from the site to
// the end of the range, on a canvas of its own, so that nothing else is drawn again for it.
import type { Sensor } from "./api.js";
import type { App } from "./app.js";
import { destination, type Place } from "./geo.js";
import type { AirMap, Projector } from "./map.js";
import { css, THEMES } from "./theme.js";

const STEP_MS = 50,
  FRAME_MS = 16,
  TURNS_MAX = 2, // since the antenna was seen last, when the list was told
  AHEAD_MAX_S = 30, // after the list: then nobody knows
  TAIL_DEG = 12;

// Degrees clockwise from true north at `now`, in a list told at `told`; NaN: not known.
export function beamOf(one: Sensor, told: number, now: number): number {
  const { azimuth_deg = NaN, time_s = NaN, turn_s = NaN } = one.antenna ?? {};
  if (!(told - time_s <= TURNS_MAX * turn_s) || now - told > AHEAD_MAX_S) return NaN;
  return (((azimuth_deg + ((now - time_s) / turn_s) * 360) % 360) + 360) % 360;
}

function drawBeam(
  g: CanvasRenderingContext2D,
  project: Projector,
  one: Sensor,
  beam: number,
): void {
  const site: Place = [one.site!.longitude_deg, one.site!.latitude_deg],
    at = new Float32Array(2);
  const lineTo = (place: Place) => {
    project(place[0], place[1], at, 0);
    g.lineTo(at[0]!, at[1]!);
  };
  const end = (behind: number) => destination(site, beam - behind, one.range_max_m!);
  g.beginPath();
  for (const place of [site, end(0), end(TAIL_DEG / 2), end(TAIL_DEG)]) lineTo(place);
  g.fill();
  g.beginPath();
  lineTo(site);
  lineTo(end(0));
  g.stroke();
}

export class Sweep {
  readonly canvas = document.createElement("canvas");
  private timer = 0; // 0: nobody waits for a frame
  private isEmpty = true;
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(
    private readonly app: App,
    private readonly air: AirMap,
    private readonly now: (ms: number) => number, // the picture's time
  ) {
    this.canvas.className = "overlay";
    this.canvas.hidden = true;
    this.canvas.setAttribute("aria-hidden", "true");
    air.container.append(this.canvas);
    air.on("move", () => this.draw(performance.now()));
    for (const topic of ["sensors", "settings", "time"] as const) app.on(topic, () => this.wake());
  }

  // Frames are asked for only as long as there are beams: the next one begins with a list.
  private wake(): void {
    if (this.timer) return;
    const ask = () => requestAnimationFrame((ms) => this.onFrame(ms));
    this.timer = window.setTimeout(ask, STEP_MS - FRAME_MS);
  }

  private onFrame(ms: number): void {
    this.timer = 0;
    this.draw(ms);
    if (!this.isEmpty) this.wake();
  }

  private draw(ms: number): void {
    const { sensors, now_s } = this.app.sensors,
      now = this.now(ms);
    const isSeen = this.app.settings.rings && this.app.past === null && !this.still.matches;
    const seen = (isSeen ? sensors : [])
      .filter((one) => one.site && one.range_max_m)
      .map((one) => ({ one, beam: beamOf(one, now_s, now) }))
      .filter(({ beam }) => beam >= 0);
    if (seen.length === 0 && this.isEmpty) return;
    this.canvas.hidden = this.isEmpty = seen.length === 0;
    this.canvas.dataset["beams"] = String(seen.length);
    const [width, height] = this.air.size(),
      g = this.canvas.getContext("2d")!,
      colour = THEMES[this.app.settings.theme].ring;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    g.clearRect(0, 0, width, height);
    g.strokeStyle = css(colour);
    g.fillStyle = `rgba(${colour.join()},.14)`;
    const project = this.air.projector();
    for (const { one, beam } of seen) drawBeam(g, project, one, beam);
  }
}
