// What keys do: one line each, which the help sheet shows too.

export interface KeyUse {
  shown: string; // on the sheet; two spaces between keys
  words: string;
  on: Record<string, () => void>; // by KeyboardEvent.key, letters small; empty: others hear it
}

// Keys are the page's when no dialog is open (`isAway`); in a field only Escape is. Who speaks to
// his computer, or strikes keys by chance, does without those of one letter: `hasLetters`.
export function listenToKeys(
  uses: KeyUse[],
  isAway: () => boolean,
  hasLetters: () => boolean,
): void {
  const acts = new Map(uses.flatMap((use) => Object.entries(use.on)));
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || isAway()) return;
    if (target.matches("input:not([type=range]), select") && event.key !== "Escape") return;
    if (event.key.length === 1 && !hasLetters()) return;
    const hasUse = target.closest("button, select, summary, [role=tab]"); // of its own
    if (event.key === " " && hasUse) return;
    const act = acts.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
