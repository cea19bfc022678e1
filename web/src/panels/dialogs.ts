// Help with the keys, and the token that a server may ask for.
import { h, setText } from "../dom.js";

const KEYS: [string, string][] = [
  ["/", "Search: call sign, address, squawk, track number"],
  ["Esc", "Close what is open; choose no track"],
  ["T", "List of tracks"],
  ["S", "Sensors"],
  ["A", "Alerts"],
  ["H", "Health of the service"],
  ["F", "Filters"],
  ["D", "How it is drawn"],
  ["N  P", "Next, previous track of the view"],
  ["C", "Centre on the track; again: follow it"],
  ["V", "Speed vector: off, 1, 2, 5 min"],
  ["L", "Labels"],
  ["R", "Sensors and coverage"],
  ["K", "Colour by source or by level"],
  ["M", "Measure: two clicks on the map"],
  ["0", "The whole picture"],
  ["+  −", "Zoom"],
  ["← ↑ → ↓", "Move the map"],
  ["Y", "Night or day"],
  ["X", "Full screen"],
  ["?", "This sheet"],
];

export function helpDialog(legend: Node): HTMLDialogElement {
  const dialog = h("dialog", { "aria-label": "Keys and symbols" });
  dialog.append(
    h(
      "header",
      {},
      h("h2", {}, "Keys"),
      h("button", { type: "button", class: "quiet", click: () => dialog.close() }, "Close"),
    ),
    h(
      "dl",
      { class: "keys" },
      ...KEYS.map(([key, text]) =>
        h(
          "div",
          {},
          h("dt", {}, ...key.split("  ").map((one) => h("kbd", {}, one))),
          h("dd", {}, text),
        ),
      ),
    ),
    h("h2", {}, "Symbols"),
    legend,
  );
  return dialog;
}

export function loginDialog(submit: (token: string) => void): {
  element: HTMLDialogElement;
  ask(why: string): void;
} {
  const input = h("input", {
    type: "password",
    autocomplete: "current-password",
    "aria-label": "Token",
    required: true,
    spellcheck: "false",
  });
  const problem = h("p", { class: "problem", role: "alert" });
  const dialog = h("dialog", { class: "login", "aria-label": "Login" });
  const form = h(
    "form",
    {
      method: "dialog",
      submit: ((event: Event) => {
        event.preventDefault();
        dialog.close();
        submit(input.value.trim());
        input.value = "";
      }) as EventListener,
    },
    h("h2", {}, "A token is needed"),
    h(
      "p",
      {},
      "This server shows its picture to those with a token. Ask whoever runs it: ",
      h("code", {}, "airpicture token --role read NAME"),
      " makes one.",
    ),
    problem,
    h("label", {}, "Token", input),
    h("button", { type: "submit" }, "Enter"),
  );
  dialog.append(form);
  return {
    element: dialog,
    ask: (why) => {
      setText(problem, why);
      if (!dialog.open) dialog.showModal();
    },
  };
}
