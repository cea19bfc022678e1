// Elements in one line each.
type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | number | boolean | EventListener | null | undefined>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

// Writes only what differs: nothing is laid out again for nothing.
export function setText(element: Node, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

// Clears a canvas that has to be as large as this (pixels of the page), and its context, which
// counts in the same.
export function fitCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D {
  const scale = canvasScale(),
    w = Math.round(width * scale),
    h = Math.round(height * scale);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const g = canvas.getContext("2d")!;
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, width, height);
  return g;
}

// Pixels of the screen that a pixel of the page has in a canvas.
export const canvasScale = (): number => Math.min(2, devicePixelRatio || 1);

export function download(name: string, type: string, text: string): void {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

const SHAPES: Record<string, string> = {
  list: "M3 5h14M3 10h14M3 15h14",
  sensors: "M10 17v-6m-4.2-.8a6 6 0 1 1 8.4 0M3.6 13.6a9 9 0 1 1 12.8 0",
  alert: "M10 3 18 17H2ZM10 8v4m0 2.2v.3",
  health: "M2 11h4l2-6 4 11 2-5h4",
  measure: "M3 13 13 3l4 4L7 17ZM6 10l2 2m1-5 2 2m1-5 2 2",
  theme: "M10 3a7 7 0 1 0 7 7 5.5 5.5 0 0 1-7-7Z",
  screen: "M3 7V3h4m6 0h4v4m0 6v4h-4m-6 0H3v-4",
  help: "M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8m0 2.8v.3",
  close: "M5 5l10 10M15 5 5 15",
  filter: "M3 4h14l-5.5 7v5l-3-1.5V11Z",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13 13l4 4",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  home: "M10 3v3m0 8v3m7-7h-3M6 10H3m7-4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z",
  layers: "M10 3 18 7.5 10 12 2 7.5ZM3 11.5l7 4 7-4",
  follow: "M10 2 16 17l-6-3.5L4 17Z",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 3v4l3 2",
  play: "M6 4l10 6-10 6Z",
  pause: "M7 4v12m6-12v12",
  back: "M14 4l-8 6 8 6ZM4 4v12",
  forward: "M6 4l8 6-8 6ZM16 4v12",
  save: "M10 3v9m-4-4 4 4 4-4M3 16h14",
};

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name] ?? "");
  svg.append(path);
  return svg;
}

// Says of a button whether its card is open, to those who do not see it.
export function expands(button: HTMLElement, card: HTMLElement): void {
  const draw = () => button.setAttribute("aria-expanded", String(!card.hidden));
  new MutationObserver(draw).observe(card, { attributes: true, attributeFilter: ["hidden"] });
  draw();
}

export function iconButton(
  name: string,
  label: string,
  keys: string,
  click: () => void,
): HTMLButtonElement {
  const button = h("button", {
    type: "button",
    class: "icon",
    "aria-label": label,
    title: keys ? `${label} (${keys})` : label,
    click,
  });
  button.append(icon(name));
  return button;
}
