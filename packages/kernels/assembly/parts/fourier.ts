/**
 * Mixed-radix Fourier transform of a complex sequence: T. G. Stockham's self-sorting passes, decimation in frequency. The first, of
 * radix 4, leaves four transforms of a quarter of the length whose results interleave; they are done at once, one in each lane, so that
 * no other operation crosses lanes.
 *
 * Buffers of elements hold four complex values in 32 bytes, real parts first. The input is planar.
 */

const elementShift: usize = 5;

/**
 * Transforms the `length` (a multiple of 4, at least 16) values at `re` and `im`, which lie in the buffer `from`, going to and fro between
 * it and the buffer `to`; returns the one with the result. `radices` leaves out the first; `twiddles` are those of `FourierPlan`, but the
 * first pass has them in six planes.
 */
export function fourier(radices: usize, twiddles: usize, length: usize, re: usize, im: usize, from: usize, to: usize): usize {
  const quarter = length >> 2;
  firstPass(re, im, to, quarter, twiddles);
  twiddles += quarter * 24;
  for (let rest = quarter; rest > 1; radices += 4) {
    const swap = from;
    from = to;
    to = swap;
    const radix: usize = load<u32>(radices);
    const stride = quarter / rest;
    rest = rest / radix;
    pass(radix, from, to, rest, stride << elementShift, twiddles);
    twiddles += (rest * (radix - 1)) << 3;
  }
  return to;
}

/** Butterflies p to p + 3 in the lanes; their outputs are transposed, so that the four outputs of each lie in the lanes of one element. */
function firstPass(re: usize, im: usize, to: usize, count: usize, twiddles: usize): void {
  const apart = count << 2;
  // The last four overlap those before where `count` is no multiple.
  for (let i: usize = 0; i < count; i += 4) {
    const p = min(i, count - 4);
    const real = re + (p << 2);
    const imaginary = im + (p << 2);
    const re0 = v128.load(real);
    const re2 = v128.load(real + 2 * apart);
    const im0 = v128.load(imaginary);
    const im2 = v128.load(imaginary + 2 * apart);
    const evenRe = add(re0, re2);
    const evenIm = add(im0, im2);
    const evenLessRe = sub(re0, re2);
    const evenLessIm = sub(im0, im2);
    const re1 = v128.load(real + apart);
    const re3 = v128.load(real + 3 * apart);
    const im1 = v128.load(imaginary + apart);
    const im3 = v128.load(imaginary + 3 * apart);
    const oddRe = add(re1, re3);
    const oddIm = add(im1, im3);
    const oddLessRe = sub(re1, re3);
    const oddLessIm = sub(im1, im3);
    const place = twiddles + (p << 2);
    const re1Out = add(evenLessRe, oddLessIm);
    const im1Out = sub(evenLessIm, oddLessRe);
    const c1 = v128.load(place);
    const s1 = v128.load(place + apart);
    const re2Out = sub(evenRe, oddRe);
    const im2Out = sub(evenIm, oddIm);
    const c2 = v128.load(place + 2 * apart);
    const s2 = v128.load(place + 3 * apart);
    const re3Out = sub(evenLessRe, oddLessIm);
    const im3Out = add(evenLessIm, oddLessRe);
    const c3 = v128.load(place + 4 * apart);
    const s3 = v128.load(place + 5 * apart);
    const target = to + (p << elementShift);
    putTransposed(
      target,
      add(evenRe, oddRe),
      sub(mul(re1Out, c1), mul(im1Out, s1)),
      sub(mul(re2Out, c2), mul(im2Out, s2)),
      sub(mul(re3Out, c3), mul(im3Out, s3)),
    );
    putTransposed(
      target + 16,
      add(evenIm, oddIm),
      add(mul(re1Out, s1), mul(im1Out, c1)),
      add(mul(re2Out, s2), mul(im2Out, c2)),
      add(mul(re3Out, s3), mul(im3Out, c3)),
    );
  }
}

// @ts-ignore: decorator
@inline
function putTransposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f64>(abLow, cdLow, 0, 2));
  v128.store(to, v128.shuffle<f64>(abLow, cdLow, 1, 3), 32);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 0, 2), 64);
  v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 1, 3), 96);
}

