import type { Command } from 'commander';
import {
  announcedAddress,
  ownerRegistryFromEnv,
  exitCodeOf,
  register,
  RollcallError,
} from '@rollcall/client';
import type { AuthServer, Registration, RegistryConfig } from '@rollcall/client';
import type { Announcement } from '@rollcall/protocol';
import { endWithParent, errorMessage, withDeadline } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { openLog } from '../log.ts';
import { withLogOptions } from '../log-options.ts';
import { announcedFields, announcementOptions } from '../run/announcement-options.ts';
import { checkedAnnouncement, stableId } from '../run/checked-announcement.ts';
import { withoutSecrets } from '../run/program-environment.ts';
import { startProgram } from '../run/start-program.ts';
import type { Program } from '../run/start-program.ts';
import { accepts, conditionOf, servedAddress } from '../run/readiness.ts';

/** Process managers usually kill after 10 s. */
const LEAVE_MS = 3000;
const FLUSH_MS = 1000;
/** As of other programs of Rollcall that cannot listen. */
const EXIT_LISTEN = 3;

interface RunOptions extends LogFlags {
  readonly requireBroker?: boolean;
  readonly passSecrets?: boolean;
  readonly [field: string]: unknown;
}

export function defineRun(command: Command): void {
  for (const option of announcementOptions()) command.addOption(option);
  command
    .option(
      '--require-broker',
      'end the program if the broker cannot be reached, or refuses (default: it runs, and registering is retried)',
    )
    .option(
      '--pass-secrets',
      'leave the secret of the app, the master key and the admin token in the environment of the program (default: they are removed)',
    )
    .argument('<command...>', 'the program and its arguments, after --')
    .passThroughOptions()
    .action(runProgram);
  withLogOptions(command);
}

/** `rollcall run`: registers a program that knows nothing of Rollcall, for as long as it listens. */
async function runProgram(command: readonly string[], options: RunOptions): Promise<void> {
  // Standard output belongs to the program.
  const logger = openLog(options, 'stderr');
  const registry = ownerRegistryFromEnv(process.env);
  const given = announcedFields(options);
  const announcement = checkedAnnouncement({
    address: await announcedAddress(registry, process.env),
    ...given,
  });
  const addresses = await freeAddresses(announcement, given['address'] !== undefined);

  let registering: Promise<Registration> | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => (leaving ??= leaveInTime(registering, logger));
  async function exit(code: number): Promise<never> {
    await logger.flush(FLUSH_MS);
    process.exit(code);
  }

  const env = options.passSecrets === true ? process.env : withoutSecrets(process.env);
  const program = startProgram({ command, env, beforeStop: leave, logger });
  endWithParent();
  const address = await servedAddress(announcement, addresses, program.stopping, logger);
  if (address !== undefined) {
    const { requireBroker = false } = options;
    registering = registerAt(address, { announcement, registry, requireBroker, logger });
    try {
      await registering;
    } catch (error) {
      registering = undefined;
      logger.error(errorMessage(error));
      program.kill('SIGTERM');
      await program.ended;
      await program.endRest();
      await exit(exitCodeOf(error));
    }
  }
  const code = await program.ended;
  await leave();
  await program.endRest();
  await exit(
    address === undefined
      ? endedEarly(code, program, logger, () => conditionOf(announcement, addresses))
      : code,
  );
}

/** The exit code for a program that ended, with this code, before it was registered. */
function endedEarly(
  code: number,
  program: Program,
  logger: Logger,
  condition: () => string,
): number {
  if (!program.wasRunning() || program.isStopped()) return code;
  logger.error(`the program ended before it was registered; rollcall waited for ${condition()}`);
  return code === 0 ? EXIT_LISTEN : code;
}

function registerAt(
  address: string,
  context: {
    readonly announcement: Announcement;
    readonly registry: RegistryConfig | AuthServer;
    readonly requireBroker: boolean;
    readonly logger: Logger;
  },
): Promise<Registration> {
  const { announcement, registry, requireBroker, logger } = context;
  const { prefix, port, id = stableId('run', [prefix, address, port]) } = announcement;
  return register({
    ...announcement,
    address,
    id,
    registry,
    requireBroker,
    logger,
  });
}

async function leaveInTime(
  registering: Promise<Registration> | undefined,
  logger: Logger,
): Promise<void> {
  try {
    const left = registering?.then((registration) => registration.leave());
    if (left !== undefined) await withDeadline(left, LEAVE_MS, late);
  } catch (error) {
    logger.error(`could not leave the registry: ${errorMessage(error)}`);
  }
}

function late(): Error {
  return new Error(`the broker has not answered within ${LEAVE_MS / 1000} s`);
}

/**
 * The addresses at which the program may listen: the announced one. A program for this machine alone may also listen
 * on `::1`, unless an address was given.
 *
 * @throws RollcallError ROLLCALL_PORT_TAKEN if another program listens at the announced address
 */
async function freeAddresses(
  announcement: Announcement,
  isGiven: boolean,
): Promise<readonly string[]> {
  const { address, port } = announcement;
  if (await accepts(announcement)) {
    throw new RollcallError(
      'ROLLCALL_PORT_TAKEN',
      `something already listens at ${address} port ${port} and would be registered in place of the command: stop it or choose another --port`,
    );
  }
  if (isGiven || address !== '127.0.0.1') return [address];
  const isTaken = await accepts({ ...announcement, address: '::1' });
  return isTaken ? [address] : [address, '::1'];
}
