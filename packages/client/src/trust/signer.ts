import type { KeyObject } from 'node:crypto';
import { idWithKey, signedText } from '@rollcall/protocol';
import type { Announcement, Statement } from '@rollcall/protocol';
import type { RegistryChannels } from '../transport/registry-config.ts';
import { isSignedBy, publicKeyOf, readServiceKey, signText } from './ed25519.ts';

const signers = new Map<string, Signer>();

/** Signs what the holder of a service key announces. */
export class Signer {
  /** The public half of the key. */
  readonly publicKey: string;
  readonly #key: KeyObject;

  private constructor(text: string) {
    this.#key = readServiceKey(text);
    this.publicKey = publicKeyOf(text);
  }

  /** The signer with the service key of a registry, or undefined if it has none. */
  static of({ serviceKey }: Pick<RegistryChannels, 'serviceKey'>): Signer | undefined {
    if (serviceKey === undefined) return undefined;
    let signer = signers.get(serviceKey);
    if (signer === undefined) signers.set(serviceKey, (signer = new Signer(serviceKey)));
    return signer;
  }

  /** The id of an instance with the id of the key at its end. */
  idFor(id: string): string {
    return idWithKey(id, this.publicKey);
  }

  sign(registry: string, statement: Statement): Announcement {
    return { ...statement.announcement, sig: signText(this.#key, signedText(registry, statement)) };
  }

  /** Whether a statement is by the same key. */
  hasSigned(registry: string, statement: Statement): boolean {
    const { sig } = statement.announcement;
    return sig !== undefined && isSignedBy(this.publicKey, signedText(registry, statement), sig);
  }
}

/** The announcement of a statement as its owner publishes it: signed, if the registry has a service key. */
export function signed(registry: RegistryChannels, statement: Statement): Announcement {
  return Signer.of(registry)?.sign(registry.channels.registry, statement) ?? statement.announcement;
}
