const WORDS =
  /setthis|changeme|changethis|replace(me|this|with)|fillin|insert(your|the)|placeholder|your(app|api|own|admin)?(secret|token|key|password)|(secret|token|key|password)here|somethingrandom|randomstring|example|documentation|sample|dummy/;

/**
 * Whether a secret is a placeholder that a template left to be replaced, or one from documentation, such as
 * `set-this`, `<your secret>`, `${TOKEN}` or `example-token`. Such a secret is public.
 */
export function isPlaceholder(secret: string): boolean {
  if (/^(<.*>|\{.*\}|\[.*\]|%.*%|(.)\2{3,})$|\$\{.*\}/.test(secret)) return true;
  return WORDS.test(secret.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}
