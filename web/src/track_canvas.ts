// The tracks on a canvas of their own, drawn by WebGL itself: a symbol and a line of motion each.
// The shaders carry them on between updates, so that a frame costs the page nothing by the track.
// A symbol is a point: software that draws takes each instance of a shape for a call of its own.
import { canvasScale } from "./dom.js";
import type { View } from "./map.js";
import { AHEAD_MAX_S } from "./motion.js";
import { DIM, LOOK_AT, RECORD_OCTETS, type Records } from "./records.js";
import { CELL, COLUMNS, DOUBTED_ROW, MARK_ROW } from "./symbols.js";

const SIZE_PIXELS = 20, // of a symbol's cell
  TILE = 512, // pixels of the world at zoom 0
  // From this zoom on a difference of latitudes is taken by its powers: the logarithm of single
  // precision would be off by a part of a pixel.
  NEAR_ZOOM = 8,
  DRAWN_STEP_MS = 10,
  DRAWN_LATEST_MS = 3000,
  MARGIN = 12, // pixels around the map: a point whose middle is outside is not drawn at all
  COPY_MARGIN_DEG = 2, // that tracks may be carried on beyond the date line
  RADIANS = Math.PI / 180;

const PLACE = `#version 300 es
precision highp float;
in vec4 state;
in vec3 motion;
in vec4 look;
uniform float now, keep, seconds;
uniform vec4 middle; // longitude and latitude, and what single precision leaves of them
uniform vec4 north; // pixels of a degree of latitude, of its square, of its cube; 1: near
uniform float east; // pixels of a degree of longitude
uniform vec2 toClip; // of a pixel
out vec4 colour;

// With a sine of its own: that of a graphics processor may be good to a thousandth only.
float mercator(float degrees) {
  float angle = clamp(degrees, -89.9, 89.9) * ${RADIANS}, square = angle * angle;
  float sine = angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0
    * (1.0 - square / 72.0 * (1.0 - square / 110.0)))));
  return 0.5 * log((1.0 + sine) / (1.0 - sine));
}
// Pixels from the middle of the picture.
vec2 place(float later) {
  float ahead = clamp(now - motion.x, 0.0, ${AHEAD_MAX_S.toFixed(1)});
  vec2 gone = (ahead + later) * state.zw + keep * motion.yz;
  vec2 off = (state.xy - middle.xy) - middle.zw + gone;
  float up = north.w > 0.5
    ? off.y * (north.x + off.y * (north.y + off.y * north.z))
    : north.x * (mercator(state.y + gone.y) - north.y);
  return vec2(off.x * east, up);
}
vec4 clip(vec2 pixels) { return vec4(pixels * toClip, 0.0, 1.0); }
`;

// Most symbols fill the middle of their cell: less is drawn of them.
const SYMBOL_VS = `${PLACE}
uniform float scale; // pixels of the screen a pixel
flat out vec3 part; // of the picture: left, top, size
flat out vec2 mark; // pixels from the symbol to its mark; 0: it has none
void main(void) {
  float kind = floor(look.a * 255.0 + 0.5);
  float dim = step(${DIM}.0, kind), cell = kind - dim * ${DIM}.0;
  float row = floor(cell / ${COLUMNS}.0);
  ivec3 low = ivec3(look.rgb * 255.0 + 0.5) & 1;
  int number = low.r + 2 * low.g + 4 * low.b;
  float share = row < ${DOUBTED_ROW}.0 && number == 0 ? 0.66 : 1.0;
  vec2 where = vec2(cell - row * ${COLUMNS}.0, row);
  mark = number == 0 ? vec2(0.0) : (vec2(float(number), ${MARK_ROW}.0) - where) * ${CELL}.0;
  colour = vec4(look.rgb, 1.0 - 0.41 * dim);
  part = vec3(where + 0.5 - 0.5 * share, share) * ${CELL}.0;
  gl_PointSize = share * ${SIZE_PIXELS}.0 * scale;
  gl_Position = clip(place(0.0));
}
`;
const SYMBOL_FS = `#version 300 es
precision highp float;
uniform sampler2D symbols;
in vec4 colour;
flat in vec3 part;
flat in vec2 mark;
out vec4 ink;
void main(void) {
  vec2 at = part.xy + gl_PointCoord * part.z, size = vec2(textureSize(symbols, 0));
  float share = texture(symbols, at / size).a;
  if (mark.y > 0.0) share = max(share, texture(symbols, (at + mark) / size).a);
  share *= colour.a;
  if (share < 0.02) discard;
  ink = vec4(colour.rgb, share);
}
`;

