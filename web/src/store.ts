// All tracks, as columns: row i of each column is one track, rows are dense and in no order.
import {
  type Changes,
  type Identity,
  Kind,
  NO_ADDRESS,
  NO_ALTITUDE,
  NO_SQUAWK,
} from "./delta.js";

export const DOTS = 12; // of history a track
export const DOT_GAP_S = 10;
const DOTS_LEAST = 256, // that a message may add
  DOTS_S = 8, // in so long, all tracks may have one more
  WAITS = 256; // seconds of waiting for one that are told apart
const NEAR = 24; // rows that are looked through for the next track
const TURN = 65536, // steps of a course
  COURSE_STEP = 360 / TURN;
const METRES_PER_DEGREE = 111_195; // of a sphere; what is carried on is a few kilometres

// Sines of all courses; of latitudes they are good to 1e-4.
const SINE = Float32Array.from({ length: TURN }, (_, i) => Math.sin((2 * Math.PI * i) / TURN));
const sine = (step: number): number => SINE[step & (TURN - 1)]!;

type Column = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

function grown<T extends Column>(column: T, length: number): T {
  const more = new (column.constructor as new (n: number) => T)(length);
  more.set(column);
  return more;
}

export class Store {
  count = 0;
  epoch = 0;
  sequence = 0;
  time = 0; // of the picture, seconds since 1970
  snapshots = 0; // so many began from nothing
  who = 0; // another number: tracks have come or gone, or one has another name
  updates = 0; // messages taken over
  told: Uint32Array = new Uint32Array(0); // rows that the last one told
  // Those, and rows that another track was moved to; null: all.
  changed: Uint32Array | null = null;
  changedAt = new Uint32Array(0); // of each row: the value of `updates` when that last was so
  id = new Uint32Array(0);
  latitude = new Float64Array(0); // degrees, at stateTime
  longitude = new Float64Array(0);
  altitude = new Float32Array(0); // metres; NaN: not known
  speed = new Float32Array(0); // m/s
  course = new Float32Array(0); // degrees from true north
  climb = new Float32Array(0); // m/s
  north = new Float32Array(0); // degrees of latitude a second
  east = new Float32Array(0); // degrees of longitude a second
  stateTime = new Float64Array(0);
  flags = new Uint16Array(0);
  address = new Uint32Array(0);
  trackNumber = new Uint16Array(0);
  squawk = new Uint16Array(0);
  category = new Uint8Array(0);
  selected = new Float32Array(0); // altitude, 10 ft; NaN: not known
  callsign: string[] = [];
  // What of a jump was to be made up when fading began to be counted: motion.ts.
  jumpLatitude = new Float32Array(0);
  jumpLongitude = new Float32Array(0);
  // Rings of DOTS positions (longitude, latitude).
  dot = new Float32Array(0);
  dotTime = new Float64Array(0); // of the newest
  dotNext = new Uint8Array(0);
  dotCount = new Uint8Array(0);
  private room = new Uint32Array(0); // for `told`
  private due = new Uint32Array(0); // rows that wait for a dot
  private readonly waits = new Uint32Array(WAITS); // how many for so many seconds
  private readonly rows = new Map<number, number>();

  row(id: number): number {
    return this.rows.get(id) ?? -1;
  }

  // What a message says; false when it builds on another one than the last: begin anew. `leave` is
  // told the rows that it is going to change; a new one's latitude is NaN then.
  apply(message: Changes, leave: (rows: Uint32Array) => void = () => {}): boolean {
    if (message.kind === Kind.snapshot) {
      this.clear();
      this.snapshots++;
    } else if (message.epoch !== this.epoch || message.since > this.sequence) {
      return false;
    }
    this.updates++;
    const moved: number[] = [];
    for (const id of message.removed) this.remove(id, moved);
    const rows = (this.told = this.setRows(message, leave));
    for (const row of moved) this.changedAt[row] = this.updates;
    const isAll = message.kind === Kind.snapshot || rows.length + moved.length > this.count;
    this.changed = isAll ? null : this.joined(rows, moved);
    for (const one of message.identities) {
      const row = this.row(one.id);
      if (row >= 0) this.identify(row, one);
    }
    this.epoch = message.epoch;
    this.sequence = message.sequence;
    this.time = message.time;
    return true;
  }

