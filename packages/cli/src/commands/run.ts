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
import { within } from '../run/deadline.ts';
import { startProgram } from '../run/program.ts';
import { accepts, serving } from '../run/readiness.ts';

interface RunOptions {
  readonly prefix: string;
  readonly port: string;
  readonly address?: string;
  readonly health?: string;
}

/** A leave that hangs shall not outlast what process managers grant before they kill: 10 s is usual. */
const LEAVE_MS = 3000;

export function runCommand(): Command {
  return new Command('run')
    .description('start any program, and register it while it listens')
    .requiredOption(
      '--prefix <prefix>',
      'path prefix that gateways route to the program, such as /v3',
    )
    .requiredOption('--port <port>', 'port that the program listens on')
    .option(
      '--address <address>',
      'IP address where others reach the program (default: ROLLCALL_ADDRESS, or one of this machine)',
    )
    .option('--health <path>', 'register the program only once this path answers 2xx')
    .argument('<command...>', 'the program and its arguments, after --')
    .passThroughOptions()
    .action(runProgram);
}

/** `rollcall run`: registers a program that knows nothing of Rollcall, for as long as it listens. */
async function runProgram(command: readonly string[], options: RunOptions): Promise<void> {
  const connection = registryFromEnv(process.env);
  const address = options.address ?? announcedAddress(connection, process.env);
  const announcement = checked(options, address);
  await mustBeFree(announcement);

  let registering: Promise<Registration> | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => (leaving ??= leaveInTime(registering));

  const program = startProgram(command, leave);
  if (await serving(announcement, program.stopping, say)) {
    registering = register({ ...announcement, registry: connection });
    try {
      await registering;
      say(`registered ${announcement.prefix || '/'} at ${address} port ${announcement.port}`);
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

function checked({ prefix, port, health }: RunOptions, address: string): Announcement {
  const parsed = parseAnnouncement({
    prefix,
    port,
    address,
    ...(health !== undefined && { health: { path: health } }),
  });
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
