// The card of lists: a leaf each for tracks, sensors, alerts and health.
import { h, iconButton, setText } from "../dom.js";

export interface Leaf {
  words: string; // on its tab
  element: HTMLElement;
  open(): void; // it is seen from now on
  tabindex: 0 | -1; // 0: the leaf itself is scrolled by keys
  isOfNow?: true; // in playback, too: it says so then
}

const OF_NOW = "As it is now, not then: the archive keeps tracks and alerts, not this.";

export class Dock<Name extends string> {
  readonly element: HTMLElement;
  opener: HTMLElement | null = null; // has the focus when this had it, and is closed
  private readonly tabs: Record<Name, HTMLButtonElement>;
  private readonly counts: Record<Name, HTMLElement>;
  private readonly names: Name[];
  private open: Name;

  constructor(private readonly leaves: Record<Name, Leaf>) {
    this.names = Object.keys(leaves) as Name[];
    this.open = this.names[0]!;
    const each = <T>(make: (name: Name) => T) =>
      Object.fromEntries(this.names.map((name) => [name, make(name)])) as Record<Name, T>;
    this.counts = each(() => h("b", { class: "count", hidden: true }));
    this.tabs = each((name) => this.tab(name));
    this.element = h(
      "section",
      { class: "card dock", "aria-label": "Lists", hidden: true },
      this.head(),
      ...this.names.map((name) => this.body(name)),
    );
  }

  isOpen(name: Name): boolean {
    return !this.element.hidden && this.open === name;
  }

  show(name: Name): void {
    this.open = name;
    this.element.hidden = false;
    for (const each of this.names) {
      this.tabs[each].setAttribute("aria-selected", String(each === name));
      this.tabs[each].tabIndex = each === name ? 0 : -1;
      this.leaves[each].element.parentElement!.hidden = each !== name;
    }
    this.leaves[name].open();
  }

  toggle(name: Name): void {
    if (this.isOpen(name)) this.close();
    else this.show(name);
  }

  close(): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.element.hidden = true;
    if (hadFocus) this.opener?.focus();
  }

  // A number on a tab; 0: none.
  setCount(name: Name, count: number): void {
    this.counts[name].hidden = count === 0;
    setText(this.counts[name], String(count));
  }

  private tab(name: Name): HTMLButtonElement {
    return h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `leaf-${name}`,
        click: () => this.show(name),
      },
      this.leaves[name].words,
      this.counts[name],
    );
  }

  private head(): HTMLElement {
    const list = h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": "Lists" },
      ...this.names.map((name) => this.tabs[name]),
    );
    list.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!step) return;
      event.stopPropagation();
      const { names } = this;
      this.show(names[(names.indexOf(this.open) + step + names.length) % names.length]!);
      this.tabs[this.open].focus();
    });
    const close = iconButton("close", "Close the lists", "Esc", () => this.close());
    return h("header", {}, h("h2", { class: "unseen" }, "Lists"), list, close);
  }

  private body(name: Name): HTMLElement {
    return h(
      "div",
      {
        class: this.leaves[name].isOfNow ? "leaf of-now" : "leaf",
        role: "tabpanel",
        id: `leaf-${name}`,
        "aria-labelledby": `tab-${name}`,
        tabindex: this.leaves[name].tabindex,
      },
      this.leaves[name].isOfNow && h("p", { class: "note" }, OF_NOW), // seen in playback
      this.leaves[name].element,
    );
  }
}
