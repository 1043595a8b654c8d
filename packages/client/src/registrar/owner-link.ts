import { openLink } from '../transport/link.ts';
import type { ChannelHandlers, Link, LinkHandlers } from '../transport/link.ts';
import type { OwnerConnection } from '../transport/registry-config.ts';

const shared = new WeakMap<OwnerConnection, SharedLink>();

/**
 * Opens a link for an owner. All owners of this process that have the same connection share one link, so that a program
 * that announces hundreds of instances counts as one connection at the broker. A second owner of the same instance, which is a
 * mistake, has a link of its own, because a connection can be in the instance's presence channel once.
 * @param id of the instance
 */
export function openOwnerLink(
  connection: OwnerConnection,
  id: string,
  handlers: LinkHandlers,
): Link {
  let link = shared.get(connection);
  if (link?.has(id) === true) return openLink(connection, handlers);
  if (link === undefined) {
    link = new SharedLink(connection, () => shared.delete(connection));
    shared.set(connection, link);
  }
  return link.join(id, handlers);
}

/** A link of several owners, which is closed with the last of them. */
class SharedLink {
  readonly #ownersById = new Map<string, LinkHandlers>();
  readonly #channels = new Map<string, Set<ChannelHandlers>>();
  readonly #link: Link;
  readonly #onClosed: () => void;

  constructor(connection: OwnerConnection, onClosed: () => void) {
    this.#onClosed = onClosed;
    this.#link = openLink(connection, {
      onConnected: () => this.#owners().forEach((each) => each.onConnected?.()),
      onDisconnected: () => this.#owners().forEach((each) => each.onDisconnected?.()),
      onRefused: (reason) => this.#owners().forEach((each) => each.onRefused?.(reason)),
      onShortage: (code) => this.#owners().forEach((each) => each.onShortage?.(code)),
    });
  }

  has(id: string): boolean {
    return this.#ownersById.has(id);
  }

  /** Returns the link as one owner sees it. */
  join(id: string, handlers: LinkHandlers): Link {
    const own = new Map<string, ChannelHandlers>();
    const link = this.#link;
    this.#ownersById.set(id, handlers);
    const unsubscribe = (channel: string): void => {
      const channelHandlers = own.get(channel);
      own.delete(channel);
      if (channelHandlers !== undefined) this.#unsubscribe(channel, channelHandlers);
    };
    return {
      get socketId() {
        return link.socketId;
      },
      subscribe: (channel, channelHandlers) => {
        own.set(channel, channelHandlers);
        this.#subscribe(channel, channelHandlers);
      },
      unsubscribe,
      close: () => {
        for (const channel of own.keys()) unsubscribe(channel);
        this.#leave(id, handlers);
      },
    };
  }

  #owners(): readonly LinkHandlers[] {
    return [...this.#ownersById.values()];
  }

  #subscribe(channel: string, handlers: ChannelHandlers): void {
    const others = this.#channels.get(channel);
    if (others !== undefined) {
      others.add(handlers);
      return;
    }
    const all = new Set([handlers]);
    this.#channels.set(channel, all);
    this.#link.subscribe(channel, {
      // What is left is for presence channels, each of which has one owner.
      ...handlers,
      onEvent: (event, data) => all.forEach((each) => each.onEvent?.(event, data)),
      onUnauthorized: (error) => all.forEach((each) => each.onUnauthorized?.(error)),
    });
  }

  #unsubscribe(channel: string, handlers: ChannelHandlers): void {
    const all = this.#channels.get(channel);
    all?.delete(handlers);
    if (all?.size !== 0) return;
    this.#channels.delete(channel);
    this.#link.unsubscribe(channel);
  }

  #leave(id: string, handlers: LinkHandlers): void {
    // It may be closed twice, the second time when the instance has another owner.
    if (this.#ownersById.get(id) !== handlers) return;
    this.#ownersById.delete(id);
    if (this.#ownersById.size > 0) return;
    this.#onClosed();
    this.#link.close();
  }
}
