/**
 * Variables that give power over the registry or a gateway. A program that `rollcall run` registers needs none of
 * them, and would show them in its crash reports and to every dependency.
 */
const SECRETS = [
  'PUSHER_APP_SECRET',
  // It has the secret of each.
  'ROLLCALL_BROKERS',
  'ROLLCALL_MASTER_KEY',
  'ROLLCALL_SERVICE_KEY',
  'ROLLCALL_ADMIN_TOKEN',
  // It may set the admin token.
  'ROLLCALL_SET',
] as const;

/** The environment of a program: this one's, without its secrets. */
export function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !SECRETS.some((each) => each === name)),
  );
}
