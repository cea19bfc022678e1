// What the symbols mean.
import type { App } from "../app.js";
import { Flag } from "../delta.js";
import { h } from "../dom.js";
import { type Source, SOURCE_WORDS } from "../format.js";
import { type AirKind, KIND_WORDS, MARKED } from "../kinds.js";
import { cellOf, symbolUrl } from "../symbols.js";
import { css, levelScale, levelShare, THEMES } from "../theme.js";

const FLAGS: Record<Source, number> = {
  fused: Flag.adsb | Flag.mlat,
  adsb: Flag.adsb,
  mlat: Flag.mlat,
  radar: Flag.ssr,
  primary: Flag.psr,
  none: 0,
};

const LEVELS = [0, 100, 200, 300, 400];

// Which colour is which level. Drawn anew in the colours of each theme.
export function scaleOf(app: App): HTMLElement {
  const bar = h("div", { class: "colours" }),
    none = h("i"),
    marks = LEVELS.map((level) => {
      const mark = h("span", {}, String(level).padStart(3, "0"));
      mark.style.left = `${levelShare(level)}%`;
      return mark;
    });
  const draw = () => {
    const theme = THEMES[app.settings.theme];
    bar.style.background = levelScale(theme);
    none.style.background = css(theme.source.none);
  };
  draw();
  app.on("settings", draw);
  return h(
    "figure",
    { class: "scale", "aria-label": "Colours by flight level, the lowest at the left" },
    h("figcaption", {}, "Flight level", h("span", {}, none, "none, or a height")),
    bar,
    h("div", { class: "levels mono" }, ...marks),
  );
}

// `symbols`: the picture of all of them. Drawn anew in the colours of each theme.
export function legendOf(app: App, symbols: HTMLCanvasElement): HTMLUListElement {
  const list = h("ul", { class: "legend" });
  const item = (flags: number, colour: string, words: string, kind?: AirKind) =>
    h(
      "li",
      {},
      h("img", {
        ...{ alt: "", width: 20, height: 20 },
        src: symbolUrl(symbols, cellOf(flags), colour, kind),
      }),
      words,
    );
  const draw = () => {
    const { source, emergency } = THEMES[app.settings.theme];
    list.replaceChildren(
      ...(Object.keys(SOURCE_WORDS) as Source[]).map((key) =>
        item(FLAGS[key], css(source[key]), SOURCE_WORDS[key]),
      ),
      item(FLAGS.fused | Flag.simulated, css(source.fused), "Simulated"),
      item(
        FLAGS.fused | Flag.coasting,
        css(source.fused),
        "Coasting: no update when one was due",
      ),
      item(
        FLAGS.adsb | Flag.identityDoubted,
        css(source.adsb),
        "Unverified: identity doubted or used twice",
      ),
      item(FLAGS.adsb, css(emergency), "Emergency"),
      ...MARKED.slice(1).map((kind) => item(FLAGS.adsb, css(source.adsb), KIND_WORDS[kind], kind)),
    );
  };
  draw();
  app.on("settings", draw);
  return list;
}