// Lines of 1.2 pixels; their edges fade over one.
const VECTOR_VS = `${PLACE}
in vec2 corner;
out float across;
void main(void) {
  vec2 from = place(0.0), to = place(seconds), way = to - from;
  float pixels = length(way);
  colour = vec4(look.rgb, look.a > 0.5 ? 0.44 : 0.75);
  across = corner.y * 1.6;
  vec2 side = pixels > 0.0 ? vec2(-way.y, way.x) / pixels * across : vec2(0.0);
  gl_Position = clip(mix(from, to, 0.5 * corner.x + 0.5) + side);
}
`;
const VECTOR_FS = `#version 300 es
precision highp float;
in vec4 colour;
in float across;
out vec4 ink;
void main(void) {
  ink = vec4(colour.rgb, colour.a * clamp(1.1 - abs(across), 0.0, 1.0));
}
`;

const ATTRIBUTES = ["corner", "state", "motion", "look"] as const,
  UNIFORMS = ["now", "keep", "seconds", "middle", "north", "east", "toClip", "scale"] as const;
type Places = Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;

interface Program {
  program: WebGLProgram;
  columns: WebGLVertexArrayObject; // of the records
  at: Places | null; // null: it is still being made
}

// How latitudes become pixels above the middle: uniform `north`.
export function northing(latitude: number, zoom: number): [number, number, number, number] {
  const scale = (TILE * 2 ** zoom) / (2 * Math.PI),
    angle = latitude * RADIANS;
  if (zoom < NEAR_ZOOM) return [scale, Math.log(Math.tan(Math.PI / 4 + angle / 2)), 0, 0];
  const secant = 1 / Math.cos(angle),
    tangent = Math.tan(angle);
  return [
    scale * secant * RADIANS,
    (scale * secant * tangent * RADIANS ** 2) / 2,
    (scale * secant * (secant ** 2 + tangent ** 2) * RADIANS ** 3) / 6,
    1,
  ];
}

// Turns about the Earth by which the world is seen in a picture of so many degrees.
export function copies(longitude: number, degrees: number): number[] {
  const half = degrees / 2 + COPY_MARGIN_DEG + 180,
    list: number[] = [];
  for (let turn = Math.ceil((longitude - half) / 360); 360 * turn <= longitude + half; turn++)
    list.push(turn);
  return list;
}

export class TrackCanvas {
  readonly canvas = document.createElement("canvas");
  private readonly gl: WebGL2RenderingContext | null;
  private symbols: Program | null = null;
  private vectors: Program | null = null;
  private buffer: WebGLBuffer | null = null;
  private size = 0; // octets of the buffer
  private records: Records | null = null; // that the buffer holds

