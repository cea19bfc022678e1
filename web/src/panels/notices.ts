// What the map itself cannot say, in a few words over it: why nothing is to be seen, or what a link
// names is not there.
import { h } from "../dom.js";

export interface Act {
  words: string; // on its button
  act(): void;
}

export class Notices {
  private readonly calls = h("div", { role: "alert" });
  private readonly says = h("div", { role: "status" });
  readonly element = h("div", { class: "notices" }, this.calls, this.says);
  private readonly shown = new Map<string, { words: string; element: HTMLElement }>();

  // One of each kind; without words it goes.
  set(kind: string, words: string, act?: Act): void {
    this.put(this.says, kind, words, act);
  }

  // The same for what cannot wait: who hears the page is interrupted.
  call(kind: string, words: string): void {
    this.put(this.calls, kind, words);
  }

  private put(region: HTMLElement, kind: string, words: string, act?: Act): void {
    const before = this.shown.get(kind);
    if ((before?.words ?? "") === words) return;
    before?.element.remove();
    this.shown.delete(kind);
    if (!words) return;
    const button =
      act && h("button", { type: "button", class: "quiet", click: () => act.act() }, act.words);
    const element = h("p", { class: "notice" }, words, button);
    this.shown.set(kind, { words, element });
    region.append(element);
  }
}