/** `count` groups of butterflies, each `step` bytes wide. Output j of group p is multiplied with the twiddle of p·j; those of group 0 are 1. */
function pass(radix: usize, from: usize, to: usize, count: usize, step: usize, twiddles: usize): void {
  const apart = count * step;
  if (radix == 4) {
    group4(from, to, apart, step, 0, false);
    for (let p: usize = 1; p < count; p++) group4(from + p * step, to + 4 * p * step, apart, step, twiddles + 24 * p, true);
  } else if (radix == 3) {
    group3(from, to, apart, step, 0, false);
    for (let p: usize = 1; p < count; p++) group3(from + p * step, to + 3 * p * step, apart, step, twiddles + 16 * p, true);
  } else if (radix == 2) {
    group2(from, to, apart, step, 0, false);
    for (let p: usize = 1; p < count; p++) group2(from + p * step, to + 2 * p * step, apart, step, twiddles + 8 * p, true);
  } else {
    for (let p: usize = 0; p < count; p++) groupOdd(radix, from + p * step, to + radix * p * step, apart, step, p == 0 ? 0 : twiddles + 8 * (radix - 1) * p);
  }
}

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline
function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

// @ts-ignore: decorator
@inline
function put(at: usize, re: v128, im: v128): void {
  v128.store(at, re);
  v128.store(at, im, 16);
}

/** Stores the product with the twiddle at `twiddle`. */
// @ts-ignore: decorator
@inline
function putTwiddled(at: usize, re: v128, im: v128, twiddle: usize, twiddled: bool): void {
  if (!twiddled) return put(at, re, im);
  const c = v128.load32_splat(twiddle);
  const s = v128.load32_splat(twiddle, 4);
  v128.store(at, sub(mul(re, c), mul(im, s)));
  v128.store(at, add(mul(re, s), mul(im, c)), 16);
}

// @ts-ignore: decorator
@inline
function group2(from: usize, to: usize, apart: usize, step: usize, twiddles: usize, twiddled: bool): void {
  for (const end = from + step; from < end; from += 32, to += 32) {
    const re0 = v128.load(from);
    const im0 = v128.load(from, 16);
    const re1 = v128.load(from + apart);
    const im1 = v128.load(from + apart, 16);
    put(to, add(re0, re1), add(im0, im1));
    putTwiddled(to + step, sub(re0, re1), sub(im0, im1), twiddles, twiddled);
  }
}

// @ts-ignore: decorator
@inline
function group3(from: usize, to: usize, apart: usize, step: usize, twiddles: usize, twiddled: bool): void {
  const half = f32x4.splat(0.5);
  const sine = f32x4.splat(0.8660254037844386);
  for (const end = from + step; from < end; from += 32, to += 32) {
    const re0 = v128.load(from);
    const im0 = v128.load(from, 16);
    const re1 = v128.load(from + apart);
    const im1 = v128.load(from + apart, 16);
    const re2 = v128.load(from + 2 * apart);
    const im2 = v128.load(from + 2 * apart, 16);
    const sumRe = add(re1, re2);
    const sumIm = add(im1, im2);
    const differenceRe = mul(sub(re1, re2), sine);
    const differenceIm = mul(sub(im1, im2), sine);
    const middleRe = sub(re0, mul(sumRe, half));
    const middleIm = sub(im0, mul(sumIm, half));
    put(to, add(re0, sumRe), add(im0, sumIm));
    putTwiddled(to + step, add(middleRe, differenceIm), sub(middleIm, differenceRe), twiddles, twiddled);
    putTwiddled(to + 2 * step, sub(middleRe, differenceIm), add(middleIm, differenceRe), twiddles + 8, twiddled);
  }
}

