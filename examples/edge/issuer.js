import { generateKeyPairSync, sign } from 'node:crypto';

/** An identity provider: its public keys, and tokens that it signs. */
export class Issuer {
  #keys = generateKeyPairSync('ed25519');

  get jwks() {
    const key = this.#keys.publicKey.export({ format: 'jwk' });
    return { keys: [{ ...key, alg: 'EdDSA', kid: 'key-1' }] };
  }

  /**
   * A token for a day.
   * @param {string} consumer
   */
  token(consumer) {
    const claims = {
      iss: 'https://login.example.test/',
      aud: 'https://api.example.test',
      sub: consumer,
      exp: Math.floor(Date.now() / 1000) + 86_400,
    };
    const signed = [{ alg: 'EdDSA', kid: 'key-1' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign(null, Buffer.from(signed), this.#keys.privateKey);
    return `${signed}.${signature.toString('base64url')}`;
  }
}
