/**
 * Reference-counted sample memory. A pool keeps whole typed arrays, by type and exact length: making a view costs about as much
 * garbage as a small frame of samples, and a pipeline uses few lengths.
 */

/** The array types that hold sample data. */
export type DataArray = Float32Array | Int16Array | Int32Array | Uint8Array;

/** Short names of the array types. */
export type ArrayName = "f32" | "s16" | "s32" | "u8";

/** The array type of a name. */
export type ArrayOf<N extends ArrayName> = { f32: Float32Array; s16: Int16Array; s32: Int32Array; u8: Uint8Array }[N];

const make: { readonly [N in ArrayName]: (length: number) => ArrayOf<N> } = {
  f32: (length) => new Float32Array(length),
  s16: (length) => new Int16Array(length),
  s32: (length) => new Int32Array(length),
  u8: (length) => new Uint8Array(length),
};

/** One array and how many headers hold it. Its last holder gives it back to the pool. */
export class SharedBuffer {
  /** Headers that hold the array. */
  holders = 1;
  readonly data: DataArray;
  readonly name: ArrayName;
  readonly pool: BufferPool;

  constructor(data: DataArray, name: ArrayName, pool: BufferPool) {
    this.data = data;
    this.name = name;
    this.pool = pool;
  }

  release(): void {
    if (--this.holders === 0) this.pool.recycle(this);
  }
}

/** Options of {@link BufferPool}. */
export interface BufferPoolOptions {
  /** How many bytes may lie idle in the pool; beyond it arrays are left to the garbage collector. Default 64 MiB. */
  readonly capacityBytes?: number;
  /** Fill arrays with NaN (or 0xAA) when they come back, and use them no more, so that a use after release shows. For tests. */
  readonly poison?: boolean;
}

/** The memory of one session. */
export class BufferPool {
  readonly #idle = new Map<string, Map<number, SharedBuffer[]>>();
  readonly #capacityBytes: number;
  readonly #poison: boolean;
  #idleBytes = 0;
  /** Arrays that are held now. */
  inUse = 0;
  /** Bytes of the arrays that are held now. */
  inUseBytes = 0;
  /** The most bytes that were held at once. */
  peakBytes = 0;
  /** Arrays that had to be made because none of that length lay idle. */
  allocations = 0;

  constructor({ capacityBytes = 64 * 1024 * 1024, poison = false }: BufferPoolOptions = {}) {
    this.#capacityBytes = capacityBytes;
    this.#poison = poison;
  }

  /** An array of exactly this length, its content undefined, held once. */
  acquire(name: ArrayName, length: number): SharedBuffer {
    let buffer = this.#idle.get(name)?.get(length)?.pop();
    if (buffer === undefined) buffer = this.#allocate(name, length);
    else this.#idleBytes -= buffer.data.byteLength;
    buffer.holders = 1;
    this.inUse++;
    this.inUseBytes += buffer.data.byteLength;
    if (this.inUseBytes > this.peakBytes) this.peakBytes = this.inUseBytes;
    return buffer;
  }

  /** @internal called by the last holder */
  recycle(buffer: SharedBuffer): void {
    const { byteLength, length } = buffer.data;
    this.inUse--;
    this.inUseBytes -= byteLength;
    if (this.#poison) return void buffer.data.fill(buffer.name === "f32" ? Number.NaN : 0xaa);
    // Lengths that are no longer used would fill the pool for ever: when it is full it starts anew.
    if (this.#idleBytes + byteLength > this.#capacityBytes) this.clear();
    if (byteLength > this.#capacityBytes) return;
    this.#idleBytes += byteLength;
    this.#shelf(buffer.name, length).push(buffer);
  }

  /** Lets go of everything that lies idle. */
  clear(): void {
    this.#idle.clear();
    this.#idleBytes = 0;
  }

  #allocate(name: ArrayName, length: number): SharedBuffer {
    this.allocations++;
    return new SharedBuffer(make[name](length), name, this);
  }

  #shelf(name: ArrayName, length: number): SharedBuffer[] {
    let lengths = this.#idle.get(name);
    if (lengths === undefined) this.#idle.set(name, (lengths = new Map()));
    let shelf = lengths.get(length);
    if (shelf === undefined) lengths.set(length, (shelf = []));
    return shelf;
  }
}
