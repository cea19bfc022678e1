// Which items of a long list have changed: kept by the chunk, told as runs of neighbours. A run
// costs a call, an item some octets, so runs that are near each other are told as one.

const CHUNK = 128, // items
  GAP = 2; // unchanged chunks that a run goes over

export class Runs {
  private chunks = new Uint8Array(0); // 1: something of it has changed
  private isAny = false;

  // These items, the largest of which is below `count`.
  addList(items: Uint32Array, count: number): void {
    if (items.length === 0) return;
    this.makeRoom(count);
    const { chunks } = this;
    for (let i = 0; i < items.length; i++) chunks[(items[i]! / CHUNK) | 0] = 1;
  }

  // All of `count` items.
  addAll(count: number): void {
    if (count === 0) return;
    this.makeRoom(count);
    this.chunks.fill(1, 0, Math.ceil(count / CHUNK));
  }

  // First item and end of each run, of `count` items that there are; then nothing has changed.
  take(count: number): [from: number, to: number][] {
    const runs: [number, number][] = [];
    if (!this.isAny) return runs;
    const end = Math.min(this.chunks.length, Math.ceil(count / CHUNK));
    for (let chunk = 0, last = -GAP - 2; chunk < end; chunk++) {
      if (!this.chunks[chunk]) continue;
      if (chunk - last > GAP + 1) runs.push([chunk * CHUNK, 0]);
      runs[runs.length - 1]![1] = Math.min(count, (chunk + 1) * CHUNK);
      last = chunk;
    }
    this.chunks.fill(0);
    this.isAny = false;
    return runs;
  }

  private makeRoom(count: number): void {
    this.isAny = true;
    const wanted = Math.ceil(count / CHUNK);
    if (wanted <= this.chunks.length) return;
    const more = new Uint8Array(2 * wanted);
    more.set(this.chunks);
    this.chunks = more;
  }
}
