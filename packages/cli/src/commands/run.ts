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
import { announcedFields, announcementOptions } from '../run/announcement-options.ts';
import { within } from '../run/deadline.ts';
import { startProgram } from '../run/program.ts';
import { accepts, serving } from '../run/readiness.ts';

/** A leave that hangs shall not outlast what process managers grant before they kill: 10 s is usual. */
const LEAVE_MS = 3000;

export function runCommand(): Command {
  const command = new Command('run').description(
    'start any program, and register it while it listens',
  );
  for (const option of announcementOptions()) command.addOption(option);
  return command
    .argument('<command...>', 'the program and its arguments, after --')
    .passThroughOptions()
    .action(runProgram);
}

/** `rollcall run`: registers a program that knows nothing of Rollcall, for as long as it listens. */
async function runProgram(
  command: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const connection = registryFromEnv(process.env);
  const announcement = checked({
    address: announcedAddress(connection, process.env),
    ...announcedFields(options),
  });
  await mustBeFree(announcement);

  let registering: Promise<Registration> | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => (leaving ??= leaveInTime(registering));

  const program = startProgram(command, leave);
  if (await serving(announcement, program.stopping, say)) {
    registering = register({ ...announcement, registry: connection });
    try {
      await registering;
      const { prefix, address, port } = announcement;
      say(`registered ${prefix || '/'} at ${address} port ${port}`);
    } catch (error) {
      registering = undefined;
      say(messageOf(error));
      program.kill('SIGTERM');
      await program.ended;
      await program.endRest();
      process.exit(exitCodeOf(error));
    }
  }
  const code = await program.ended;
  await leave();
  await program.endRest();
  process.exit(code);
}

async function leaveInTime(registering: Promise<Registration> | undefined): Promise<void> {
  try {
    const registration = await registering;
    if (registration !== undefined) await within(LEAVE_MS, registration.leave());
  } catch (error) {
    say(`could not leave the registry: ${messageOf(error)}`);
  }
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

/** Standard output belongs to the program. */
function say(line: string): void {
  console.error(`rollcall: ${line}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
