/**
 * flite (https://github.com/festvox/flite) as its WebAssembly command: a program that is started with arguments, writes one WAV file and
 * ends. It sees nothing of this machine: no files but the one it writes, no environment, no time.
 */

/** The voices that flite brings, all of American or Scottish English at 16 kHz. */
export const fliteVoices = ["slt", "rms", "awb", "kal16"] as const;

/** The rate of all of them, Hz. */
export const fliteSampleRate = 16_000;

/** What is to be spoken, and how. */
export interface FliteRequest {
  /** ASCII; flite reads other bytes as noise. */
  readonly text: string;
  readonly voice: (typeof fliteVoices)[number];
  /** 2 is twice as fast. */
  readonly speed: number;
  /** Factor on the voice's pitch. */
  readonly pitch: number;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly _start: () => void;
}

interface Program {
  readonly exports: Exports;
  /** The memory before the first run. */
  readonly pristine: Uint8Array;
}

// Of wasi_snapshot_preview1.
const success = 0;
const badDescriptor = 8;
const notSupported = 58;
const characterDevice = 2;
const directory = 3;
const regularFile = 4;
const root = 3;
const output = 4;
const wavHeaderBytes = 44;

/** One instance of the program, run again for every text. About 40 MB. */
export class FliteProgram {
  readonly #module: WebAssembly.Module;
  #program: Program | undefined;
  #arguments: readonly Uint8Array[] = [];
  #written: Uint8Array[] = [];
  #complaints = "";

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** @param bytes of flite.wasm */
  static async compile(bytes: Uint8Array): Promise<FliteProgram> {
    return new FliteProgram(await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>));
  }

  /**
   * Samples of ±1 at 16 kHz, mono, with the silence that flite puts around them.
   *
   * @throws Error when the program crashes; the next text gets a new instance
   */
  speak({ text, voice, speed, pitch }: FliteRequest): Float32Array {
    const stretch = ["--setf", `duration_stretch=${1 / speed}`, "--setf", `f0_shift=${pitch}`];
    this.#arguments = ["flite", "-voice", voice, ...stretch, "-t", text, "-o", "/speech.wav"].map((word) => encoder.encode(`${word}\0`));
    this.#written = [];
    this.#complaints = "";
    this.#program ??= this.#instantiate();
    const { exports, pristine } = this.#program;
    try {
      exports._start();
    } catch (cause) {
      // Where its stack pointer was left is not known, so the instance is of no use any more.
      this.#program = undefined;
      throw new Error(`flite crashed: ${cause instanceof Error ? cause.message : cause} ${this.#complaints}`.trimEnd(), { cause });
    }
    // A program does not expect to be run twice in the same memory: 3 ms, where a new instance takes 15 and waits for the collector.
    const memory = new Uint8Array(exports.memory.buffer);
    memory.set(pristine);
    memory.fill(0, pristine.length);
    return this.#samples();
  }

  #instantiate(): Program {
    const { exports } = new WebAssembly.Instance(this.#module, { wasi_snapshot_preview1: this.#wasi() });
    const { memory, _start } = exports as unknown as Exports;
    return { exports: { memory, _start }, pristine: new Uint8Array(memory.buffer).slice() };
  }

  #samples(): Float32Array {
    const bytes = new Uint8Array(this.#written.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#written) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#written = [];
    if (bytes.length < wavHeaderBytes) throw new Error(`flite gave no sound ${this.#complaints}`.trimEnd());
    const samples = new Int16Array(bytes.buffer, wavHeaderBytes, (bytes.length - wavHeaderBytes) >> 1);
    const result = new Float32Array(samples.length);
    for (let i = 0; i < samples.length; i++) result[i] = (samples[i] as number) / 32_768;
    return result;
  }

  /** What the module imports, and nothing more. */
  #wasi(): Record<string, (...args: never[]) => number> {
    const memory = (): ArrayBuffer => (this.#program as Program).exports.memory.buffer;
    const view = (): DataView => new DataView(memory());
    const put = (at: number, value: number): number => {
      view().setUint32(at, value, true);
      return success;
    };
    const describe = (fd: number, at: number): number => {
      if (fd > output) return badDescriptor;
      new Uint8Array(memory(), at, 24).fill(0);
      view().setUint8(at, fd === root ? directory : fd === output ? regularFile : characterDevice);
      for (const rights of [at + 8, at + 16]) view().setBigUint64(rights, 0xffff_ffffn, true);
      return success;
    };
    const write = (fd: number, vectors: number, count: number, written: number): number => {
      if (fd !== output && fd !== 1 && fd !== 2) return badDescriptor;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const [from, length] = [view().getUint32(vectors + 8 * i, true), view().getUint32(vectors + 8 * i + 4, true)];
        const part = new Uint8Array(memory(), from, length).slice();
        if (fd === output) this.#written.push(part);
        else this.#complaints = (this.#complaints + decoder.decode(part)).slice(-200);
        sum += length;
      }
      return put(written, sum);
    };
    return {
      args_sizes_get: (count: number, size: number) => {
        put(count, this.#arguments.length);
        return put(
          size,
          this.#arguments.reduce((sum, { length }) => sum + length, 0),
        );
      },
      args_get: (pointers: number, buffer: number) => {
        let at = buffer;
        for (const [i, word] of this.#arguments.entries()) {
          put(pointers + 4 * i, at);
          new Uint8Array(memory()).set(word, at);
          at += word.length;
        }
        return success;
      },
      // Its time stands still: the same text gives the same samples.
      clock_time_get: (_id: number, _precision: bigint, at: number) => {
        view().setBigUint64(at, 0n, true);
        return success;
      },
      fd_close: () => success,
      fd_fdstat_get: describe,
      fd_fdstat_set_flags: () => success,
      fd_prestat_get: (fd: number, at: number) => {
        if (fd !== root) return badDescriptor;
        put(at, 0);
        return put(at + 4, 1);
      },
      fd_prestat_dir_name: (_fd: number, at: number) => {
        new Uint8Array(memory())[at] = "/".charCodeAt(0);
        return success;
      },
      fd_read: (_fd: number, _vectors: number, _count: number, read: number) => put(read, 0),
      fd_seek: () => notSupported,
      fd_write: write,
      path_open: (...args: number[]) => put(args[8] as number, output),
      proc_exit: (code: number) => {
        throw new Error(`exit code ${code}`);
      },
    };
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