// @ts-ignore: decorator
@inline
function group4(from: usize, to: usize, apart: usize, step: usize, twiddles: usize, twiddled: bool): void {
  for (const end = from + step; from < end; from += 32, to += 32) {
    const re0 = v128.load(from);
    const im0 = v128.load(from, 16);
    const re2 = v128.load(from + 2 * apart);
    const im2 = v128.load(from + 2 * apart, 16);
    const evenRe = add(re0, re2);
    const evenIm = add(im0, im2);
    const evenLessRe = sub(re0, re2);
    const evenLessIm = sub(im0, im2);
    const re1 = v128.load(from + apart);
    const im1 = v128.load(from + apart, 16);
    const re3 = v128.load(from + 3 * apart);
    const im3 = v128.load(from + 3 * apart, 16);
    const oddRe = add(re1, re3);
    const oddIm = add(im1, im3);
    const oddLessRe = sub(re1, re3);
    const oddLessIm = sub(im1, im3);
    put(to, add(evenRe, oddRe), add(evenIm, oddIm));
    putTwiddled(to + step, add(evenLessRe, oddLessIm), sub(evenLessIm, oddLessRe), twiddles, twiddled);
    putTwiddled(to + 2 * step, sub(evenRe, oddRe), sub(evenIm, oddIm), twiddles + 8, twiddled);
    putTwiddled(to + 3 * step, sub(evenLessRe, oddLessIm), add(evenLessIm, oddLessRe), twiddles + 16, twiddled);
  }
}

/** Sums and differences of mirrored inputs, at most three of each. */
const scratch = memory.data(6 * 32, 16);

/** cos and sin of 2πk/5 and 2πk/7. */
const roots5 = memory.data<f32>([1, 0, 0.30901699437494745, 0.9510565162951535, -0.8090169943749475, 0.5877852522924731, -0.8090169943749475, -0.5877852522924731, 0.30901699437494745, -0.9510565162951535]);
const roots7 = memory.data<f32>([1, 0, 0.6234898018587336, 0.7818314824680298, -0.22252093395631434, 0.9749279121818236, -0.9009688679024191, 0.4338837391175582, -0.9009688679024191, -0.4338837391175582, -0.22252093395631434, -0.9749279121818236, 0.6234898018587336, -0.7818314824680298]);

/** Radix 5 or 7 by definition, halved by the symmetry of outputs j and radix − j. */
function groupOdd(radix: usize, from: usize, to: usize, apart: usize, step: usize, twiddles: usize): void {
  const roots = radix == 5 ? roots5 : roots7;
  const pairs = radix >> 1;
  for (const end = from + step; from < end; from += 32, to += 32) {
    const re0 = v128.load(from);
    const im0 = v128.load(from, 16);
    let sumRe = re0;
    let sumIm = im0;
    for (let k: usize = 1; k <= pairs; k++) {
      const low = from + k * apart;
      const high = from + (radix - k) * apart;
      const lowRe = v128.load(low);
      const lowIm = v128.load(low, 16);
      const highRe = v128.load(high);
      const highIm = v128.load(high, 16);
      const place = scratch + ((k - 1) << 6);
      const re = add(lowRe, highRe);
      const im = add(lowIm, highIm);
      sumRe = add(sumRe, re);
      sumIm = add(sumIm, im);
      put(place, re, im);
      put(place + 32, sub(lowRe, highRe), sub(lowIm, highIm));
    }
    put(to, sumRe, sumIm);
    for (let j: usize = 1; j <= pairs; j++) {
      let evenRe = re0;
      let evenIm = im0;
      let oddRe = f32x4.splat(0);
      let oddIm = f32x4.splat(0);
      let root: usize = j;
      for (let k: usize = 0; k < pairs; k++) {
        const place = scratch + (k << 6);
        const c = v128.load32_splat(roots + (root << 3));
        const s = v128.load32_splat(roots + (root << 3), 4);
        evenRe = add(evenRe, mul(c, v128.load(place)));
        evenIm = add(evenIm, mul(c, v128.load(place, 16)));
        oddRe = add(oddRe, mul(s, v128.load(place, 32)));
        oddIm = add(oddIm, mul(s, v128.load(place, 48)));
        root += j;
        if (root >= radix) root -= radix;
      }
      const other = radix - j;
      const twiddled = twiddles != 0;
      putTwiddled(to + j * step, add(evenRe, oddIm), sub(evenIm, oddRe), twiddles + ((j - 1) << 3), twiddled);
      putTwiddled(to + other * step, sub(evenRe, oddIm), add(evenIm, oddRe), twiddles + ((other - 1) << 3), twiddled);
    }
  }
}
