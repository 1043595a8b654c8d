import { expect, it } from 'vitest';
import { DEFAULT_HEALTH_CHECK, probeVerdict } from '@rollcall/protocol';

const ANNOUNCED = { health: DEFAULT_HEALTH_CHECK };

it.each([
  [{ status: 200 }, 'ok', 'ok'],
  [{ status: 204 }, 'ok', 'ok'],
  [{ status: 302 }, 'ok', 'ok'],
  [{ status: 400 }, 'failed', 'failed'],
  [{ status: 404 }, 'failed', 'ok'],
  [{ status: 503 }, 'failed', 'failed'],
  [{ code: 'ECONNREFUSED' }, 'refused', 'refused'],
  [{ code: 'ETIMEDOUT' }, 'failed', 'failed'],
  [{ code: 'HPE_INVALID_CONSTANT' }, 'failed', 'ok'],
])(
  'a probe that ends with %j is %s, and %s without an announced health check',
  (outcome, ...verdicts) => {
    expect([probeVerdict(outcome, ANNOUNCED), probeVerdict(outcome, {})]).toEqual(verdicts);
  },
);
