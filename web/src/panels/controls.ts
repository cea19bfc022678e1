// Filters, and how the picture is drawn.
import type { App, Settings } from "../app.js";
import { h } from "../dom.js";
import { type Filter, type FilterState, isOff, noFilter, STATE_WORDS } from "../filter.js";
import { count, type Source, SOURCE_WORDS } from "../format.js";
import { DOT_TRACKS_MAX } from "../history.js";
import { KIND_WORDS } from "../kinds.js";
import { cellOf, symbolUrl } from "../symbols.js";
import { Flag } from "../delta.js";
import { css, THEMES } from "../theme.js";
import { AreaEditor, type MapTools } from "./area.js";
import { LabelEditor } from "./label_editor.js";

const SOURCE_FLAGS: Record<Source, number> = {
  fused: Flag.adsb | Flag.modeS,
  adsb: Flag.adsb,
  mlat: Flag.mlat,
  radar: Flag.ssr,
  primary: Flag.psr,
  none: 0,
};

// A group of switches of which any may be on; none on: all.
function switches<T extends string>(
  name: string,
  words: Record<T, string>,
  get: () => Set<T> | null,
  set: (chosen: Set<T> | null) => void,
  picture?: (key: T) => HTMLElement,
) {
  const buttons = (Object.keys(words) as T[]).map((key) =>
    h(
      "button",
      {
        type: "button",
        class: "chip",
        "data-key": key,
        click: () => {
          const chosen = new Set(get() ?? []);
          if (!chosen.delete(key)) chosen.add(key);
          set(chosen.size ? chosen : null);
        },
      },
      picture ? picture(key) : null,
      words[key],
    ),
  );
  const draw = () =>
    buttons.forEach((one) =>
      one.setAttribute("aria-pressed", String(get()?.has(one.dataset["key"] as T) ?? false)),
    );
  return {
    element: h("div", { class: "chips", role: "group", "aria-label": name }, ...buttons),
    draw,
  };
}

export class FilterPanel {
  readonly element = h("section", { class: "card popover", "aria-label": "Filters", hidden: true });

  constructor(app: App, picture: HTMLCanvasElement, map: MapTools) {
    const change = (part: Partial<Filter>) => app.setFilter({ ...app.filter, ...part });
    const area = new AreaEditor("", () => app.filter, change, map);
    const image = (key: Source) =>
      h("img", {
        alt: "",
        src: symbolUrl(
          picture,
          cellOf(SOURCE_FLAGS[key]),
          css(THEMES[app.settings.theme].source[key]),
        ),
        width: 20,
        height: 20,
      });
    const sources = switches(
      "Sources",
      SOURCE_WORDS,
      () => app.filter.sources,
      (chosen) => change({ sources: chosen }),
      image,
    );
    const states = switches<FilterState>(
      "States",
      STATE_WORDS,
      () => app.filter.states,
      (chosen) => change({ states: chosen }),
    );
    const kinds = switches(
      "Kinds",
      KIND_WORDS,
      () => app.filter.kinds,
      (chosen) => change({ kinds: chosen }),
    );
    const reset = h(
      "button",
      { type: "button", class: "quiet", click: () => app.setFilter(noFilter()) },
      "Show everything",
    );
    this.element.append(
      h("h2", {}, "Filters"),
      h("h3", {}, "Seen by"),
      sources.element,
      h("h3", {}, "Only"),
      states.element,
      h("h3", {}, "Kind"),
      kinds.element,
      ...area.elements,
      reset,
    );
    const draw = () => {
      area.draw();
      sources.draw();
      states.draw();
      kinds.draw();
      reset.disabled = isOff(app.filter);
    };
    app.on("filter", draw);
    app.on("settings", () =>
      sources.element.querySelectorAll("img").forEach((one) => {
        const key = (one.parentElement as HTMLElement).dataset["key"] as Source;
        one.src = image(key).src;
      }),
    );
    draw();
  }
}

export class DisplayPanel {
  readonly element = h("section", {
    class: "card popover",
    "aria-label": "How it is drawn",
    hidden: true,
  });

  constructor(app: App, map: MapTools) {
    const labels = new LabelEditor(app, map),
      draws: (() => void)[] = [() => labels.draw()];
    const choice = <K extends keyof Settings>(
      name: string,
      key: K,
      options: [Settings[K], string][],
    ) => {
      const buttons = options.map(([value, word]) =>
        h(
          "button",
          {
            type: "button",
            class: "chip",
            click: () => app.set({ [key]: value } as Partial<Settings>),
          },
          word,
        ),
      );
      draws.push(() =>
        buttons.forEach((one, i) =>
          one.setAttribute("aria-pressed", String(app.settings[key] === options[i]![0])),
        ),
      );
      return [
        h("h3", {}, name),
        h("div", { class: "chips", role: "group", "aria-label": name }, ...buttons),
      ];
    };
    const most = `No dots are drawn while more than ${count(DOT_TRACKS_MAX)} tracks are shown.`,
      tooMany = h("p", { class: "hint", hidden: true }, most);
    const onOff: [boolean, string][] = [
      [true, "On"],
      [false, "Off"],
    ];
    this.element.append(
      h("h2", {}, "Display"),
      ...choice("Theme", "theme", [
        ["night", "Night"],
        ["day", "Day"],
      ]),
      ...choice("Colour by", "colour", [
        ["source", "Source"],
        ["level", "Level"],
      ]),
      ...choice("Speed vector", "vector", [
        [0, "Off"],
        [1, "1 min"],
        [2, "2 min"],
        [5, "5 min"],
      ]),
      ...choice("Labels", "labels", onOff),
      ...labels.elements,
      ...choice("History dots", "dots", onOff),
      tooMany,
      ...choice("Sensors and coverage", "rings", onOff),
      ...choice("Names", "names", onOff),
      ...choice("Keys of one letter", "letters", onOff),
    );
    const draw = () => draws.forEach((one) => one());
    app.on("settings", draw);
    for (const topic of ["drawn", "filter", "settings"] as const)
      app.on(topic, () => (tooMany.hidden = !app.settings.dots || app.shown <= DOT_TRACKS_MAX));
    draw();
  }
}
