import { describe, expect, it, vi } from 'vitest';
import { AcmeError } from '../../src/certificates/acme/error.ts';
import type { Challenge, OrderOptions } from '../../src/certificates/acme/order.ts';
import { ManagedCertificates } from '../../src/certificates/managed-certificates.ts';
import { heldCertificate } from '../../src/certificates/pem.ts';
import { NO_STORE } from '../../src/certificates/store.ts';
import type { CertificateStore } from '../../src/certificates/store.ts';
import { API } from '../../../../test/support/certificates.ts';
import { loggerTo } from '../../../../test/support/log.ts';

const NAME = 'api.example.com';
const CERTIFICATE = { cert: String(API.cert), key: String(API.key) };
const HELD = heldCertificate(CERTIFICATE.cert, CERTIFICATE.key, NAME);
const CHALLENGE: Challenge = { type: 'http-01', name: NAME, token: 't', answer: 'a' };

interface Given {
  readonly order?: (options: OrderOptions) => Promise<typeof CERTIFICATE>;
  readonly store?: Partial<CertificateStore>;
  readonly share?: Partial<Parameters<ManagedCertificates['shareBy']>[0]>;
}

async function managedBy({ order = async () => CERTIFICATE, store = {}, share }: Given = {}) {
  const lines: string[] = [];
  const calls: string[] = [];
  const clock = { now: (HELD?.notBefore ?? 0) + 1000 };
  const managed = new ManagedCertificates({
    store: { ...NO_STORE, ...store },
    order,
    types: ['http-01', 'tls-alpn-01'],
    answer: async ({ type }) => void calls.push(`answer ${type}`),
    unanswer: (name) => calls.push(`unanswer ${name}`),
    onChange: () => calls.push('change'),
    logger: loggerTo(lines),
    random: () => 0,
    now: () => clock.now,
  });
  if (share !== undefined)
    managed.shareBy({
      want: () => {},
      hold: () => {},
      claim: async () => true,
      present: async () => {},
      ordered: () => {},
      failed: () => {},
      ...share,
    });
  await managed.configure([NAME]);
  calls.length = 0;
  return { managed, lines, calls, clock, entry: () => managed.all()[0] };
}

describe('certificates that are ordered', () => {
  it('are ordered if there is none, and renewed after two thirds of their life', async () => {
    const order = vi.fn<(options: OrderOptions) => Promise<typeof CERTIFICATE>>(
      async ({ present }) => {
        await present(CHALLENGE);
        return CERTIFICATE;
      },
    );
    const { managed, calls, clock, entry } = await managedBy({ order });
    await managed.tick();
    expect(calls).toEqual(['answer http-01', 'change', `unanswer ${NAME}`]);
    const { notBefore = 0, notAfter = 0 } = HELD ?? {};
    const renewal = notBefore + ((notAfter - notBefore) * 2) / 3;
    expect(entry()).toMatchObject({ failures: 0, nextOrderAt: renewal, certificate: CERTIFICATE });
    clock.now = renewal - 1;
    await managed.tick();
    expect(order).toHaveBeenCalledTimes(1);
    clock.now = renewal;
    await managed.tick();
    expect(order).toHaveBeenCalledTimes(2);
    expect(managed.orders).toEqual({ ok: 2, failed: 0 });
  });

  it('wait longer after each failure, with the other challenge next, and say so', async () => {
    const types: string[] = [];
    const { managed, lines, clock, entry } = await managedBy({
      order({ type }) {
        types.push(type);
        return Promise.reject(new AcmeError('no route to it'));
      },
    });
    const waits: number[] = [];
    for (let count = 0; count < 4; count++) {
      await managed.tick();
      waits.push((entry()?.nextOrderAt ?? 0) - clock.now);
      clock.now = entry()?.nextOrderAt ?? 0;
    }
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000]);
    expect(types).toEqual(['http-01', 'tls-alpn-01', 'http-01', 'tls-alpn-01']);
    expect(entry()).toMatchObject({
      failures: 4,
      reason: 'no route to it',
      certificate: undefined,
    });
    expect(lines).toContainEqual(
      expect.stringMatching(/^cannot order certificate: trying again later .*no route to it/),
    );
  });

  it('wait as long as the server asks', async () => {
    const refused = new AcmeError('rateLimited: too many', 'rateLimited', 3_600_000);
    const { managed, clock, entry } = await managedBy({ order: () => Promise.reject(refused) });
    await managed.tick();
    expect(entry()?.nextOrderAt).toBe(clock.now + 3_600_000);
  });

  it('come from disk after a restart, and are kept there', async () => {
    const save = vi.fn<CertificateStore['save']>(async () => {});
    const order = vi.fn<() => Promise<typeof CERTIFICATE>>();
    const kept = await managedBy({ store: { load: async () => HELD, save }, order });
    await kept.managed.tick();
    expect(order).not.toHaveBeenCalled();
    const fresh = await managedBy({ store: { save } });
    await fresh.managed.tick();
    expect(save).toHaveBeenCalledWith(NAME, HELD);
  });

  it('are served though they cannot be kept', async () => {
    const { managed, lines, entry } = await managedBy({
      store: { save: () => Promise.reject(new Error('ENOSPC')) },
    });
    await managed.tick();
    expect(entry()?.certificate).toEqual(HELD);
    expect(lines).toContainEqual(expect.stringMatching(/cannot keep certificate on disk .*ENOSPC/));
  });

  it('are refused if they are for another name or of another key', async () => {
    const { managed, entry } = await managedBy({
      order: async () => ({ ...CERTIFICATE, key: 'other' }),
    });
    await managed.tick();
    expect(entry()).toMatchObject({ failures: 1, certificate: undefined });
    await managed.received(NAME, { ...CERTIFICATE, key: 'other' });
    expect(entry()?.certificate).toBeUndefined();
  });

  it('are left to another gateway, taken from it, and its failures counted', async () => {
    const order = vi.fn<() => Promise<typeof CERTIFICATE>>();
    const hold = vi.fn<(name: string, held: object) => void>();
    const { managed, entry } = await managedBy({
      order,
      share: { claim: async () => false, hold },
    });
    await managed.tick();
    expect(order).not.toHaveBeenCalled();
    managed.failedElsewhere(NAME, 2, 5);
    expect(entry()).toMatchObject({ failures: 2, nextOrderAt: 5 });
    await managed.received(NAME, CERTIFICATE);
    expect(entry()).toMatchObject({ failures: 0, certificate: HELD });
    expect(hold).toHaveBeenCalledWith(NAME, HELD);
    await managed.received('unknown.example.com', CERTIFICATE);
    expect(managed.all()).toHaveLength(1);
  });

  it('are not ordered if another gateway sends one while this one waits for its turn', async () => {
    const order = vi.fn<() => Promise<typeof CERTIFICATE>>();
    const claim = async (): Promise<boolean> => {
      await managed.received(NAME, CERTIFICATE);
      return true;
    };
    const { managed } = await managedBy({ order, share: { claim } });
    await managed.tick();
    expect(order).not.toHaveBeenCalled();
  });
});
