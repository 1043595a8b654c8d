import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { hasKubernetesValidate } from '../support/available.ts';
import { ROOT } from '../support/document.ts';
import { readManifest } from '../support/packages.ts';
import { KNOWN_VARIABLES, unknownWords } from '../support/settings.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef?: { readonly name: string; readonly key: string };
    };
  }[];
  readonly command?: readonly string[];
  readonly envFrom: readonly { readonly configMapRef?: Named; readonly secretRef?: Named }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: unknown;
}

interface Named {
  readonly name: string;
}

interface Resource {
  readonly kind: string;
  readonly metadata: Named;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly strategy?: { readonly rollingUpdate?: unknown };
    readonly maxUnavailable?: number;
    readonly selector?: unknown;
    readonly podSelector?: unknown;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly securityContext: unknown;
        readonly topologySpreadConstraints?: readonly { readonly topologyKey: string }[];
        readonly containers: readonly [Container];
      };
    };
  };
}

const FOLDER = join(ROOT, 'deploy/kubernetes');
// A kustomization is no resource.
const files = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml');
const resources = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map(
    (each) => each.toJS() as Resource,
  ),
);
const deployments = resources.filter(({ kind }) => kind === 'Deployment');
/** Those of the product, and not Redis. */
const own = deployments.filter(({ spec }) =>
  spec.template.spec.containers[0].image.startsWith('rollcall'),
);
const find = (kind: string, name?: string): Resource | undefined =>
  resources.find((each) => each.kind === kind && each.metadata.name === name);

// Skipped without kubernetes-validate (pip install kubernetes-validate).
describe.runIf(hasKubernetesValidate)('kubernetes-validate', () => {
  it.each(files)('accepts %s', (file) => {
    const args = ['--strict', '--quiet', join(FOLDER, file)];
    const { status, stdout, stderr } = spawnSync('kubernetes-validate', args, { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });
});

describe.each(own)('the deployment $metadata.name', ({ spec: { template } }) => {
  const [container] = template.spec.containers;
  const values = new Map(container.env.map(({ name, value }) => [name, value]));

  it('runs this version, with an existing command and variables', () => {
    expect(container.image).toMatch(new RegExp(`:${readManifest('.').version}$`));
    if (container.args !== undefined) expect(unknownWords(container.args)).toEqual([]);
    const settings = container.envFrom.flatMap(({ configMapRef, secretRef }) => {
      const source = find('ConfigMap', configMapRef?.name) ?? find('Secret', secretRef?.name);
      return Object.keys(source?.data ?? source?.stringData ?? { missing: '' });
    });
    // Those that others are composed of are not read by the program.
    const composed = [...values.values()].join(' ');
    for (const name of [...settings, ...values.keys()]) {
      if (!composed.includes(`$(${name})`)) expect(KNOWN_VARIABLES).toContain(name);
    }
    for (const { valueFrom } of container.env) {
      const { name = '', key = '' } = valueFrom?.secretKeyRef ?? {};
      if (name !== '') expect(find('Secret', name)?.stringData).toHaveProperty([key]);
    }
  });

  it('listens on the ports that it declares', () => {
    const ports = Object.fromEntries(
      container.ports.map((each) => [each.name, each.containerPort]),
    );
    const args = container.args ?? [];
    const flag = (name: string): string | undefined =>
      args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
    const port =
      args[0] === 'broker'
        ? find('ConfigMap', 'rollcall')?.data?.['PUSHER_PORT']
        : values.get('PORT');
    expect(ports['http']).toBe(Number(port));
    expect(flag('--host') ?? values.get('HOST')).toBe('0.0.0.0');
    for (const [name, value] of [
      ['admin', values.get('ROLLCALL_ADMIN_PORT')],
      ['metrics', flag('--metrics-port')],
    ] as const) {
      expect(ports[name]).toBe(value === undefined ? undefined : Number(value));
    }
  });
});

describe.each(deployments)('the pod of $metadata.name', ({ spec: { template } }) => {
  const [container] = template.spec.containers;

  it('runs without root and without capabilities', () => {
    expect(template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: expect.any(Number),
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('is given no variables of services, which programs could mistake for settings', () => {
    expect(template.spec).toMatchObject({
      enableServiceLinks: false,
      automountServiceAccountToken: false,
    });
  });
});

describe('the gateway in Kubernetes', () => {
  const [container] = find('Deployment', 'rollcall-gateway')?.spec.template.spec.containers ?? [];

  it('is probed at paths of the admin API that need no token', () => {
    const api = parse(readFileSync(join(ROOT, 'docs/reference/openapi.yaml'), 'utf8')) as {
      paths: Record<string, { get: { security?: unknown } }>;
    };
    const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe];
    expect(probes.map((probe) => probe?.httpGet.path)).toEqual(['/ready', '/ready', '/health']);
    for (const probe of probes) {
      expect(probe?.httpGet.port).toBe('admin');
      expect(api.paths[probe?.httpGet.path ?? '']?.get.security).toEqual([{}]);
    }
  });
});

describe('a service in Kubernetes', () => {
  it('keeps its old pods until the new ones are registered', () => {
    const spec = find('Deployment', 'id-v5')?.spec;
    expect(spec).toMatchObject({
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      minReadySeconds: 2,
    });
    const [container] = spec?.template.spec.containers ?? [];
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/ready', port: 'http' });
  });
});

describe('the brokers in Kubernetes', () => {
  const deployment = find('Deployment', 'rollcall-broker');
  const [container] = deployment?.spec.template.spec.containers ?? [];

  it('are several, spread over nodes and zones, of which one at a time is replaced', () => {
    expect(deployment?.spec.replicas).toBeGreaterThan(1);
    const { topologySpreadConstraints } = deployment?.spec.template.spec ?? {};
    expect(topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
    expect(deployment?.spec.strategy?.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(find('PodDisruptionBudget', 'rollcall-broker')?.spec.maxUnavailable).toBe(1);
  });

  it('are restarted if they hang, and not while Redis is away', () => {
    const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
    expect(probes.map((probe) => probe?.httpGet)).toEqual([
      { path: '/up', port: 'http' },
      { path: '/up', port: 'http' },
      { path: '/ready', port: 'http' },
    ]);
  });
});

describe.each(['rollcall-gateway', 'rollcall-broker'])('%s in Kubernetes', (name) => {
  it('is selected by its service, disruption budget and network policy', () => {
    const labels = find('Deployment', name)?.spec.template.metadata.labels;
    const selector = { 'app.kubernetes.io/name': name };
    expect(labels).toMatchObject(selector);
    const by = (kind: string): Resource['spec'] | undefined => find(kind, name)?.spec;
    expect(by('Service')?.selector).toEqual(selector);
    expect(by('PodDisruptionBudget')?.selector).toEqual({ matchLabels: selector });
    expect(by('NetworkPolicy')?.podSelector).toEqual({ matchLabels: selector });
  });
});

describe('Redis in Kubernetes', () => {
  it('is one at any time, reached by the brokers alone', () => {
    const { spec } = find('Deployment', 'rollcall-redis') ?? {};
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    const policy = find('NetworkPolicy', 'rollcall-redis')?.spec;
    expect(policy).toMatchObject({
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'rollcall-broker' } } }],
        },
      ],
    });
  });
});
