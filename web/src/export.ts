// The trail of a track as a file, made here from what the server told.
import type { TrackDetail } from "./api.js";

const utc = (seconds: number): string => new Date(seconds * 1000).toISOString();

// For the inside of an element or a quoted attribute.
const xml = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export const trackName = (detail: TrackDetail): string =>
  detail.track?.callsign ?? detail.track?.icao24 ?? `track-${detail.track_id}`;

export function toGeoJson(detail: TrackDetail): string {
  return JSON.stringify(
    {
      type: "Feature",
      geometry: {
        type: "LineString",
        coordinates: detail.history.map((p) => [p.longitude_deg, p.latitude_deg]),
      },
      properties: {
        track_id: detail.track_id,
        callsign: detail.track?.callsign,
        icao24: detail.track?.icao24,
        times: detail.history.map((p) => utc(p.time_s)),
        altitudes_m: detail.history.map((p) => p.altitude_m ?? null),
      },
    },
    null,
    1,
  );
}

export function toCsv(detail: TrackDetail): string {
  const head =
    "time_utc,latitude_deg,longitude_deg,altitude_m,ground_speed_mps,track_deg," +
    "vertical_rate_mps,flags";
  const lines = detail.history.map((p) =>
    [
      utc(p.time_s),
      p.latitude_deg,
      p.longitude_deg,
      p.altitude_m ?? "",
      p.ground_speed_mps ?? "",
      p.track_deg ?? "",
      p.vertical_rate_mps ?? "",
      (p.flags ?? []).join(" "),
    ].join(","),
  );
  return [head, ...lines, ""].join("\r\n");
}

export function toKml(detail: TrackDetail): string {
  const when = detail.history.map((p) => `<when>${utc(p.time_s)}</when>`).join("\n");
  const where = detail.history
    .map((p) => `<gx:coord>${p.longitude_deg} ${p.latitude_deg} ${p.altitude_m ?? 0}</gx:coord>`)
    .join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
<Placemark><name>${xml(trackName(detail))}</name>
<gx:Track><altitudeMode>absolute</altitudeMode>
${when}
${where}
</gx:Track></Placemark>
</Document></kml>
`;
}
