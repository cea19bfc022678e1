// Reads the binary messages of /ws. The layout is in doc/websocket.md.

export const enum Kind {
  hello = 1,
  snapshot,
  changes,
  alerts,
  sensors,
  error,
}

export const Flag = {
  coasting: 1 << 0,
  psr: 1 << 1,
  ssr: 1 << 2,
  modeS: 1 << 3,
  mlat: 1 << 4,
  adsb: 1 << 5,
  onGround: 1 << 6,
  simulated: 1 << 7,
  emergency: 1 << 8,
  spi: 1 << 9,
  extrapolated: 1 << 10,
  identityDoubted: 1 << 11,
  addressShared: 1 << 12,
  falling: 1 << 13,
  geometric: 1 << 14,
} as const;

export interface Header {
  kind: Kind;
  epoch: number;
  sequence: number;
  since: number;
  time: number; // of the picture, seconds since 1970
}

export interface Identity {
  id: number;
  address: number;
  trackNumber: number;
  squawk: number;
  category: number;
  selected: number; // altitude, 10 ft; NaN: not known
  callsign: string;
}

// Columns as they lie in the message: they are valid as long as it is.
export interface Changes extends Header {
  kind: Kind.snapshot | Kind.changes;
  count: number;
  ids: Uint32Array;
  latitude: Int32Array;
  longitude: Int32Array; // 1e-7 degree
  altitude: Int32Array; // 0.1 m
  speed: Uint16Array; // 0.1 m/s
  course: Uint16Array; // 1/65536 turn
  climb: Int16Array; // 0.1 m/s
  age: Uint16Array; // 0.01 s
  flags: Uint16Array;
  identities: Identity[];
  removed: Uint32Array;
}

export interface Text extends Header {
  kind: Kind.hello | Kind.alerts | Kind.sensors | Kind.error;
  body: unknown;
}

export type Message = Changes | Text;

export const isChanges = (message: Message): message is Changes =>
  message.kind === Kind.snapshot || message.kind === Kind.changes;

export const NO_ALTITUDE = -(2 ** 31),
  NO_ADDRESS = 2 ** 32 - 1,
  NO_SQUAWK = 65535;

const VERSION = 1,
  HEADER = 40,
  IDENTITY = 24;

export class LayoutError extends Error {}

function readIds(octets: Uint8Array, at: number, count: number): Uint32Array {
  const ids = new Uint32Array(count);
  for (let i = 0, id = 0; i < count; i++) {
    for (let shift = 1; ; shift *= 128) {
      const octet = octets[at++];
      if (octet === undefined) throw new LayoutError("the ids are cut off");
      id += (octet & 127) * shift;
      if (octet < 128) break;
    }
    ids[i] = id;
  }
  return ids;
}

function readIdentity(view: DataView, octets: Uint8Array, at: number): Identity {
  let callsign = "";
  for (let i = at + 16; i < at + IDENTITY && octets[i]; i++)
    callsign += String.fromCharCode(octets[i]!);
  return {
    id: view.getUint32(at, true),
    address: view.getUint32(at + 4, true),
    trackNumber: view.getUint16(at + 8, true),
    squawk: view.getUint16(at + 10, true),
    category: view.getUint8(at + 12),
    selected: octets[at + 13] ? view.getInt16(at + 14, true) : NaN,
    callsign: callsign.trim(),
  };
}

export function readMessage(message: ArrayBuffer): Message {
  const octets = new Uint8Array(message),
    view = new DataView(message);
  if (octets.length < HEADER || octets[0] !== 0x41 || octets[1] !== 0x50)
    throw new LayoutError("not a message of airpicture");
  if (octets[2] !== VERSION)
    throw new LayoutError(
      `version ${octets[2]} of the stream; this page reads ${VERSION}: load it again`,
    );
  const header = {
    epoch: view.getUint32(4, true),
    sequence: view.getUint32(8, true),
    since: view.getUint32(12, true),
    time: Number(view.getBigInt64(16, true)) / 1e6,
  };
  const kind = octets[3] as Kind;
  if (kind !== Kind.snapshot && kind !== Kind.changes)
    return { ...header, kind, body: JSON.parse(new TextDecoder().decode(octets.subarray(HEADER))) };
  const count = view.getUint32(24, true),
    identityCount = view.getUint32(28, true);
  const removedCount = view.getUint32(32, true);
  const names = HEADER + 12 * count,
    gone = names + IDENTITY * identityCount;
  const shorts = gone + 4 * removedCount;
  if (shorts + 11 * count > octets.length) throw new LayoutError("the message is cut off");
  const identities: Identity[] = [];
  for (let i = 0; i < identityCount; i++)
    identities.push(readIdentity(view, octets, names + IDENTITY * i));
  const word = (i: number) => new Int32Array(message, HEADER + 4 * count * i, count);
  const short = (i: number) => new Uint16Array(message, shorts + 2 * count * i, count);
  return {
    ...header,
    kind,
    count,
    ids: readIds(octets, shorts + 10 * count, count),
    latitude: word(0),
    longitude: word(1),
    altitude: word(2),
    speed: short(0),
    course: short(1),
    climb: new Int16Array(message, shorts + 4 * count, count),
    age: short(3),
    flags: short(4),
    identities,
    removed: new Uint32Array(message, gone, removedCount),
  };
}
