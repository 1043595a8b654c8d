import type { App, AppReport, ChannelStates } from '../app/app.ts';
import { after } from '../app/maybe-promise.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';

/** What all nodes hold of an app, except connections: these are the sum of what each node reports. */
export interface SharedCounts {
  readonly channels: number;
  readonly members: number;
}

/** Returns what this node holds of each app. */
export async function reportsOf(apps: Iterable<App>): Promise<readonly AppReport[]> {
  const reports: AppReport[] = [];
  for (const app of apps) reports.push(await reportOf(app));
  return reports;
}

function reportOf(app: App): MaybePromise<AppReport> {
  return after(app.channelsStartingWith(''), (states) => {
    const { appId } = app.options;
    const { connections } = app.size;
    let channels = 0;
    let members = 0;
    for (const { ownCount, ownUserCount } of states.values()) {
      if (ownCount > 0) channels += 1;
      members += ownUserCount;
    }
    return { appId, connections, channels, members };
  });
}

/** Returns what all nodes hold of an app. */
export function sharedCounts(app: App): MaybePromise<SharedCounts> {
  return after(app.channelsStartingWith(''), (states: ChannelStates) => {
    let members = 0;
    for (const { userCount } of states.values()) members += userCount;
    return { channels: states.size, members };
  });
}
