// The interface for programs, as far as the page asks it: doc/api.md.
// A map of somebody else's, below the tracks.
export interface Tiles {
  url: string; // with {z}, {x} and {y}
  attribution: string;
}

export interface TrackState {
  track_id: number;
  track_number?: number;
  time_s: number;
  state?: string;
  existence?: number;
  update_count?: number;
  icao24?: string;
  other_address?: string;
  callsign?: string;
  squawk?: string;
  emitter_category?: string;
  latitude_deg: number;
  longitude_deg: number;
  height_m?: number;
  pressure_altitude_ft?: number;
  geometric_height_m?: number;
  ground_speed_kt?: number;
  track_deg?: number;
  vertical_rate_fpm?: number;
  track_rate_degps?: number;
  heading_deg?: number;
  roll_deg?: number;
  true_airspeed_kt?: number;
  indicated_airspeed_kt?: number;
  mach?: number;
  selected_altitude_ft?: number;
  position_sigma_m?: number;
  position_sigma_minor_m?: number;
  position_sigma_axis_deg?: number;
  velocity_sigma_mps?: number;
  height_sigma_m?: number;
  nic?: number;
  nac_p?: number;
  nac_v?: number;
  sil?: number;
  on_ground?: boolean;
  simulated?: boolean;
  update_age_s?: number;
  sources?: string[];
  psr_age_s?: number;
  ssr_age_s?: number;
  mode_s_age_s?: number;
  mlat_age_s?: number;
  adsb_age_s?: number;
}

export interface TrailPoint {
  time_s: number;
  latitude_deg: number;
  longitude_deg: number;
  altitude_m?: number;
  ground_speed_mps?: number;
  track_deg?: number;
  vertical_rate_mps?: number;
  flags?: string[];
}

export interface Alert {
  alert_id: number;
  alert: string;
  text: string;
  track_id?: number;
  since_s: number;
  until_s?: number;
  squawk?: string;
  icao24?: string;
  acknowledged_by?: string;
  acknowledged_s?: number;
}

// What the picture is of.
export type Serves = "live" | "recording" | "simulation";

// Who asks, and what he may.
export interface Session {
  user?: string;
  may_operate: boolean;
}

export interface TrackDetail {
  now_s: number;
  track_id: number;
  track?: TrackState;
  reason_count: number;
  reasons: {
    reason: string;
    text: string;
    time_s: number;
    sensor?: string;
    other_track_id?: number;
  }[];
  contributions: {
    sensor: string;
    report_count: number;
    age_s?: number;
    residual_m?: number;
    residual_along_m?: number;
    residual_across_m?: number;
  }[];
  alerts: Alert[];
  history: TrailPoint[];
  ended_s?: number;
}

export interface Sensor {
  index: number;
  name: string;
  kind: string;
  described: boolean;
  sac?: number;
  sic?: number;
  site?: { latitude_deg: number; longitude_deg: number; height_m: number };
  range_max_m?: number;
  byte_count?: number;
  record_count?: number;
  report_count?: number;
  refused_count?: number;
  repaired_count?: number;
  refused?: Record<string, number>;
  last_s?: number;
  age_s?: number;
  record_per_s?: number;
  report_per_s?: number;
  latency_mean_s?: number;
  latency_peak_s?: number;
  antenna?: { azimuth_deg: number; time_s: number; turn_s?: number };
  detection_probability?: number;
  detection_look_count?: number;
  clutter_per_turn?: number;
  azimuth_offset_deg?: number;
  bearing_lost?: boolean;
  range_bias_m?: number;
  azimuth_bias_deg?: number;
  latency_s?: number;
  residuals?: {
    count: number;
    rms_m: number;
    along_mean_m?: number;
    along_sigma_m?: number;
    across_mean_m?: number;
    across_sigma_m?: number;
  };
}

export interface Receiver {
  sensor_index: number;
  frame_per_s?: number | null;
  aircraft_count?: number;
  range_m?: number | null;
  loss?: number | null;
  signal_dbfs?: number | null;
  outline_m?: number[];
}

export interface SensorList {
  now_s: number;
  sensors: Sensor[];
  receivers: Receiver[];
}

export interface Flow {
  name: string;
  state?: string;
  open?: boolean;
  byte_count?: number;
  byte_per_s?: number;
  message_count?: number;
  lost_count?: number;
  last_error?: string;
  depth?: number;
  peak?: number;
  capacity?: number;
}

export interface Statistics {
  now_s: number;
  started_s: number;
  version: string;
  ready: boolean;
  waits_for?: string;
  track_count: number;
  coasting_count: number;
  message_count: number;
  report_count: number;
  report_lost_count: number;
  refused_count: number;
  cpu_s: number;
  engine_cpu_s: number;
  storage: {
    name: string;
    file_count: number;
    byte_count: number;
    free_bytes?: number;
    size_bytes?: number;
  }[];
  resident_bytes: number;
  websocket_client_count: number;
  trail_count: number;
  trail_point_count: number;
  latency: {
    count: number;
    mean_s: number;
    p50_s: number;
    p99_s: number;
    buckets?: [number | null, number][];
  };
  inputs: Flow[];
  outputs: Flow[];
  rings: Flow[];
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class Api {
  token = "";

  track = (id: number, points = 1000) =>
    this.get<TrackDetail>(`api/v1/tracks/${id}?points=${points}`);
  display = () => this.get<{ serves: Serves; ended?: boolean; tiles?: Tiles }>("api/v1/display");
  session = () => this.get<Session>("api/v1/session");
  acknowledge = (alert: Alert) =>
    this.post<Alert>(`api/v1/alerts/${alert.alert_id}/acknowledge?since_s=${alert.since_s}`);
  alerts = () => this.get<{ alerts: Alert[] }>("api/v1/alerts");
  sensors = () => this.get<SensorList>("api/v1/sensors");
  statistics = () => this.get<Statistics>("api/v1/statistics");

  async get<T>(path: string): Promise<T> {
    return (await (await this.ask(path)).json()) as T;
  }

  async post<T>(path: string): Promise<T> {
    return (await (await this.ask(path, "POST")).json()) as T;
  }

  // The answer when it is good, else an ApiError with what was said.
  async ask(path: string, method = "GET"): Promise<Response> {
    const answer = await fetch(path, {
      method,
      headers: this.token ? { Authorization: "Bearer " + this.token } : {},
    }).catch(() => {
      throw new ApiError(0, "The server does not answer.");
    });
    if (answer.ok) return answer;
    if (answer.status === 401) throw new ApiError(401, "A token is needed for this.");
    const said = (await answer.json().catch(() => ({}))) as { error?: string; expected?: string };
    throw new ApiError(
      answer.status,
      [said.error ?? `The server answers ${answer.status}`, said.expected]
        .filter(Boolean)
        .join("; expected: "),
    );
  }
}
