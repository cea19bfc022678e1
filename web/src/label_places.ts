// Asks the worker for places of labels, one question at a time; finds them here without one.
import { type LabelWork, workOut } from "./labels.js";

export class LabelPlaces {
  private worker: Worker | null = null;
  private asked: LabelWork | null = null;
  private isAlone = false; // no worker can be had

  // `tell` gets the answer: PLACED numbers a label.
  constructor(private readonly tell: (placed: Float32Array) => void) {}

  get isAsking(): boolean {
    return this.asked !== null;
  }

  ask(work: LabelWork): void {
    this.asked = work;
    if (!this.worker && !this.isAlone) this.start();
    if (this.worker) this.worker.postMessage(work);
    else this.answer(workOut(work));
  }

  private start(): void {
    this.worker = new Worker(new URL("./label_worker.ts", import.meta.url), { type: "module" });
    this.worker.addEventListener("message", ({ data }: MessageEvent<Float32Array>) =>
      this.answer(data),
    );
    this.worker.addEventListener("error", () => {
      this.worker = null;
      this.isAlone = true;
      if (this.asked) this.answer(workOut(this.asked));
    });
  }

  private answer(placed: Float32Array): void {
    this.asked = null;
    this.tell(placed);
  }
}
