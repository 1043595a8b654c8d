// What a signature costs in time, and a table of them in memory. Run with --expose-gc.
import { publicKeyOf } from '@rollcall/client';
import { Observer, Ownership, signedText } from '@rollcall/protocol';
import { isSignedBy } from '../../packages/client/dist/trust/ed25519.js';
import { Signer } from '../../packages/client/dist/trust/signer.js';
import { loopbackAddress, tell } from './parts.js';
import { percentile } from './report.js';

const REGISTRY = 'mapped-discovery';
const size = Number(process.env['INSTANCES']);
const serviceKey = process.env['SERVICE_KEY'] ?? '';
const key = publicKeyOf(serviceKey);
const signer = Signer.of({ serviceKey });
if (signer === undefined) throw new Error('there is no service key');

const sample = statement(0);
const signed = signer.sign(REGISTRY, sample);
const text = signedText(REGISTRY, sample);
const withSignatures = bytes(true);
const without = bytes(false);
tell({
  'us to sign': time(() => signer.sign(REGISTRY, sample)),
  'us to write the signed text': time(() => signedText(REGISTRY, sample)),
  'us to verify': time(() => isSignedBy(key, text, signed.sig ?? '')),
  'bytes an instance, unsigned': without,
  'bytes an instance, signed': withSignatures,
});

/** @param {number} index */
function statement(index) {
  const place = { prefix: '/bench', address: loopbackAddress(index), port: 80 };
  const id = signer?.idFor(`i${index}`) ?? '';
  return { announcement: { ...place, id, inc: 1, seq: 0 }, left: false };
}

/** Of an observer's table, which has come as JSON. @param {boolean} isSigned */
function bytes(isSigned) {
  const owners = isSigned ? { '/bench': [{ key }] } : {};
  const ownership = new Ownership({
    owners,
    unowned: 'allow',
    registry: REGISTRY,
    verify: isSignedBy,
    now: Date.now,
    verified: new WeakSet(),
  });
  const observer = new Observer({ probes: 'never', answers: true, nonce: () => 'n', ownership });
  const before = heap();
  for (let index = 0; index < size; index++) {
    const each = statement(index);
    const said = isSigned ? signer?.sign(REGISTRY, each) : each.announcement;
    observer.at(0).receive('register', JSON.parse(JSON.stringify(said)), 0);
  }
  const used = (heap() - before) / size;
  if (observer.table.entries().length !== size) throw new Error('instances were refused');
  return used;
}

/** Microseconds of CPU each. @param {() => unknown} work */
function time(work) {
  const times = Math.max(10, Math.min(1000, size));
  const rounds = Array.from({ length: 9 }, () => {
    const began = process.cpuUsage();
    for (let done = 0; done < times; done++) work();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / times;
  });
  return percentile(rounds.slice(2), 0.5);
}

function heap() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
