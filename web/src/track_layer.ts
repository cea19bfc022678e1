// The tracks as deck.gl draws them: a symbol and a line of motion each. They are carried on between
// updates by the shaders, so that a frame costs the page nothing by the track.
import { Layer, type LayerProps, project32 } from "@deck.gl/core";
import { Buffer, type Texture } from "@luma.gl/core";
import { Geometry, Model } from "@luma.gl/engine";
import { AHEAD_MAX_S } from "./motion.js";
import { CELL, COLUMNS, DOUBTED_ROW } from "./symbols.js";

// One record a track, as the graphics processor reads it: longitude, latitude (degrees), east and
// north (degrees a second), seconds of the state, what is left of a jump in longitude and latitude
// (degrees); then octets: red, green, blue, symbol.
export const RECORD_FLOATS = 8,
  RECORD_OCTETS = 4 * RECORD_FLOATS,
  LOOK_AT = 28, // octet at which the colour begins
  DIM = 128; // with the symbol: half seen

// All may change without a new layer: only a new frame is to be drawn.
export interface Records {
  count: number;
  version: number; // another one: the octets have changed
  octets: Uint8Array;
  now: number; // on the scale of the records' times, seconds
  keep: number; // share of the jumps that is left
  seconds: number; // of motion that the lines show; 0: none
  isDrawn: boolean; // at the last frame; not, while a shader is being made
}

interface TrackProps {
  records: Records;
  symbols: HTMLCanvasElement;
}

const BLOCK = `layout(std140) uniform trackUniforms {
  float now;
  float keep;
  float seconds;
  float sizePixels;
} track;
`;
const UNIFORMS = {
  name: "track",
  vs: BLOCK,
  fs: "",
  uniformTypes: { now: "f32", keep: "f32", seconds: "f32", sizePixels: "f32" },
} as const;

const PLACE = `#version 300 es
in vec2 corner;
in vec4 instanceState;
in vec3 instanceMotion;
in vec4 instanceLook;
out vec4 colour;
vec2 place(float later) {
  float ahead = clamp(track.now - instanceMotion.x, 0.0, ${AHEAD_MAX_S.toFixed(1)});
  return instanceState.xy + (ahead + later) * instanceState.zw + track.keep * instanceMotion.yz;
}
vec4 clip(vec2 degrees) {
  return project_position_to_clipspace(vec3(degrees, 0.0), vec3(0.0), vec3(0.0));
}
`;

// Most symbols fill the middle of their cell: less is drawn of them.
const SYMBOL_VS = `${PLACE}
out vec2 at;
void main(void) {
  float look = floor(instanceLook.a * 255.0 + 0.5);
  float dim = step(${DIM}.0, look), cell = look - dim * ${DIM}.0;
  float row = floor(cell / ${COLUMNS}.0);
  float part = row < ${DOUBTED_ROW}.0 ? 0.66 : 1.0;
  colour = vec4(instanceLook.rgb, 1.0 - 0.41 * dim);
  at = (vec2(cell - row * ${COLUMNS}.0, row) + 0.5 + 0.5 * part * vec2(corner.x, -corner.y))
    * ${CELL}.0;
  gl_Position = clip(place(0.0));
  gl_Position.xy += project_pixel_size_to_clipspace(corner * part * 0.5 * track.sizePixels);
}
`;
const SYMBOL_FS = `#version 300 es
precision highp float;
uniform sampler2D symbols;
in vec4 colour;
in vec2 at;
out vec4 fragColor;
void main(void) {
  float ink = texture(symbols, at / vec2(textureSize(symbols, 0))).a * colour.a;
  if (ink < 0.02) discard;
  fragColor = vec4(colour.rgb, ink);
}
`;