  // Comes with what its track told last: whoever shows that knows which it is.
  private identify(row: number, one: Identity): void {
    const { address, trackNumber, squawk, callsign } = this;
    const isSame =
      callsign[row] === one.callsign &&
      address[row] === one.address &&
      squawk[row] === one.squawk &&
      trackNumber[row] === one.trackNumber;
    if (!isSame) this.who++;
    address[row] = one.address;
    trackNumber[row] = one.trackNumber;
    squawk[row] = one.squawk;
    callsign[row] = one.callsign;
    this.category[row] = one.category;
    this.selected[row] = one.selected;
  }

  clear(): void {
    this.who++;
    this.rows.clear();
    this.count = 0;
    this.callsign.length = 0;
  }

  private joined(rows: Uint32Array, moved: number[]): Uint32Array {
    const still = moved.filter((row) => row < this.count);
    if (still.length === 0) return rows;
    const all = new Uint32Array(rows.length + still.length);
    all.set(rows);
    all.set(still, rows.length);
    return all;
  }

  // Column by column: of twenty thousand rows that is three times as fast as row by row. What loops
  // need is in variables, and they call little: at a message a second the compiler comes late.
  private setRows(message: Changes, leave: (rows: Uint32Array) => void): Uint32Array {
    const rows = this.rowsOf(message);
    leave(rows);
    this.setPositions(message, rows);
    this.setMotion(message, rows);
    const { changedAt, dotTime, updates } = this,
      last = message.time - DOT_GAP_S;
    if (this.due.length < rows.length) this.due = new Uint32Array(this.room.length);
    const { due } = this;
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      changedAt[row] = updates;
      if (dotTime[row]! <= last) due[count++] = row;
    }
    if (count > 0) this.addDots(due.subarray(0, count), message.time);
    return rows;
  }

  // To those that it is time for. Who came together is due together, and no message is to have them
  // all; but there are enough for all, however fast the past is played. Who waits longest is first.
  private addDots(due: Uint32Array, time: number): void {
    const { dotTime, waits } = this,
      passed = Math.max(0, Math.min(DOTS_S, time - this.time));
    let left = DOTS_LEAST + Math.ceil((this.count * passed) / DOTS_S);
    const waited = (row: number) =>
      Math.min(WAITS - 1, Math.floor(time - DOT_GAP_S - dotTime[row]!));
    waits.fill(0);
    for (const row of due) waits[waited(row)]!++;
    let least = WAITS - 1; // who has waited for longer has one; of these as many as are left
    while (least > 0 && waits[least]! <= left) left -= waits[least--]!;
    for (const row of due) {
      const wait = waited(row);
      if (wait > least || (wait === least && left-- > 0)) this.addDot(row, time);
    }
  }

  // Messages tell tracks in the order of ids, which mostly is that of rows: the next one is a few
  // rows on. That is quicker than to look it up.
  private rowsOf(message: Changes): Uint32Array {
    const { ids, count, time } = message;
    if (this.room.length < count) this.room = new Uint32Array(count);
    const rows = this.room.subarray(0, count);
    let { id, count: known } = this;
    for (let i = 0, at = -1; i < count; i++) {
      const wanted = ids[i]!;
      let row = at + 1;
      const end = row + NEAR < known ? row + NEAR : known;
      while (row < end && id[row]! < wanted) row++;
      if (row >= end || id[row] !== wanted) row = this.row(wanted);
      if (row < 0) {
        row = this.add(wanted, time);
        ({ id, count: known } = this);
      }
      rows[i] = at = row;
    }
    return rows;
  }

  private setPositions(message: Changes, rows: Uint32Array): void {
    const { latitude, longitude, altitude, stateTime, flags } = this;
    const { time, latitude: y, longitude: x, altitude: z, age, flags: marks } = message;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!,
        height = z[i]!;
      latitude[row] = y[i]! / 1e7;
      longitude[row] = x[i]! / 1e7;
      altitude[row] = height === NO_ALTITUDE ? NaN : height / 10;
      stateTime[row] = time - age[i]! / 100;
      flags[row] = marks[i]!;
    }
  }

  private setMotion(message: Changes, rows: Uint32Array): void {
    const { latitude, speed, course, climb, north, east } = this;
    const { speed: speeds, course: turns, climb: climbs } = message;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!,
        turn = turns[i]!,
        degrees = speeds[i]! / (10 * METRES_PER_DEGREE);
      const narrow = sine((latitude[row]! / COURSE_STEP + TURN / 4) | 0); // of its circle
      speed[row] = speeds[i]! / 10;
      course[row] = turn * COURSE_STEP;
      climb[row] = climbs[i]! / 10;
      north[row] = degrees * sine(turn + TURN / 4);
      east[row] = (degrees * sine(turn)) / (narrow > 1e-3 ? narrow : 1e-3);
    }
  }

  private addDot(row: number, time: number): void {
    const at = (row * DOTS + this.dotNext[row]!) * 2;
    this.dot[at] = this.longitude[row]!;
    this.dot[at + 1] = this.latitude[row]!;
    this.dotTime[row] = time;
    this.dotNext[row] = (this.dotNext[row]! + 1) % DOTS;
    if (this.dotCount[row]! < DOTS) this.dotCount[row]!++;
  }

  // Dots (longitude, latitude) older than those that a row has, the oldest first.
  setDots(row: number, older: number[]): void {
    const held = this.dotCount[row]!,
      first = (this.dotNext[row]! - held + DOTS) % DOTS,
      places = [...older];
    for (let i = 0; i < held; i++) {
      const at = (row * DOTS + ((first + i) % DOTS)) * 2;
      places.push(this.dot[at]!, this.dot[at + 1]!);
    }
    const kept = places.slice(-2 * DOTS);
    this.dot.set(kept, row * DOTS * 2);
    this.dotCount[row] = kept.length / 2;
    this.dotNext[row] = this.dotCount[row]! % DOTS;
  }

  private add(id: number, time: number): number {
    if (this.count === this.id.length) this.grow(Math.max(256, this.count * 2));
    const row = this.count++;
    this.who++;
    this.rows.set(id, row);
    this.id[row] = id;
    this.address[row] = NO_ADDRESS;
    this.trackNumber[row] = 0;
    this.squawk[row] = NO_SQUAWK;
    this.category[row] = 0;
    this.selected[row] = NaN;
    this.callsign[row] = "";
    this.latitude[row] = NaN; // nothing to glide from
    this.jumpLatitude[row] = this.jumpLongitude[row] = 0;
    this.dotTime[row] = time;
    this.dotNext[row] = this.dotCount[row] = 0;
    return row;
  }

  // The last row takes the place of the removed one, which is `moved` then.
  private remove(id: number, moved: number[]): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    const last = --this.count;
    this.who++;
    this.rows.delete(id);
    if (row !== last) {
      for (const column of this.columns()) column[row] = column[last]!;
      this.dot.copyWithin(row * DOTS * 2, last * DOTS * 2, (last + 1) * DOTS * 2);
      this.callsign[row] = this.callsign[last]!;
      this.rows.set(this.id[row]!, row);
      moved.push(row);
    }
    this.callsign.length = last;
  }

  private columns(): Column[] {
    return [
      this.id,
      this.latitude,
      this.longitude,
      this.altitude,
      this.speed,
      this.course,
      this.climb,
      this.north,
      this.east,
      this.stateTime,
      this.flags,
      this.address,
      this.trackNumber,
      this.squawk,
      this.category,
      this.selected,
      this.jumpLatitude,
      this.jumpLongitude,
      this.dotTime,
      this.dotNext,
      this.dotCount,
      this.changedAt,
    ];
  }

  private grow(n: number): void {
    this.id = grown(this.id, n);
    this.latitude = grown(this.latitude, n);
    this.longitude = grown(this.longitude, n);
    this.altitude = grown(this.altitude, n);
    this.speed = grown(this.speed, n);
    this.course = grown(this.course, n);
    this.climb = grown(this.climb, n);
    this.north = grown(this.north, n);
    this.east = grown(this.east, n);
    this.stateTime = grown(this.stateTime, n);
    this.flags = grown(this.flags, n);
    this.address = grown(this.address, n);
    this.trackNumber = grown(this.trackNumber, n);
    this.squawk = grown(this.squawk, n);
    this.category = grown(this.category, n);
    this.selected = grown(this.selected, n);
    this.jumpLatitude = grown(this.jumpLatitude, n);
    this.jumpLongitude = grown(this.jumpLongitude, n);
    this.dot = grown(this.dot, n * DOTS * 2);
    this.dotTime = grown(this.dotTime, n);
    this.dotNext = grown(this.dotNext, n);
    this.dotCount = grown(this.dotCount, n);
    this.changedAt = grown(this.changedAt, n);
  }
}
