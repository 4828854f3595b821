/** A received packet that waits for its time. */
export interface QueuedPacket {
  /** Unwrapped RTP sequence number. */
  readonly sequence: number;
  /** Unwrapped RTP timestamp. */
  readonly timestamp: number;
  readonly arrivalUs: number;
  /** Held until it is decoded: whoever gives it must not write into it. */
  readonly payload: Uint8Array;
}

const slots = 256;

/** Packets in the order of their sequence numbers: a ring with a slot for each number, so that every step costs the same whatever comes. */
export class PacketQueue {
  readonly #ring: (QueuedPacket | undefined)[] = new Array(slots).fill(undefined);
  // What came into each slot last: tells duplicates of what was played already.
  readonly #seen = new Float64Array(slots).fill(Number.NaN);
  #lowest = 0;
  #highest = 0;
  #size = 0;

  /** How many packets wait. */
  get size(): number {
    return this.#size;
  }

  /** The packet with the highest number. */
  get newest(): QueuedPacket | undefined {
    return this.#size > 0 ? this.#ring[this.#highest & (slots - 1)] : undefined;
  }

  /** Whether a packet with this number is or was here lately. */
  hasSeen(sequence: number): boolean {
    return this.#seen[sequence & (slots - 1)] === sequence;
  }

  /** Remembers that a packet with this number came, whatever became of it. */
  markSeen(sequence: number): void {
    this.#seen[sequence & (slots - 1)] = sequence;
  }

  /** Whether the ring spans from here to all packets that wait. */
  fits(sequence: number): boolean {
    return this.#size === 0 || (sequence - this.#lowest < slots && this.#highest - sequence < slots);
  }

  /** Adds a packet that {@link fits} and was not seen. */
  add(packet: QueuedPacket): void {
    const { sequence } = packet;
    this.#lowest = this.#size === 0 ? sequence : Math.min(this.#lowest, sequence);
    this.#highest = this.#size === 0 ? sequence : Math.max(this.#highest, sequence);
    this.#ring[sequence & (slots - 1)] = packet;
    this.#size++;
  }

  /** The packet with the lowest number. */
  first(): QueuedPacket | undefined {
    if (this.#size === 0) return undefined;
    let packet = this.#ring[this.#lowest & (slots - 1)];
    while (packet === undefined) packet = this.#ring[++this.#lowest & (slots - 1)];
    return packet;
  }

  /** Takes the packet with the lowest number out. */
  shift(): QueuedPacket | undefined {
    const packet = this.first();
    if (packet === undefined) return undefined;
    this.#ring[this.#lowest++ & (slots - 1)] = undefined;
    this.#size--;
    return packet;
  }

  /** Lets everything go and forgets what was seen. */
  clear(): void {
    this.#seen.fill(Number.NaN);
    this.#ring.fill(undefined);
    this.#size = 0;
  }
}
