import type { Command } from 'commander';
import { registryFromEnv, describeBrokers, discover, watchEvents } from '@rollcall/client';
import type { Directory } from '@rollcall/client';
import { describeEvent } from '@rollcall/protocol';
import type { ObserverEvent } from '@rollcall/protocol';
import { shutdown, silentLogger } from '@rollcall/runtime';
import { READY_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../discovery-timeouts.ts';
import { interrupt, onKeys } from '../terminal/keys.ts';
import type { Span } from '../terminal/line.ts';
import { openScreen } from '../terminal/screen.ts';
import { asJson, asSpan, asText } from '../watch/event-line.ts';
import type { WatchLine } from '../watch/event-line.ts';
import { watchPage } from '../watch/watch-screen.ts';

export function defineWatch(command: Command): void {
  command.option('--json', 'print JSON, one object per line').action(runWatch);
}

/** `rollcall watch`: runs until Ctrl+C, or until its output is closed. */
async function runWatch({ json = false }: { readonly json?: boolean }): Promise<void> {
  const connection = registryFromEnv(process.env);
  const directory = await discover({
    registry: connection,
    timeoutMs: CONNECT_TIMEOUT_MS,
    requireBroker: true,
    // A broker that is not connected is among the events. A warning would go through the middle of the screen.
    logger: silentLogger,
  });
  shutdown.add({ close: () => directory.close() }, ['SIGHUP']);
  const { stdout } = process;
  // Such as `rollcall watch | head`: console.log does not report a closed pipe.
  stdout.once('error', () => process.exit(0));

  const answered = await directory.ready(READY_TIMEOUT_MS);
  if (!json && stdout.isTTY) {
    showOnScreen(directory, describeBrokers(connection), answered);
    return;
  }
  if (!answered) console.error(UNANSWERED);
  const print = (line: WatchLine): void => {
    console.log((json ? asJson : asText)(line, Date.now()));
  };
  // Without an await between the two, no change is missed.
  for (const instance of directory.instances())
    print({ type: 'present', instance, reason: `it is ${instance.status}` });
  follow(directory, print);
}

const UNANSWERED = 'no gateway answered: instances without presence may be missing';

/** In a terminal: a table of the instances, and the latest events below it. */
function showOnScreen(directory: Directory, server: string, answered: boolean): void {
  const screen = openScreen();
  onKeys(({ name }) => (name === 'q' ? interrupt() : screen.scroll(name)));
  const latest: Span[] = answered ? [] : [{ text: UNANSWERED, style: 'yellow' }];
  const draw = (): void => screen.draw(watchPage(server, directory.instances(), latest));
  draw();
  follow(directory, (line) => {
    latest.push(asSpan(line, Date.now()));
    if (latest.length > MAX_EVENTS) latest.shift();
    draw();
  });
}

/** More than fit on most screens. */
const MAX_EVENTS = 100;

function follow(directory: Directory, print: (line: WatchLine) => void): void {
  const onEvent = (event: ObserverEvent): void => {
    const { reason, level } = describeEvent(event);
    print({
      type: event.type,
      reason,
      level,
      ...('instance' in event && { instance: event.instance }),
    });
  };
  watchEvents(directory, onEvent);
  const connected = directory.brokers().filter(({ isConnected }) => isConnected);
  const others = connected.map(({ name }) => name);
  for (const { name, isConnected } of directory.brokers())
    if (!isConnected) onEvent({ type: 'disconnected', broker: name, others });
}
