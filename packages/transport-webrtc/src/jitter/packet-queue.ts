/** A received packet that waits for its time. */
export interface QueuedPacket {
  /** Unwrapped RTP sequence number. */
  readonly sequence: number;
  /** Unwrapped RTP timestamp. */
  readonly timestamp: number;
  readonly arrivalUs: number;
  /** Arrival minus media time, µs; its zero means nothing. */
  readonly transitUs: number;
  /** Held until it is decoded: whoever gives it must not write into it. */
  readonly payload: Uint8Array;
}

const slots = 256;

/** Packets in the order of their sequence numbers: a ring with a slot for each number, so that every step costs the same whatever comes. */
export class PacketQueue {
  readonly #ring: (QueuedPacket | undefined)[] = new Array(slots).fill(undefined);
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

  /** Whether the ring spans from here to all packets that wait. */
  fits(sequence: number): boolean {
    return this.#size === 0 || (sequence - this.#lowest < slots && this.#highest - sequence < slots);
  }

  /** Adds a packet that {@link fits} and is not here yet. */
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

  /** Lets everything go. */
  clear(): void {
    this.#ring.fill(undefined);
    this.#size = 0;
  }
}
