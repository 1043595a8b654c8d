import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Following } from './following.ts';

let following: Following;
beforeEach(async () => {
  following = await Following.start();
});
afterEach(() => following.end());

describe('the containers of an engine', () => {
  it('are announced while they run, those from before included', async () => {
    following.engine.run('a');
    following.engine.run('b', { 'com.example': 'other' });
    following.follow();
    await following.areAnnounced('a');
    following.engine.run('c');
    await following.areAnnounced('a', 'c');
    following.engine.change('a', { Status: 'exited' });
    following.engine.emit('a', 'die');
    await following.areAnnounced('c');
    following.engine.change('a', { Status: 'running' });
    following.engine.emit('a', 'start');
    await following.areAnnounced('a', 'c');
    expect(following.happened).toEqual(['+a', '+c', '-a', '+a']);
  });

  it('that other labels have are never inspected', async () => {
    following.engine.run('b', { 'com.example': 'other' });
    following.follow();
    await following.caughtUp();
    expect(following.engine.requested).not.toContain(`/containers/${'b'.repeat(64)}/json`);
  });

  it.each(['15', 'TERM', 'SIGTERM', '9', '2'])(
    'leave when they are sent the signal %s, before they end',
    async (signal) => {
      following.engine.run('a');
      following.follow();
      await following.areAnnounced('a');
      following.engine.emit('a', 'kill', { signal });
      await following.areAnnounced();
    },
  );

  it.each(['SIGQUIT', 3])('leave at their own stop signal %s, and at no other one', async (own) => {
    following.engine.run('a').Config['StopSignal'] = own;
    following.follow();
    await following.areAnnounced('a');
    following.engine.emit('a', 'kill', { signal: '1' });
    await following.caughtUp();
    expect(following.happened).toEqual(['+a', '+f']);
    following.engine.emit('a', 'kill', { signal: '3' });
    await following.areAnnounced('f');
  });

  it.each([
    ['SIGRTMIN+3', '37'],
    ['RTMAX-1', '63'],
  ])('leave at their own real-time signal %s', async (own, sent) => {
    following.engine.run('a').Config['StopSignal'] = own;
    following.follow();
    await following.areAnnounced('a');
    following.engine.emit('a', 'kill', { signal: sent });
    await following.areAnnounced();
  });

  it('that were sent the signal and run again are announced, though no event says so', async () => {
    following.engine.run('a').State['StartedAt'] = '2026-01-01T00:00:00Z';
    following.follow();
    await following.areAnnounced('a');
    following.engine.emit('a', 'kill', { signal: '15' });
    await following.areAnnounced();
    following.engine.change('a', { StartedAt: '2026-01-01T00:00:09Z' });
    following.engine.emit('a', 'health_status: healthy');
    await following.areAnnounced('a');
  });

  it('that go on running in spite of the signal are announced again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      following.engine.run('a').Config['StopTimeout'] = 1;
      following.follow();
      await following.areAnnounced('a');
      following.engine.emit('a', 'kill', { signal: '15' });
      await following.areAnnounced();
      await vi.advanceTimersByTimeAsync(6000);
      await following.areAnnounced('a');
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([-1, 3_000_000])(
    'that have %i s to end are not announced again while they use them',
    async (seconds) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        following.engine.run('a').Config['StopTimeout'] = seconds;
        following.follow();
        await following.areAnnounced('a');
        following.engine.emit('a', 'kill', { signal: '15' });
        await following.areAnnounced();
        await vi.advanceTimersByTimeAsync(600_000);
        await following.caughtUp();
        expect(following.happened).toEqual(['+a', '-a', '+f']);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it('are withdrawn with the reason, which is logged once', async () => {
    const { NetworkSettings } = following.engine.run('a');
    following.engine.run('b');
    following.follow({ rereadMs: 20 });
    await following.areAnnounced('a', 'b');
    NetworkSettings.Ports = {};
    following.engine.emit('b', 'kill', { signal: '15' });
    await following.areAnnounced();
    const readings = following.engine.requested.length;
    await vi.waitFor(() =>
      expect(following.engine.requested.length).toBeGreaterThan(readings + 10),
    );
    const reasons = following.log.filter((line) => /withdrawing|not announced/.test(line));
    expect(reasons.toSorted()).toEqual([
      'info withdrawing {"container":"web-a","prefix":"/v1","why":"its port 80 is not published: publish it, or use --network"}',
      'info withdrawing {"container":"web-b","prefix":"/v1","why":"it was sent the signal to end"}',
      'warn not announced {"container":"web-a","why":"its port 80 is not published: publish it, or use --network"}',
    ]);
  });

  it('leave while they are paused or unhealthy', async () => {
    following.engine.run('a');
    following.follow();
    await following.areAnnounced('a');
    following.engine.change('a', { Status: 'paused' });
    following.engine.emit('a', 'pause');
    await following.areAnnounced();
    following.engine.change('a', { Status: 'running', Health: { Status: 'unhealthy' } });
    following.engine.emit('a', 'unpause');
    following.engine.emit('a', 'health_status: unhealthy');
    await following.caughtUp();
    expect(following.announced).toEqual(['f']);
    following.engine.change('a', { Health: { Status: 'healthy' } });
    following.engine.emit('a', 'health_status: healthy');
    await following.areAnnounced('a', 'f');
  });

  it('that publish another port after a restart move', async () => {
    const { NetworkSettings } = following.engine.run('a');
    following.follow();
    await following.areAnnounced('a');
    NetworkSettings.Ports['80/tcp'] = [{ HostIp: '', HostPort: '40000' }];
    following.engine.emit('a', 'start');
    await vi.waitFor(() => expect(following.happened).toEqual(['+a', '-a', '+a']));
  });

  it('leave again until the broker has accepted it', async () => {
    following.engine.run('a');
    following.follow();
    await following.areAnnounced('a');
    let attempts = 0;
    following.leave = () =>
      ++attempts === 1 ? Promise.reject(new Error('no broker')) : Promise.resolve();
    following.engine.emit('a', 'kill', { signal: '15' });
    await following.areAnnounced();
    expect(following.errors).toHaveLength(1);
  });

  it('with a fault are reported once', async () => {
    following.engine.run('a', { 'rollcall.prefx': '/v1' });
    following.follow({ rereadMs: 20 });
    await following.caughtUp();
    await vi.waitFor(() =>
      expect(
        following.engine.requested.filter((path) => path.includes('aaaa')).length,
      ).toBeGreaterThan(3),
    );
    expect(following.log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn not announced {"container":"web-a","why":"the label rollcall.prefx is unknown: did you mean rollcall.prefix?"}',
    ]);
  });
});