// Lines of 1.2 pixels; their edges fade over one.
const VECTOR_VS = `${PLACE}
out float across;
void main(void) {
  vec4 from = clip(place(0.0)), to = clip(place(track.seconds));
  vec2 way = (to.xy / to.w - from.xy / from.w) * project.viewportSize;
  float pixels = length(way);
  colour = vec4(instanceLook.rgb, instanceLook.a > 0.5 ? 0.44 : 0.75);
  across = corner.y * 1.6;
  vec2 side = pixels > 0.0 ? vec2(-way.y, way.x) / pixels * across : vec2(0.0);
  gl_Position = mix(from, to, 0.5 * corner.x + 0.5);
  gl_Position.xy += project_pixel_size_to_clipspace(side);
}
`;
const VECTOR_FS = `#version 300 es
precision highp float;
in vec4 colour;
in float across;
out vec4 fragColor;
void main(void) {
  fragColor = vec4(colour.rgb, colour.a * clamp(1.1 - abs(across), 0.0, 1.0));
}
`;

const SIZE_PIXELS = 20; // of a symbol's cell

export class TrackLayer extends Layer<Required<TrackProps>> {
  static override layerName = "TrackLayer";
  static override defaultProps = {};
  declare state: {
    symbols: Model;
    vectors: Model;
    models: Model[];
    texture: Texture;
    buffer: Buffer;
    version: number;
  };

  constructor(props: TrackProps & LayerProps) {
    super(props as Required<TrackProps> & LayerProps);
  }

  override initializeState(): void {
    const { device } = this.context,
      { symbols } = this.props,
      { width, height } = symbols;
    const texture = device.createTexture({
      width,
      height,
      format: "rgba8unorm",
      sampler: { minFilter: "linear", magFilter: "linear" },
    });
    texture.copyExternalImage({ image: symbols });
    const buffer = this.createBuffer(RECORD_OCTETS * 256);
    const model = (name: string, vs: string, fs: string, bindings: Record<string, Texture>) =>
      new Model(device, {
        ...(this.getShaders({ vs, fs, modules: [project32, UNIFORMS] }) as object),
        id: `${this.props.id}-${name}`,
        bufferLayout: [
          {
            name: "records",
            stepMode: "instance",
            byteStride: RECORD_OCTETS,
            attributes: [
              { attribute: "instanceState", format: "float32x4", byteOffset: 0 },
              { attribute: "instanceMotion", format: "float32x3", byteOffset: 16 },
              { attribute: "instanceLook", format: "unorm8x4", byteOffset: LOOK_AT },
            ],
          },
        ],
        geometry: new Geometry({
          topology: "triangle-strip",
          attributes: {
            corner: { size: 2, value: new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]) },
          },
        }),
        attributes: { records: buffer },
        bindings,
        isInstanced: true,
        disableWarnings: true,
      });
    this.state.buffer = buffer;
    this.state.texture = texture;
    this.state.version = -1;
    this.state.symbols = model("symbols", SYMBOL_VS, SYMBOL_FS, { symbols: texture });
    this.state.vectors = model("vectors", VECTOR_VS, VECTOR_FS, {});
    this.state.models = [this.state.symbols, this.state.vectors];
  }

  // Attributes are ours: one buffer, written whole.
  protected override _getAttributeManager(): null {
    return null;
  }

  override getNumInstances(): number {
    return this.props.records.count;
  }

  private fill(): void {
    const { records } = this.props,
      { state } = this;
    if (records.version === state.version) return;
    state.version = records.version;
    const size = records.count * RECORD_OCTETS;
    if (size > state.buffer.byteLength) {
      state.buffer.destroy();
      state.buffer = this.createBuffer(records.octets.length);
      for (const model of state.models) model.setAttributes({ records: state.buffer });
    }
    if (size > 0) state.buffer.write(records.octets.subarray(0, size));
  }

  override draw(): void {
    const { records } = this.props,
      { now, keep, seconds, count } = records;
    records.isDrawn = true;
    if (count === 0) return;
    this.fill();
    for (const model of seconds ? [this.state.vectors, this.state.symbols] : [this.state.symbols]) {
      model.setInstanceCount(count);
      model.shaderInputs.setProps({ track: { now, keep, seconds, sizePixels: SIZE_PIXELS } });
      if (!model.draw(this.context.renderPass)) records.isDrawn = false;
    }
  }

  override finalizeState(): void {
    this.state.buffer.destroy();
    this.state.texture.destroy();
    for (const model of this.state.models) model.destroy();
  }

  private createBuffer(byteLength: number): Buffer {
    return this.context.device.createBuffer({
      byteLength,
      usage: Buffer.VERTEX | Buffer.COPY_DST,
    });
  }
}
