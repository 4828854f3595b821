/**
 * `output[c × rows + r] = bias[r] + Σ matrix[r × length + i] · columns[c × stride + i]`. Four columns at a time share one pass over a row: reading the matrix is what takes
 * the time. Loads of rows need no alignment.
 */
export function multiply(matrix: usize, bias: usize, rows: i32, length: i32, columns: usize, stride: i32, count: i32, output: usize): void {
  const rowBytes = (<usize>length) << 2;
  const columnBytes = (<usize>stride) << 2;
  const resultBytes = (<usize>rows) << 2;
  for (let row = 0; row < rows; row++) {
    const weights = matrix + <usize>row * rowBytes;
    const start = f32.load(bias + ((<usize>row) << 2));
    let target = output + ((<usize>row) << 2);
    let column = columns;
    let left = count;
    for (; left >= 4; left -= 4) {
      four(weights, rowBytes, column, columnBytes, start, target, resultBytes);
      column += columnBytes << 2;
      target += resultBytes << 2;
    }
    for (; left > 0; left--) {
      f32.store(target, start + one(weights, rowBytes, column));
      column += columnBytes;
      target += resultBytes;
    }
  }
}

// @ts-ignore: decorator
@inline
function four(weights: usize, bytes: usize, column: usize, stride: usize, start: f32, target: usize, step: usize): void {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  const grouped = bytes & ~15;
  let at: usize = 0;
  for (; at < grouped; at += 16) {
    const weight = v128.load(weights + at);
    const x = column + at;
    a = f32x4.add(a, f32x4.mul(weight, v128.load(x)));
    b = f32x4.add(b, f32x4.mul(weight, v128.load(x + stride)));
    c = f32x4.add(c, f32x4.mul(weight, v128.load(x + 2 * stride)));
    d = f32x4.add(d, f32x4.mul(weight, v128.load(x + 3 * stride)));
  }
  f32.store(target, start + total(a) + rest(weights, bytes, column, at));
  f32.store(target + step, start + total(b) + rest(weights, bytes, column + stride, at));
  f32.store(target + 2 * step, start + total(c) + rest(weights, bytes, column + 2 * stride, at));
  f32.store(target + 3 * step, start + total(d) + rest(weights, bytes, column + 3 * stride, at));
}

// @ts-ignore: decorator
@inline
function one(weights: usize, bytes: usize, column: usize): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  const grouped = bytes & ~63;
  let at: usize = 0;
  for (; at < grouped; at += 64) {
    a = f32x4.add(a, f32x4.mul(v128.load(weights + at), v128.load(column + at)));
    b = f32x4.add(b, f32x4.mul(v128.load(weights + at, 16), v128.load(column + at, 16)));
    c = f32x4.add(c, f32x4.mul(v128.load(weights + at, 32), v128.load(column + at, 32)));
    d = f32x4.add(d, f32x4.mul(v128.load(weights + at, 48), v128.load(column + at, 48)));
  }
  return total(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))) + rest(weights, bytes, column, at);
}

function total(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** The last elements of a row, one by one. */
function rest(weights: usize, bytes: usize, column: usize, from: usize): f32 {
  let sum: f32 = 0;
  for (let at = from; at < bytes; at += 4) sum += f32.load(weights + at) * f32.load(column + at);
  return sum;
}
