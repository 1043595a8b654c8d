import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import type { Command } from 'commander';
import { generateServiceKey, isServiceKey, publicKeyOf } from '@rollcall/client';
import type { InstanceView } from '@rollcall/gateway';
import { isPublicKey, keyIdIn, keyIdOf, RollcallError } from '@rollcall/protocol';
import { adminAccess, adminOption, askAdmin } from '../admin.ts';
import { checkOwners, readOwners, writeOwners } from '../keys/owners-file.ts';
import type { Owners } from '../keys/owners-file.ts';
import { linesText } from '../terminal/line.ts';
import type { Line } from '../terminal/line.ts';
import { tableOf } from '../terminal/table.ts';

const CONFIG = '--config <file>';

export function defineKeys(command: Command): void {
  command
    .command('create')
    .description('make a service key: print it, and what the configuration of the gateway needs')
    .requiredOption(
      '--prefix <prefix>',
      'the prefix that it may announce: /v1, or /v1/* for all below',
    )
    .option(CONFIG, 'add it to the owners in this configuration file of the gateway')
    .action(createKey);
  command
    .command('list')
    .description('list the owners in a configuration file, and how many instances each has now')
    .requiredOption(CONFIG, 'configuration file of the gateway')
    .addOption(adminOption())
    .action(listKeys);
  command
    .command('inspect')
    .description('show the public half and the id of a service key, read from standard input')
    .argument('[public key]', 'a public half, in place of the key')
    .option(CONFIG, 'show what it owns in this configuration file of the gateway')
    .action(inspectKey);
  command
    .command('rotate')
    .description('make a further key for a prefix, beside the ones that it has')
    .requiredOption('--prefix <prefix>', 'the prefix, as it stands in the owners')
    .requiredOption(CONFIG, 'configuration file of the gateway')
    .addOption(
      new Option('--until <time>', 'when the ones that it has end, such as 2027-01-31T00:00:00Z'),
    )
    .action(rotateKey);
}

/** `rollcall keys create --prefix /v1` */
async function createKey({ prefix, config }: { prefix: string; config?: string }): Promise<void> {
  const serviceKey = generateServiceKey();
  const publicKey = publicKeyOf(serviceKey);
  if (config === undefined) checkOwners({ [prefix]: [publicKey] });
  else await writeOwners(config, prefix, (keys) => [...keys, publicKey]);
  console.log(`ROLLCALL_SERVICE_KEY=${serviceKey}`);
  const owners = `"owners": { ${JSON.stringify(prefix)}: [${JSON.stringify(publicKey)}] }`;
  // Where the first line goes to a file, this one is for the person.
  console.error(config === undefined ? owners : `${config}: ${publicKey} owns ${prefix}`);
}

/** `rollcall keys list --config gateway.json` */
async function listKeys({ config, admin }: { config: string; admin?: string }): Promise<void> {
  const owners = readOwners(config);
  const counts = await countsByKey(admin);
  const rows = Object.entries(owners).flatMap(([prefix, keys]) =>
    keys.map((each): Line => {
      const [key = '', , until = '-'] = each.split(' ');
      const count = counts === undefined ? '-' : String(counts.get(keyIdOf(key)) ?? 0);
      return [prefix, key, until, count];
    }),
  );
  const listing =
    rows.length === 0 ? [['no owners']] : tableOf(['PREFIX', 'KEY', 'UNTIL', 'INSTANCES'], rows);
  console.log(linesText(listing, false));
}

/** How many instances have an id that ends in that of a key. Undefined if no gateway answers. */
async function countsByKey(admin: string | undefined): Promise<Map<string, number> | undefined> {
  const access = adminAccess(admin, process.env);
  try {
    const { instances } = await askAdmin<{ instances: InstanceView[] }>(access, '/api/instances');
    const counts = new Map<string, number>();
    for (const { announcement } of instances) {
      const id = keyIdIn(announcement.id ?? '');
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  } catch (error) {
    if (access.isNamed || !(error instanceof RollcallError)) throw error;
    return undefined;
  }
}

/** `rollcall keys inspect < key` */
async function inspectKey(
  given: string | undefined,
  { config }: { config?: string },
): Promise<void> {
  const key = given ?? (await text(process.stdin)).trim().replace(/^ROLLCALL_SERVICE_KEY=/, '');
  if (!isPublicKey(key) && !isServiceKey(key))
    // It may be a secret with a mistake in it, so it is not shown.
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'it is no service key: rsk_ or rpk_ and 43 characters',
    );
  const publicKey = isPublicKey(key) ? key : publicKeyOf(key);
  console.log(`public half  ${publicKey}\nid           ${keyIdOf(publicKey)}`);
  if (config !== undefined) console.log(`owns         ${owned(readOwners(config), publicKey)}`);
}

function owned(owners: Owners, publicKey: string): string {
  const prefixes = Object.entries(owners).flatMap(([prefix, keys]) => {
    const entry = keys.find((each) => each.startsWith(publicKey));
    return entry === undefined ? [] : prefix + entry.slice(publicKey.length);
  });
  return prefixes.join(', ') || 'nothing';
}

interface RotateOptions {
  readonly prefix: string;
  readonly config: string;
  readonly until?: string;
}

/** `rollcall keys rotate --prefix /v1 --config gateway.json` */
async function rotateKey({ prefix, config, until }: RotateOptions): Promise<void> {
  const before = readOwners(config)[prefix] ?? [];
  if (before.length === 0)
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `${config}: ${prefix} has no owners: rollcall keys create`,
    );
  const ended =
    until === undefined ? before : before.map((each) => `${each.split(' ')[0]} until ${until}`);
  const serviceKey = generateServiceKey();
  await writeOwners(config, prefix, () => [...ended, publicKeyOf(serviceKey)]);
  console.log(`ROLLCALL_SERVICE_KEY=${serviceKey}`);
  console.error(
    `give it to the services of ${prefix}, and restart them; remove the key before once it has no instances: rollcall keys list --config ${config}`,
  );
}
