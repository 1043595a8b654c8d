import type { Filter } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { unknownConsumers } from './authentication.ts';
import { CONSUMER_NAME } from './consumer-formats.ts';
import type { FilterContext } from '../filter-context.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { proveConsumer } from './proven.ts';
import { forbidden } from './refusals.ts';

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  consumers: {
    type: 'list',
    format: CONSUMER_NAME as typeof CONSUMER_NAME,
    defaultIs: 'every certificate of the CA',
    doc: 'Consumers that may call.',
  },
} as const;

type ClientCertificateSettings = Resolved<typeof SETTINGS>;

/** Lets clients call that have proved a certificate in the TLS handshake. */
export const CLIENT_CERTIFICATE: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Client certificates: clients call with a certificate of the CA that `tls.clientCa` names.',
  },
  faults({ enabled, consumers }, { isConsumer, hasClientCa }) {
    const faults = unknownConsumers(consumers, isConsumer);
    if (!enabled || hasClientCa) return faults;
    return [...faults, { key: 'enabled', problem: 'needs `tls.clientCa`' }];
  },
  create: (settings, context) =>
    settings.enabled ? clientCertificateFilter(settings, context) : undefined,
  describe: ({ consumers }) =>
    `requires a certificate of ${consumers?.join(', ') ?? 'the CA of clients'}`,
};

function clientCertificateFilter(
  { consumers }: ClientCertificateSettings,
  context: FilterContext,
): Filter {
  const allowed = consumers && new Set(consumers);
  return {
    name: 'clientCertificate',
    onRequest(request) {
      const { clientCertificate } = request;
      if (clientCertificate === undefined)
        return forbidden('The client has proved no certificate.');
      const { subject, names, fingerprint } = clientCertificate;
      const name = context.consumers.ofCertificate([`sha256:${fingerprint}`, ...names, subject]);
      if (allowed !== undefined && (name === undefined || !allowed.has(name)))
        return forbidden(`The certificate of ${subject} may not call this route.`);
      // A subject has a `=`, which no name of a consumer has.
      proveConsumer(request, name ?? subject);
      return undefined;
    },
  };
}
