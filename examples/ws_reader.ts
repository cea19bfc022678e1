// Applies one binary message of the stream to a picture; the layout is in doc/websocket.md.
//   const socket = new WebSocket("ws://127.0.0.1:8080/ws");
//   socket.binaryType = "arraybuffer";
//   socket.onmessage = (event) => applyMessage(event.data, picture);
export type Track = { latitude: number; longitude: number; altitude: number | null; speed: number;
  course: number; climb: number; age: number; flags: number; address?: number; number?: number;
  squawk?: number; category?: number; callsign?: string };

export function applyMessage(message: ArrayBuffer, picture: Map<number, Track>): number {
  const view = new DataView(message), octets = new Uint8Array(message), kind = octets[3];
  if (octets[0] !== 0x41 || octets[1] !== 0x50 || octets[2] !== 1) throw new Error("not version 1");
  const sequence = view.getUint32(8, true);
  if (kind !== 2 && kind !== 3) return sequence;
  if (kind === 2) picture.clear();
  const [rows, identities, removed] = new Uint32Array(message, 24, 3);
  const names = 40 + 12 * rows, gone = names + 24 * identities, shorts = gone + 4 * removed;
  for (const id of new Uint32Array(message, gone, removed)) picture.delete(id);
  const places = new Int32Array(message, 40, 3 * rows);
  const motion = new Uint16Array(message, shorts, 5 * rows);
  const climbs = new Int16Array(message, shorts + 4 * rows, rows);
  for (let i = 0, id = 0, at = shorts + 10 * rows; i < rows; i++) {
    for (let shift = 0, more = true; more; shift += 7) {
      id += (octets[at] & 127) * 2 ** shift;
      more = octets[at++] > 127;
    }
    const altitude = places[2 * rows + i];
    picture.set(id, { ...picture.get(id), latitude: places[i] / 1e7,
      longitude: places[rows + i] / 1e7, altitude: altitude === -(2 ** 31) ? null : altitude / 10,
      speed: motion[i] / 10, course: motion[rows + i] * 360 / 65536, climb: climbs[i] / 10,
      age: motion[3 * rows + i] / 100, flags: motion[4 * rows + i] });
  }
  for (let at = names; at < gone; at += 24)
    Object.assign(picture.get(view.getUint32(at, true))!, { address: view.getUint32(at + 4, true),
      number: view.getUint16(at + 8, true), squawk: view.getUint16(at + 10, true),
      category: octets[at + 12],
      callsign: String.fromCharCode(...octets.subarray(at + 16, at + 24)).replace(/\0+$/, "") });
  return sequence;
}
