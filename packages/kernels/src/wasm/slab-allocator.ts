/** Hands out slabs of a linear address space; it never looks into the memory itself. */
export interface SlabAllocator {
  /** Pointer of `bytes` fresh bytes, 16-byte aligned. Their content is whatever lay there before. */
  alloc(bytes: number): number;
  /** Gives a slab back. Throws when `pointer` is not one that `alloc` gave and that is still held. */
  free(pointer: number): void;
  /** Bytes held now, rounded up to whole slabs. */
  readonly bytesInUse: number;
}

interface FreeRange {
  start: number;
  end: number;
}

/** Alignment of slabs: one SIMD vector. */
const alignment = 16;

/**
 * A first-fit allocator over `[start, end)` whose book-keeping lies outside the memory, so that a kernel that writes past its slab cannot
 * break it. There are tens of long-lived slabs (node state, scratch), so a sorted list of free ranges is enough.
 *
 * @param grow is asked for at least `bytes` more at the end and gives the new end.
 */
export function createSlabAllocator(start: number, end: number, grow: (bytes: number) => number): SlabAllocator {
  const free: FreeRange[] = end > start ? [{ start, end }] : [];
  const held = new Map<number, number>();
  let top = end;
  let bytesInUse = 0;

  const release = (from: number, to: number): void => {
    const at = free.findIndex((range) => range.start >= to);
    const index = at < 0 ? free.length : at;
    free.splice(index, 0, { start: from, end: to });
    joinWithNext(free, index);
    joinWithNext(free, index - 1);
  };

  const findRange = (size: number): number => {
    const found = free.findIndex((range) => range.end - range.start >= size);
    if (found >= 0) return found;
    const last = free.at(-1);
    const atTop = last?.end === top ? top - last.start : 0;
    const newTop = grow(size - atTop);
    release(top, newTop);
    top = newTop;
    return free.length - 1;
  };

  return {
    alloc(bytes) {
      if (!(bytes >= 0) || !Number.isFinite(bytes)) throw new RangeError(`alloc needs a number of bytes, got ${bytes}`);
      const size = Math.max(1, Math.ceil(bytes / alignment)) * alignment;
      const index = findRange(size);
      const range = free[index] as FreeRange;
      const pointer = range.start;
      range.start += size;
      if (range.start === range.end) free.splice(index, 1);
      held.set(pointer, size);
      bytesInUse += size;
      return pointer;
    },
    free(pointer) {
      const size = held.get(pointer);
      if (size === undefined) throw new RangeError(`free: ${pointer} is not a slab in use; was it freed twice?`);
      held.delete(pointer);
      bytesInUse -= size;
      release(pointer, pointer + size);
    },
    get bytesInUse() {
      return bytesInUse;
    },
  };
}

function joinWithNext(free: FreeRange[], index: number): void {
  const range = free[index];
  const next = free[index + 1];
  if (range === undefined || next === undefined || range.end !== next.start) return;
  range.end = next.end;
  free.splice(index + 1, 1);
}