  // `tell`: the graphics processor is lost, or is there again.
  constructor(
    private readonly picture: HTMLCanvasElement,
    tell: (isLost: boolean) => void,
  ) {
    this.canvas.className = "tracks";
    this.canvas.inert = true; // nothing in it has a name
    this.gl = this.canvas.getContext("webgl2", {
      antialias: false, // lines and symbols smooth their edges themselves
      depth: false, // nothing is behind anything
      powerPreference: "high-performance",
    });
    if (this.gl) this.begin(this.gl);
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.canvas.hidden = true; // what is lost is white, and lies over the map
      tell(true);
    });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.canvas.hidden = false;
      this.begin(this.gl!);
      tell(false);
    });
  }

  get canDraw(): boolean {
    return this.gl !== null;
  }

  get isLost(): boolean {
    return this.gl?.isContextLost() ?? true;
  }

  // False when the shaders are still being made.
  draw(view: View, [width, height]: [number, number], records: Records): boolean {
    const { gl } = this;
    if (!gl || gl.isContextLost()) return true;
    const used = records.seconds ? [this.vectors!, this.symbols!] : [this.symbols!];
    if (!used.every((one) => this.isMade(gl, one))) return false;
    this.fit(gl, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (records.count === 0) return true;
    this.fill(gl, records);
    for (const { program, columns, at } of used) {
      gl.useProgram(program);
      gl.bindVertexArray(columns);
      this.look(gl, at!, view, width, height);
      gl.uniform1f(at!.now, records.now);
      gl.uniform1f(at!.keep, records.keep);
      gl.uniform1f(at!.seconds, records.seconds);
      for (const turn of copies(view.longitude, (width / (TILE * 2 ** view.zoom)) * 360)) {
        const x = view.longitude - 360 * turn,
          nearX = Math.fround(x),
          nearY = Math.fround(view.latitude);
        gl.uniform4f(at!.middle, nearX, nearY, x - nearX, view.latitude - nearY);
        if (program === this.symbols!.program) gl.drawArrays(gl.POINTS, 0, records.count);
        else gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, records.count);
      }
    }
    return true;
  }

  // Tells when what was asked for so far is drawn, at the latest after DRAWN_LATEST_MS.
  whenDrawn(tell: () => void): void {
    const { gl } = this,
      fence = gl?.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0),
      latest = performance.now() + DRAWN_LATEST_MS;
    const look = () => {
      const isDrawn = !fence || gl!.getSyncParameter(fence, gl!.SYNC_STATUS) === gl!.SIGNALED;
      if (!isDrawn && performance.now() < latest) return void setTimeout(look, DRAWN_STEP_MS);
      if (fence) gl!.deleteSync(fence);
      tell();
    };
    gl?.flush();
    look();
  }

  private look(
    gl: WebGL2RenderingContext,
    at: Places,
    { latitude, zoom }: View,
    width: number,
    height: number,
  ): void {
    gl.uniform4f(at.north, ...northing(latitude, zoom));
    gl.uniform1f(at.east, (TILE * 2 ** zoom) / 360);
    gl.uniform2f(at.toClip, 2 / (width + 2 * MARGIN), 2 / (height + 2 * MARGIN));
    gl.uniform1f(at.scale, canvasScale());
  }

  private begin(gl: WebGL2RenderingContext): void {
    this.buffer = gl.createBuffer();
    this.size = 0;
    this.symbols = this.make(gl, SYMBOL_VS, SYMBOL_FS);
    this.setColumns(gl, 0);
    this.vectors = this.make(gl, VECTOR_VS, VECTOR_FS);
    const corners = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.bufferData(
      gl.ARRAY_BUFFER,
      new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]),
      gl.STATIC_DRAW,
    );
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    this.setColumns(gl, 1);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.picture);
    for (const [what, how] of [
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR],
      [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ] as const)
      gl.texParameteri(gl.TEXTURE_2D, what, how);
    gl.enable(gl.BLEND);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }

  // What the program made last is told of each record: by the vertex, or by the instance.
  private setColumns(gl: WebGL2RenderingContext, divisor: number): void {
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer); // and nothing else from the last time on
    for (const [i, count, kind, at] of [
      [1, 4, gl.FLOAT, 0],
      [2, 3, gl.FLOAT, 16],
      [3, 4, gl.UNSIGNED_BYTE, LOOK_AT],
    ] as const) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, count, kind, kind === gl.UNSIGNED_BYTE, RECORD_OCTETS, at);
      gl.vertexAttribDivisor(i, divisor);
    }
  }

  // Its columns are those that are told of from now on.
  private make(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
    const program = gl.createProgram(),
      columns = gl.createVertexArray();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    ATTRIBUTES.forEach((name, i) => gl.bindAttribLocation(program, i, name));
    gl.linkProgram(program);
    gl.bindVertexArray(columns);
    return { program, columns, at: null };
  }

  // Asked too early, the page would have to wait for the compiler.
  private isMade(gl: WebGL2RenderingContext, one: Program): boolean {
    if (one.at) return true;
    const aside = gl.getExtension("KHR_parallel_shader_compile");
    if (aside && !gl.getProgramParameter(one.program, aside.COMPLETION_STATUS_KHR)) return false;
    if (!gl.getProgramParameter(one.program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(`a shader is not taken: ${gl.getProgramInfoLog(one.program)}`);
    one.at = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(one.program, name)]),
    ) as Places;
    return true;
  }

  private fit(gl: WebGL2RenderingContext, width: number, height: number): void {
    const w = Math.round((width + 2 * MARGIN) * canvasScale()),
      h = Math.round((height + 2 * MARGIN) * canvasScale());
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
    gl.viewport(0, 0, w, h);
  }

  // Records that have changed go over; all when there is no room for them.
  private fill(gl: WebGL2RenderingContext, records: Records): void {
    const { octets, count, changed } = records;
    if (this.size !== octets.length || this.records !== records) {
      this.size = octets.length;
      this.records = records;
      gl.bufferData(gl.ARRAY_BUFFER, this.size, gl.DYNAMIC_DRAW);
      changed.addAll(count);
    }
    for (const [from, to] of changed.take(count))
      gl.bufferSubData(
        gl.ARRAY_BUFFER,
        from * RECORD_OCTETS,
        octets,
        from * RECORD_OCTETS,
        (to - from) * RECORD_OCTETS,
      );
  }
}
