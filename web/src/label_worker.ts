// Finds places for labels beside the page's own thread: among twenty thousand symbols that takes
// longer than the page has for an update.
import { type LabelWork, workOut } from "./labels.js";

addEventListener("message", ({ data }: MessageEvent<LabelWork>) => {
  const placed = workOut(data);
  postMessage(placed, { transfer: [placed.buffer] });
});
