/**
 * Which instances an observer probes often, and which another gateway does: of all gateways, the one whose name and the
 * instance's key have the highest hash (rendezvous hashing). All that know each other come to the same without a message, and
 * when one comes or goes, only its share moves.
 */
export class ProbeShare {
  readonly #self: number;
  #others: readonly number[] = [];

  /** @param name of this gateway. An observer without one has no share: it probes for itself */
  constructor(name = '') {
    this.#self = hash(name);
  }

  /** Sets the names of the other gateways that are there. */
  setOthers(names: readonly string[]): void {
    this.#others = names.map(hash);
  }

  /** How many gateways share. */
  get gateways(): number {
    return this.#others.length + 1;
  }

  /** Whether it is for this observer to probe an instance often. */
  isOwn(key: string): boolean {
    if (this.#others.length === 0) return true;
    const hashed = hash(key);
    const own = mix(hashed ^ this.#self);
    return this.#others.every((other) => mix(hashed ^ other) <= own);
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let hashed = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++)
    hashed = Math.imul(hashed ^ text.charCodeAt(at), 0x01_00_01_93);
  return hashed;
}

/** The last step of MurmurHash3: every bit of the input changes every bit of the result. */
function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85_eb_ca_6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
