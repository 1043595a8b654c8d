import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RollcallError } from '@rollcall/protocol';
import { Following } from './following.ts';

let following: Following;
beforeEach(async () => {
  following = await Following.start();
});
afterEach(() => following.end());

const eventRequests = (): string[] =>
  following.engine.requested.filter((path) => path.startsWith('/events'));

describe('an engine', () => {
  it('that goes away changes nothing, and is read again when it is back', async () => {
    following.engine.run('a');
    following.engine.run('b');
    following.follow();
    await following.areAnnounced('a', 'b');
    await following.engine.stop();
    await vi.waitFor(() => expect(following.log.join('\n')).toContain('cannot follow the engine'));
    following.engine.containers.delete('a');
    following.engine.run('c');
    await following.engine.start();
    await following.areAnnounced('b', 'c');
    // None was announced twice.
    expect(following.happened.toSorted()).toEqual(['+a', '+b', '+c', '-a']);
    expect(following.errors).toHaveLength(1);
  });

  it('that is not there yet is waited for', async () => {
    await following.engine.stop();
    following.follow();
    await vi.waitFor(() => expect(following.log.join('\n')).toContain('ENOENT'));
    following.engine.run('a');
    await following.engine.start();
    await following.areAnnounced('a');
  });

  it('that cuts its events off is read again', async () => {
    following.follow();
    await vi.waitFor(() => expect(following.engine.followers).toBe(1));
    following.engine.containers.set('a', following.engine.run('a'));
    following.engine.cut();
    await following.areAnnounced('a');
    await vi.waitFor(() => expect(following.engine.followers).toBe(1));
  });

  it('that loses events is found out', async () => {
    following.engine.run('a');
    following.follow({ rereadMs: 50 });
    await following.areAnnounced('a');
    following.engine.containers.delete('a');
    await following.areAnnounced();
  });

  it('that repeats events, or sends them out of order, announces nothing twice', async () => {
    following.engine.run('a');
    following.follow();
    await following.areAnnounced('a');
    for (let count = 0; count < 100; count++)
      following.engine.emit('a', count % 2 === 0 ? 'start' : 'die');
    await following.caughtUp();
    await following.areAnnounced('a', 'f');
    // Whatever came in between, it is announced once in the end.
    const own = following.happened.filter((each) => each.endsWith('a'));
    expect(own.every((each, index) => each === (index % 2 === 0 ? '+a' : '-a'))).toBe(true);
  });

  it('that answers late does not bring back a container that has ended', async () => {
    following.engine.run('a');
    following.follow();
    await following.areAnnounced('a');
    const waiting: (() => void)[] = [];
    const before = JSON.stringify(following.engine.containers.get('a'));
    following.engine.intercept = (path, response) => {
      if (!path.includes('aaaa') || waiting.length > 0) return false;
      waiting.push(() => response.end(before));
      return true;
    };
    following.engine.emit('a', 'health_status: healthy');
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    following.engine.change('a', { Status: 'exited' });
    following.engine.emit('a', 'die');
    await following.areAnnounced();
    waiting[0]?.();
    await following.caughtUp();
    expect(following.happened).toEqual(['+a', '-a', '+f']);
  });

  it('that lists late does not withdraw a container that has started meanwhile', async () => {
    const waiting: (() => void)[] = [];
    following.engine.intercept = (path, response) => {
      if (path !== '/containers/json' || waiting.length > 0) return false;
      waiting.push(() => response.end('[]'));
      return true;
    };
    following.follow();
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    following.engine.run('a');
    await following.areAnnounced('a');
    waiting[0]?.();
    await vi.waitFor(() => expect(following.log.join('\n')).toContain('following the containers'));
    await following.caughtUp();
    expect(following.happened).toEqual(['+a', '+f']);
  });

  it.each<[string, (path: string) => boolean, string]>([
    ['a list', (path) => path === '/containers/json', '{"message":"x"}'],
    ['a list that is no JSON', (path) => path === '/containers/json', '[{'],
  ])('that answers nonsense for %s changes nothing', async (_what, isMeant, answer) => {
    following.engine.run('a');
    following.follow();
    await following.areAnnounced('a');
    following.engine.intercept = (path, response) => {
      if (isMeant(path)) response.end(answer);
      return isMeant(path);
    };
    const requests = following.engine.requested.length;
    following.engine.cut();
    // Twice, so that the first answer has been taken in.
    const asked = () => following.engine.requested.slice(requests).filter(isMeant).length;
    await vi.waitFor(() => expect(asked()).toBe(2));
    expect(following.errors).toHaveLength(1);
    expect(following.happened).toEqual(['+a']);
    following.engine.intercept = () => false;
    following.engine.run('b');
    await following.areAnnounced('a', 'b');
  });

  it.each([
    ['fails', 500, '{"message":"x"}'],
    ['answers nonsense', 200, '7'],
    ['says too much', 200, 'x'.repeat(5 * 1024 * 1024)],
  ])('that %s for one container harms no other', async (_what, status, answer) => {
    following.engine.intercept = (path, response) => {
      const isMeant = path.includes('aaaa');
      if (isMeant) response.writeHead(status).end(answer);
      return isMeant;
    };
    following.engine.run('a');
    following.engine.run('b');
    following.follow({ rereadMs: 20 });
    await following.areAnnounced('b');
    const readings = () => following.engine.requested.filter((path) => path.includes('aaaa'));
    await vi.waitFor(() => expect(readings().length).toBeGreaterThan(2));
    // It goes on being followed.
    expect(eventRequests()).toHaveLength(1);
    expect(following.errors).toEqual([]);
  });

  it('that writes nonsense among its events goes on being followed', async () => {
    following.follow();
    await vi.waitFor(() => expect(following.engine.followers).toBe(1));
    following.engine.write('\n\n7\n[]\n{"Action":"start"}\n{"Type":"container","Action":7}\n');
    following.engine.write('{"Type":"container","Action":"start","Actor":{"ID":"../../etc"}}\n');
    await following.caughtUp();
    expect(eventRequests()).toHaveLength(1);
    expect(following.engine.requested.join()).not.toContain('etc');
  });

  it('that writes an event that is too long goes on being followed', async () => {
    following.follow();
    await vi.waitFor(() => expect(following.engine.followers).toBe(1));
    const labels = { 'com.example': 'x'.repeat(2 * 1024 * 1024) };
    following.engine.run('a', labels);
    following.engine.emit('a', 'start', labels);
    await following.caughtUp();
    expect(eventRequests()).toHaveLength(1);
    expect(following.errors).toEqual([]);
  });

  it('is left at once if this program cannot follow it', async () => {
    const refusal = new RollcallError('ROLLCALL_CONFIG', 'not here');
    following.follow({ onConnected: () => Promise.reject(refusal) });
    await expect(following.ended).rejects.toBe(refusal);
    await vi.waitFor(() => expect(following.engine.followers).toBe(0));
  });

  it('refuses by a proxy, which is said', async () => {
    following.engine.intercept = (path, response) => {
      if (path.startsWith('/events')) response.writeHead(403).end();
      return path.startsWith('/events');
    };
    following.follow();
    await vi.waitFor(() =>
      expect(following.log.join('\n')).toContain(
        'a socket proxy has to let containers and events through',
      ),
    );
  });

  it('is only read', async () => {
    following.engine.run('a');
    following.follow();
    await following.caughtUp();
    for (const path of following.engine.requested)
      expect(path).toMatch(/^\/(events\?|containers\/json$|containers\/[0-9a-f]{64}\/json$)/);
  });
});
