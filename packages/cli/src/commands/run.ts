import { Command } from 'commander';
import {
  announcedAddress,
  registryFromEnv,
  exitCodeOf,
  register,
  RollcallError,
} from '@rollcall/client';
import type { Registration } from '@rollcall/client';
import { parseAnnouncement } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import { endWithParent, errorMessage, withDeadline } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { openLog, withLogOptions } from '../log.ts';
import { announcedFields, announcementOptions } from '../run/announcement-options.ts';
import { startProgram } from '../run/start-program.ts';
import { accepts, serving } from '../run/readiness.ts';

/** Process managers usually kill after 10 s. */
const LEAVE_MS = 3000;
const FLUSH_MS = 1000;

export function runCommand(): Command {
  const command = new Command('run').description(
    'start any program, and register it while it listens',
  );
  for (const option of announcementOptions()) command.addOption(option);
  command
    .argument('<command...>', 'the program and its arguments, after --')
    .passThroughOptions()
    .action(runProgram);
  return withLogOptions(command);
}

/** `rollcall run`: registers a program that knows nothing of Rollcall, for as long as it listens. */
async function runProgram(
  command: readonly string[],
  options: LogFlags & Readonly<Record<string, unknown>>,
): Promise<void> {
  // Standard output belongs to the program.
  const logger = openLog(options, 'stderr');
  const registry = registryFromEnv(process.env);
  const announcement = checked({
    address: announcedAddress(registry, process.env),
    ...announcedFields(options),
  });
  await mustBeFree(announcement);

  let registering: Promise<Registration> | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => (leaving ??= leaveInTime(registering, logger));
  async function exit(code: number): Promise<never> {
    await logger.flush(FLUSH_MS);
    process.exit(code);
  }

  const program = startProgram(command, leave, logger);
  endWithParent();
  if (await serving(announcement, program.stopping, logger)) {
    registering = register({ ...announcement, registry });
    try {
      await registering;
      const { prefix, address, port } = announcement;
      logger.info({ prefix: prefix || '/', address, port }, 'registered');
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
  await exit(code);
}

async function leaveInTime(
  registering: Promise<Registration> | undefined,
  logger: Logger,
): Promise<void> {
  try {
    const registration = await registering;
    if (registration !== undefined) await withDeadline(registration.leave(), LEAVE_MS, late);
  } catch (error) {
    logger.error(`could not leave the registry: ${errorMessage(error)}`);
  }
}

function late(): Error {
  return new Error(`the broker has not answered within ${LEAVE_MS / 1000} s`);
}

function checked(fields: Readonly<Record<string, unknown>>): Announcement {
  const parsed = parseAnnouncement(fields);
  if (parsed.ok) return parsed.value;
  throw new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${parsed.refusal.reason}`);
}

async function mustBeFree(announcement: Announcement): Promise<void> {
  if (!(await accepts(announcement))) return;
  const where = `${announcement.address} port ${announcement.port}`;
  throw new RollcallError(
    'ROLLCALL_PORT_TAKEN',
    `something already listens at ${where} and would be registered in place of the command: stop it or choose another --port`,
  );
}
