import { Command } from 'commander';
import { registryFromEnv, describeServer, discover, urlHost } from '@rollcall/client';
import type { Directory } from '@rollcall/client';
import { closeOnSignal } from '../lifetime.ts';
import { ANSWER_WAIT_MS, CONNECT_WITHIN_MS } from '../patience.ts';
import { STATE_WORDS } from '../terminal/state-words.ts';
import { Screen } from '../terminal/screen.ts';
import { boardLines } from '../watch/board.ts';
import { asJson, asText, changed } from '../watch/happening.ts';
import type { Happening } from '../watch/happening.ts';

export function watchCommand(): Command {
  return new Command('watch')
    .description('list the registered instances, and then each change, until Ctrl+C')
    .option('--json', 'print JSON, one object per line')
    .action(runWatch);
}

/** `rollcall watch`: until Ctrl+C, or until nobody reads it. */
async function runWatch({ json = false }: { readonly json?: boolean }): Promise<void> {
  const connection = registryFromEnv(process.env);
  const directory = await discover({ registry: connection, timeoutMs: CONNECT_WITHIN_MS });
  closeOnSignal(async () => directory.close());
  const { stdout } = process;
  // Such as `rollcall watch | head`: console.log says nothing of a pipe that is closed.
  stdout.once('error', () => process.exit(0));

  const answered = await directory.ready(ANSWER_WAIT_MS);
  const server = describeServer(connection);
  if (!json && stdout.isTTY) {
    showBoard(directory, server, answered);
    return;
  }
  if (!answered) console.error(UNANSWERED);
  const tell = (happening: Happening): void => {
    console.log((json ? asJson : asText)(happening, Date.now()));
  };
  // In one turn: between what is there and what changes nothing is lost.
  for (const instance of directory.instances())
    tell({ what: 'present', instance, why: STATE_WORDS[instance.status] });
  follow(directory, server, tell);
}

const UNANSWERED = 'no gateway answered: instances without presence may be missing';

/** In a terminal: who is there, and below it what happened last. */
function showBoard(directory: Directory, server: string, answered: boolean): void {
  const screen = new Screen(process.stdout);
  process.once('exit', () => screen.close());
  const happened = answered ? [] : [UNANSWERED];
  const draw = (): void => screen.draw(boardLines(server, directory.instances(), happened));
  draw();
  follow(directory, server, (happening) => {
    happened.push(asText(happening, Date.now()));
    if (happened.length > KEPT) happened.shift();
    draw();
  });
}

/** As many as fit below some instances. */
const KEPT = 100;

function follow(directory: Directory, server: string, tell: (happening: Happening) => void): void {
  directory.on('change', (change) => tell(changed(change)));
  const lost = (): void =>
    tell({ what: 'broker lost', why: `${server}: what happens now shows when it is back` });
  directory.on('disconnected', lost);
  if (!directory.isConnected) lost();
  directory.on('connected', () => tell({ what: 'broker back', why: `hearing ${server} again` }));
  directory.on('rejected', (reason) =>
    tell({ what: 'broker refuses', why: `${reason}: trying again at ${server}` }),
  );
  directory.on('conflict', (instance, { address, port }) =>
    tell({ what: 'conflict', instance, why: `${urlHost(address)}:${port} uses the same id` }),
  );
  directory.on('stale', (prefix, instances) =>
    tell({
      what: 'link in doubt',
      why: `${instances} instances of ${prefix || '/'} were lost sight of at once`,
    }),
  );
  directory.on('refused', (event, { code, reason }) =>
    tell({ what: 'refused', why: `${event} (${code}): ${reason}` }),
  );
  directory.on('fault', ({ message }) => tell({ what: 'fault', why: message }));
}
