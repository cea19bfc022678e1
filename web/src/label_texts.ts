// The labels on the screen, and which of them an update has written anew.
import type { LabelText } from "./label_pictures.js";
import type { Store } from "./store.js";

// Where the label of a track stands, from its symbol. Rows change their tracks when others end.
export interface Label {
  id: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Shown {
  label: Label;
  row: number;
  text: LabelText;
  picture: number;
  update: number; // of the store, whose values it shows
}

// After an update: those whose tracks are still there, at the rows that they have now; what was
// told of them is written anew by `write`. `isOther`: a text has changed, or one is gone.
export function renewed(
  shown: Shown[],
  store: Store,
  write: (row: number, label: Label) => LabelText,
): { left: Shown[]; isOther: boolean } {
  let isOther = false;
  const left = shown.filter((one) => {
    if (one.row >= store.count || store.id[one.row] !== one.label.id)
      one.row = store.row(one.label.id);
    if (one.row < 0) isOther = true;
    return one.row >= 0;
  });
  for (const one of left) {
    const update = store.changedAt[one.row]!;
    if (one.update === update) continue;
    one.text = write(one.row, one.label);
    one.update = update;
    isOther = true;
  }
  return { left, isOther };
}
