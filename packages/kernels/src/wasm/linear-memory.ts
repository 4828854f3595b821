import { wasmBase64 } from "../generated/wasm.ts";
import { createSlabAllocator, type SlabAllocator } from "./slab-allocator.ts";

const pageBytes = 65_536;

/**
 * One instance of the kernels' WebAssembly module with its memory. The module never allocates: slabs are handed out here.
 *
 * `bytes`, `shorts`, `ints`, `floats` and `doubles` cover the whole memory. Growth replaces them, and only `alloc` grows: read them from
 * this object each time instead of keeping them (`memory.floats[pointer >> 2]`).
 */
export class LinearMemory implements SlabAllocator {
  /** The module's functions; cast to the interface that describes yours. */
  readonly exports: WebAssembly.Exports;
  /** Goes up by one when growth has replaced the views. */
  generation = -1;
  bytes!: Uint8Array;
  shorts!: Int16Array;
  ints!: Int32Array;
  floats!: Float32Array;
  doubles!: Float64Array;

  readonly #memory: WebAssembly.Memory;
  readonly #slabs: SlabAllocator;

  constructor(exports: WebAssembly.Exports) {
    this.exports = exports;
    this.#memory = exports.memory as WebAssembly.Memory;
    const heapBase = (exports.heapBase as () => number)();
    this.#slabs = createSlabAllocator(heapBase, this.#memory.buffer.byteLength, (bytes) => this.#grow(bytes));
    this.#refreshViews();
  }

  /** Pointer of `bytes` fresh bytes, 16-byte aligned, not cleared. May grow the memory and so replace the views. */
  alloc(bytes: number): number {
    return this.#slabs.alloc(bytes);
  }

  /** Gives a slab back. */
  free(pointer: number): void {
    this.#slabs.free(pointer);
  }

  get bytesInUse(): number {
    return this.#slabs.bytesInUse;
  }

  /** A view of `length` floats at `pointer`, valid until the memory grows (see `generation`). It allocates: for setting up, not per frame. */
  f32(pointer: number, length: number): Float32Array {
    return this.floats.subarray(pointer >>> 2, (pointer >>> 2) + length);
  }

  #grow(bytes: number): number {
    this.#memory.grow(Math.ceil(bytes / pageBytes));
    this.#refreshViews();
    return this.#memory.buffer.byteLength;
  }

  #refreshViews(): void {
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer);
    this.shorts = new Int16Array(buffer);
    this.ints = new Int32Array(buffer);
    this.floats = new Float32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.generation++;
  }
}

/** Compiles and instantiates the embedded module; undefined where the engine has no SIMD WebAssembly. */
export async function instantiate(): Promise<LinearMemory | undefined> {
  if (typeof WebAssembly === "undefined") return undefined;
  try {
    const { instance } = await WebAssembly.instantiate(decode(wasmBase64));
    return new LinearMemory(instance.exports);
  } catch (error) {
    // What an engine says that does not know the vector instructions.
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

// A loop: the start of a process is no time for a callback per byte.
function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
