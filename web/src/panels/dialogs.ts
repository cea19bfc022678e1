// Help with the keys, and the token that a server may ask for.
import { h, setText } from "../dom.js";
import { isToken } from "../feed.js";
import type { KeyUse } from "../keys.js";

export function helpDialog(keys: KeyUse[], legend: Node): HTMLDialogElement {
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
      ...keys.map(({ shown, words }) =>
        h(
          "div",
          {},
          h("dt", {}, ...shown.split("  ").map((one) => h("kbd", {}, one))),
          h("dd", {}, words),
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
  ask(why: string, role?: "read" | "operate"): void;
} {
  const input = h("input", {
    type: "password",
    autocomplete: "current-password",
    "aria-label": "Token",
    required: true,
    spellcheck: "false",
  });
  const problem = h("p", { class: "problem", role: "alert" });
  const reason = h("span"),
    command = h("code");
  const dialog = h("dialog", { class: "login", "aria-label": "Login" });
  const form = h(
    "form",
    {
      method: "dialog",
      submit: ((event: Event) => {
        event.preventDefault();
        const token = input.value.trim();
        if (!isToken(token)) {
          setText(problem, "No token has such letters: it came with something else.");
          input.select();
          return;
        }
        dialog.close();
        submit(token);
        input.value = "";
      }) as EventListener,
    },
    h("h2", {}, "A token is needed"),
    h(
      "p",
      {},
      reason,
      " Ask whoever runs it: ",
      command,
      " makes one.",
    ),
    problem,
    h("label", {}, "Token", input),
    h("button", { type: "submit" }, "Enter"),
  );
  dialog.append(form);
  return {
    element: dialog,
    ask: (why, role = "read") => {
      setText(
        reason,
        role === "read"
          ? "This server shows its picture to those with a token."
          : "Alerts are acknowledged by those with a token for it.",
      );
      setText(command, `airpicture token --role ${role} NAME`);
      setText(problem, why);
      if (!dialog.open) dialog.showModal();
    },
  };
}
