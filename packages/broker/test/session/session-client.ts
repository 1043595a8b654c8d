import { createHmac } from 'node:crypto';
import type { App } from '../../src/app/app.ts';
import { Session } from '../../src/session/session.ts';
import { APP } from '../app/new-app.ts';
import { FakeConnection } from '../fake-connection.ts';
import type { Frame } from '../fake-connection.ts';

export const MAX_SUBSCRIPTIONS = 5;
export const MAX_PUBLIC_SUBSCRIPTIONS = 3;

/** A session and its client, without a socket. Remembers what was unexpected. */
export class SessionClient extends FakeConnection {
  readonly #session: Session;
  readonly errors: unknown[] = [];

  constructor(app: App, clock: () => number = () => 0) {
    super();
    this.#session = new Session({
      app,
      client: this,
      clock,
      settings: {
        maxSubscriptions: MAX_SUBSCRIPTIONS,
        maxPublicSubscriptions: MAX_PUBLIC_SUBSCRIPTIONS,
      },
    });
  }

  say(event: string, data: unknown, channel?: string): Frame[] {
    this.#session.receive(JSON.stringify({ event, data, channel }));
    return this.take();
  }

  sign(channel: string, channelData?: string): string {
    const text = [this.socketId, channel, channelData].filter((part) => part !== undefined);
    const signature = createHmac('sha256', APP.secret).update(text.join(':')).digest('hex');
    return `${APP.key}:${signature}`;
  }

  signIn(user: unknown, secret: string = APP.secret): Frame[] {
    const userData = JSON.stringify(user);
    const text = `${this.socketId}::user::${userData}`;
    const signature = createHmac('sha256', secret).update(text).digest('hex');
    return this.say('pusher:signin', { auth: `${APP.key}:${signature}`, user_data: userData });
  }

  subscribe(channel: string, user?: unknown): Frame[] {
    const channelData = user === undefined ? undefined : JSON.stringify(user);
    const auth = this.sign(channel, channelData);
    return this.say('pusher:subscribe', { channel, auth, channel_data: channelData });
  }

  failed(error: unknown): void {
    this.errors.push(error);
  }

  override close(code: number): void {
    super.close(code);
    this.end();
  }

  end(): void {
    this.#session.end();
  }
}
