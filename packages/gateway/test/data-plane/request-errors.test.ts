import { afterEach, expect, it, vi } from 'vitest';
import type { ProxyOptions } from '@rollcall/proxy';
import { createDataPlane } from '../../src/workers/create-data-plane.ts';
import { loggerTo } from '../../../../test/support/log.ts';
import { dataPlaneSettings } from '../data-plane-settings.ts';

let proxy: ProxyOptions;
vi.mock('@rollcall/proxy', async (original) => ({
  ...(await original<object>()),
  createProxy: (options: ProxyOptions) => (proxy = options),
}));

const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
afterEach(() => warning.mockClear());

it('logs a request at which the gateway itself failed', async () => {
  const lines: string[] = [];
  await createDataPlane({
    workers: 1,
    settings: dataPlaneSettings({}),
    directory: { knows: () => true, prefixes: () => ['/v1'], routable: () => [] } as never,
    isTableComplete: true,
    traffic: { countRequest() {} } as never,
    onReport() {},
    onLoads() {},
    onFilterFault() {},
    logger: loggerTo(lines),
  });
  proxy.onInternalError?.(new Error('an exchange cannot end while done'), 'r1');
  proxy.onFilterError?.('cors', new Error('no'), 'r2');
  expect(lines).toEqual([
    expect.stringMatching(/^internal error at a request .*an exchange cannot end while done/),
    'filter failed filter=cors requestId=r2 reason=no',
  ]);
  expect(warning).not.toHaveBeenCalled();
});
