import { errorMessage } from '@rollcall/runtime';
import type { Values } from '@rollcall/runtime/settings';
import { secretOf, urlOf } from '../notify/targets.ts';
import { TARGET_URL } from './notify.ts';
import type { NOTIFY_SETTINGS } from './notify.ts';

interface NotifyFault {
  readonly path: readonly string[];
  readonly problem: string;
}

type Notify = NonNullable<Values<typeof NOTIFY_SETTINGS>['notify']>;
type Target = NonNullable<Notify['targets']>[number];

/** Returns what is wrong with the targets of notifications, beyond what the table of settings can say. */
export function notifyFaults({ targets = [] }: Notify): NotifyFault[] {
  const urls: (string | undefined)[] = [];
  return targets.flatMap((target, index) => {
    const fault = targetFault(target) ?? repeatedFault(target, urls);
    if (fault === undefined) return [];
    return [{ ...fault, path: ['notify', 'targets', String(index), ...fault.path] }];
  });
}

function targetFault(target: Target): NotifyFault | undefined {
  for (const key of ['url', 'secret'] as const)
    if (target[key] !== undefined && target[`${key}File`] !== undefined)
      return { path: [`${key}File`], problem: `cannot be used with \`${key}\`` };
  if (target.url === undefined && target.urlFile === undefined)
    return { path: [], problem: 'needs `url` or `urlFile`' };
  if (target.events?.length === 0) return { path: ['events'], problem: 'is empty' };
  if (target.kind === 'slack' && (target.secret ?? target.secretFile) !== undefined)
    return { path: ['secret'], problem: 'is for the kind `webhook`: Slack checks no signature' };
  return fileFault(target);
}

function fileFault(target: Target): NotifyFault | undefined {
  try {
    const url = urlOf(target);
    if (url === undefined || TARGET_URL.parse(url) === undefined)
      return { path: ['urlFile'], problem: `must hold ${TARGET_URL.expected}` };
  } catch (error) {
    return { path: ['urlFile'], problem: errorMessage(error) };
  }
  try {
    return secretOf(target) === '' ? { path: ['secretFile'], problem: 'is empty' } : undefined;
  } catch (error) {
    return { path: ['secretFile'], problem: errorMessage(error) };
  }
}

function repeatedFault(target: Target, urls: (string | undefined)[]): NotifyFault | undefined {
  const url = urlOf(target);
  const isRepeated = urls.includes(url);
  urls.push(url);
  return isRepeated ? { path: [], problem: 'has the URL of another target' } : undefined;
}
