// Drawing of very many points, by WebGL where there is any, else on a plain canvas.

const vertex = `
attribute vec2 at; attribute float group; attribute float state;
uniform vec2 centre, scale; uniform float size; uniform vec3 colours[10];
varying vec4 colour;
void main() {
  gl_Position = vec4((at.x - centre.x) * scale.x, (centre.y - at.y) * scale.y, 0.0, 1.0);
  gl_PointSize = state > 1.5 ? max(size * 1.7, 7.0) : size;
  vec3 c = colours[0];
  for (int i = 1; i < 10; i++) if (float(i) == group) c = colours[i];
  colour = vec4(c, state > 1.5 ? 1.0 : state > 0.5 ? 0.22 : 0.78);
}`;
const fragment = `
precision mediump float;
varying vec4 colour;
void main() {
  float far = length(gl_PointCoord - 0.5) * 2.0;
  float a = colour.a * (1.0 - smoothstep(0.72, 1.0, far));
  gl_FragColor = vec4(colour.rgb * a, a);
}`;

// painter returns what draws the points of a map on a canvas: set(points), states(), draw(view, size, colours).
export function painter(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, alpha: true, premultipliedAlpha: true });
  return gl ? new WebGL(gl) : new Plain(canvas.getContext("2d"));
}

class WebGL {
  constructor(gl) {
    this.gl = gl;
    gl.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    gl.canvas.addEventListener("webglcontextrestored", () => { this.prepare(); if (this.points) this.set(this.points); });
    this.prepare();
  }

  prepare() {
    const { gl } = this;
    this.program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    gl.useProgram(this.program);
    this.uniform = Object.fromEntries(["centre", "scale", "size", "colours"].map((n) => [n, gl.getUniformLocation(this.program, n)]));
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.buffers = {};
  }

  set(points) {
    this.points = points;
    const { gl } = this;
    this.fill("at", points.at, 2, gl.FLOAT);
    this.fill("group", points.group, 1, gl.UNSIGNED_BYTE);
    this.states();
  }

  states() { this.fill("state", this.points.state, 1, this.gl.UNSIGNED_BYTE); }

  fill(name, data, size, kind) {
    const { gl } = this;
    this.buffers[name] ??= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    const at = gl.getAttribLocation(this.program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, kind, false, 0, 0);
  }

  draw(view, size, colours) {
    const { gl, uniform } = this;
    const { width, height } = gl.canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!this.points) return;
    gl.uniform2f(uniform.centre, view.x, view.y);
    gl.uniform2f(uniform.scale, (2 * view.scale) / width, (2 * view.scale) / height);
    gl.uniform1f(uniform.size, size);
    gl.uniform3fv(uniform.colours, colours.flat());
    gl.drawArrays(gl.POINTS, 0, this.points.group.length);
  }
}

class Plain {
  constructor(context) { this.context = context; }

  set(points) { this.points = points; }

  states() {}

  draw(view, size, colours) {
    const { context: c, points } = this;
    const { width, height } = c.canvas;
    c.clearRect(0, 0, width, height);
    if (!points) return;
    const styles = colours.map((rgb) => `rgb(${rgb.map((x) => Math.round(255 * x)).join(" ")})`);
    for (let i = 0; i < points.group.length; i++) {
      const x = (points.at[2 * i] - view.x) * view.scale + width / 2;
      const y = (points.at[2 * i + 1] - view.y) * view.scale + height / 2;
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const state = points.state[i];
      c.globalAlpha = state === 2 ? 1 : state === 1 ? 0.22 : 0.78;
      c.fillStyle = styles[points.group[i]];
      const s = state === 2 ? Math.max(1.7 * size, 7) : size;
      c.fillRect(x - s / 2, y - s / 2, s, s);
    }
  }
}

// Grid finds points near a place.
export class Grid {
  constructor(at, side = 192) {
    this.at = at;
    this.side = side;
    const n = at.length / 2;
    this.first = new Uint32Array(side * side + 1);
    const cell = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      cell[i] = this.cell(at[2 * i + 1]) * side + this.cell(at[2 * i]);
      this.first[cell[i] + 1]++;
    }
    for (let c = 0; c < side * side; c++) this.first[c + 1] += this.first[c];
    this.items = new Uint32Array(n);
    const next = this.first.slice();
    for (let i = 0; i < n; i++) this.items[next[cell[i]]++] = i;
  }

  cell(x) { return Math.min(this.side - 1, Math.max(0, Math.floor(x * this.side))); }

  // within calls a function for the points of a rectangle, and maybe some around it, until it returns false.
  within(left, top, right, bottom, visit) {
    const [x0, x1] = [this.cell(left), this.cell(right)];
    for (let y = this.cell(top); y <= this.cell(bottom); y++) {
      for (let k = this.first[y * this.side + x0]; k < this.first[y * this.side + x1 + 1]; k++) {
        if (visit(this.items[k]) === false) return;
      }
    }
  }

  // nearest returns the point nearest to a place within a distance, -1 if there is none.
  nearest(x, y, radius) {
    let best = -1;
    let far = radius * radius;
    this.within(x - radius, y - radius, x + radius, y + radius, (i) => {
      const d = (this.at[2 * i] - x) ** 2 + (this.at[2 * i + 1] - y) ** 2;
      if (d < far) [best, far] = [i, d];
    });
    return best;
  }
}
