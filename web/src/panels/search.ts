// The search field with its list.
import type { App } from "../app.js";
import { h, icon } from "../dom.js";
import { find } from "../filter.js";
import { address, height, nameOf, squawk } from "../format.js";

const SHOWN = 8;

export class Search {
  readonly input = h("input", {
    type: "search",
    role: "combobox",
    placeholder: "Call sign, address, squawk …",
    "aria-label": "Search a track",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "found",
    autocomplete: "off",
    spellcheck: "false",
  });
  private readonly list = h("ul", {
    id: "found",
    role: "listbox",
    "aria-label": "Tracks found",
    hidden: true,
  });
  readonly element = h("div", { class: "search" });
  private ids: number[] = [];
  private at = 0;

  constructor(
    private readonly app: App,
    private readonly choose: (id: number) => void,
  ) {
    this.element.append(
      icon("search"),
      this.input,
      h("kbd", { "aria-hidden": "true" }, "/"),
      this.list,
    );
    this.input.addEventListener("input", () => this.draw());
    this.input.addEventListener("blur", () => window.setTimeout(() => this.close(), 150));
    this.input.addEventListener("focus", () => this.draw());
    this.input.addEventListener("keydown", (event) => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.input.value = "";
      this.close();
      this.input.blur();
    } else if (event.key === "Enter" && this.ids[this.at]) this.take(this.ids[this.at]!);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.at = Math.max(
        0,
        Math.min(this.ids.length - 1, this.at + (event.key === "ArrowDown" ? 1 : -1)),
      );
      this.mark();
    } else return;
    event.stopPropagation();
  }

  private take(id: number): void {
    this.choose(id);
    this.close();
    this.input.blur();
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  private draw(): void {
    const { store } = this.app,
      rows = find(store, this.input.value, SHOWN);
    if (!this.input.value.trim()) return this.close();
    this.ids = rows.map((row) => store.id[row]!);
    this.at = 0;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.list.replaceChildren(
      ...(rows.length
        ? rows.map((row, i) =>
            h(
              "li",
              { role: "option", id: `found-${i}`, mousedown: () => this.take(this.ids[i]!) },
              h("strong", { class: "mono" }, nameOf(store, row)),
              h("span", { class: "mono dim" }, address(store.address[row]!).toUpperCase()),
              h("span", { class: "mono dim" }, squawk(store.squawk[row]!)),
              h("span", { class: "mono end" }, height(store, row)),
            ),
          )
        : [
            h(
              "li",
              { role: "option", "aria-disabled": "true", class: "dim" },
              "No track has that.",
            ),
          ]),
    );
    this.mark();
  }

  private mark(): void {
    [...this.list.children].forEach((one, i) =>
      one.setAttribute("aria-selected", String(i === this.at)),
    );
    if (this.ids.length) this.input.setAttribute("aria-activedescendant", `found-${this.at}`);
  }
}
