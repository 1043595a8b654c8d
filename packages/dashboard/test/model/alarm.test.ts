import type { StatusView } from '@rollcall/gateway';
import { describe, expect, it } from 'vitest';
import { alarmOf } from '../../src/model/alarm.ts';
import { EMPTY } from '../../src/model/model.ts';

const status = (state: StatusView['discovery']['state']) =>
  ({ discovery: { state, since: 1000 }, gateway: { server: 'broker:1' } }) as StatusView;

const alarm = (fields: object) => alarmOf({ ...EMPTY, link: 'open', ...fields }, 5000);

describe('the alarm', () => {
  it('is absent while page, gateway and broker are connected', () => {
    expect(alarm({ status: status('connected') })).toBeUndefined();
    expect(alarm({ link: 'loading' })).toBeUndefined();
  });

  it('says first that the gateway is unreachable', () => {
    const lost = { link: 'lost', lost: { at: 4000, reason: 'no response' } };
    expect(alarm({ ...lost, status: status('expired') })).toMatchObject({
      title: 'The gateway is unreachable',
      text: expect.stringMatching(
        /, for 1 s \(no response\)\. Retrying\. The page shows the state before that/,
      ) as string,
    });
    expect(alarm(lost)?.text).not.toMatch(/page/);
  });

  it('says for how long the gateway has been disconnected, by the gateway’s clock', () => {
    expect(alarm({ status: status('disconnected'), offset: 2000 })).toMatchObject({
      tone: 'warning',
      text: expect.stringMatching(/^No connection to broker:1 for 6 s/) as string,
    });
    expect(alarm({ status: status('expired') })?.tone).toBe('bad');
  });
});
