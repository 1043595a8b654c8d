import { describeChannels } from './channels.ts';
import { describeEvents } from './events.ts';
import type { MakeApp } from './fixture.ts';
import { describeUsers } from './users.ts';

/** Tests what every implementation of App does, whether it answers at once or later. */
export function describeApp(make: MakeApp): void {
  describeChannels(make);
  describeEvents(make);
  describeUsers(make);
}
