import type { LocalApp } from '../../app/local-app.ts';

// Channel names contain no space, so a key has one meaning.

export function subscriptionsKey(channel: string): string {
  return `c ${channel}`;
}

export function memberKey(channel: string, userId: string): string {
  return `m ${channel} ${userId}`;
}

export function userKey(userId: string): string {
  return `u ${userId}`;
}

/** Passes to an app what has changed on another node. @param value - `null` if the entry is gone */
export function applyEntry(
  app: LocalApp,
  node: string,
  key: string,
  value: string | number | null,
): void {
  const [, kind, rest = ''] = /^([cmu]) (.*)$/s.exec(key) ?? [];
  if (kind === 'c') app.setSubscriptionsElsewhere(node, rest, Number(value ?? 0));
  if (kind === 'u') app.setUserElsewhere(node, rest, value !== null);
  if (kind !== 'm') return;
  const [, channel = '', userId = ''] = /^(\S+) (.*)$/s.exec(rest) ?? [];
  if (value === null) app.removeMemberElsewhere(node, channel, userId);
  else app.addMemberElsewhere(node, channel, { userId, userInfoJson: String(value) });
}
