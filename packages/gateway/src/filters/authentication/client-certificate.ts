import type { Filter } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { ALLOWED_CONSUMERS, consumerCheck, unknownConsumers } from './authentication.ts';
import type { FilterContext } from '../filter-context.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { proveConsumer } from './proven.ts';
import { forbidden } from './refusals.ts';

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  consumers: ALLOWED_CONSUMERS as typeof ALLOWED_CONSUMERS,
} as const;

type ClientCertificateSettings = Resolved<typeof SETTINGS>;

/** Lets clients call that have proved a certificate in the TLS handshake. */
export const CLIENT_CERTIFICATE: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Client certificates: clients call with a certificate of the CA that `tls.clientCa` names. Without `consumers`, with any of them.',
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
  const refusalOf = consumerCheck(consumers);
  return {
    name: 'clientCertificate',
    onRequest(request) {
      const { clientCertificate } = request;
      if (clientCertificate === undefined)
        return forbidden('The client has proved no certificate.');
      const { subject, names, fingerprint, validFrom, validUntil } = clientCertificate;
      const now = context.date();
      // A connection may be open, or a session be resumed, for longer than a certificate is valid.
      if (!(now >= validFrom && now <= validUntil))
        return forbidden(`The certificate of ${subject} has expired or is not valid yet.`);
      const identities = [`sha256:${fingerprint}`, ...names, subject];
      // A subject has a `=`, which no name of a consumer has.
      const name = context.consumers.ofCertificate(identities) ?? subject;
      const refusal = refusalOf(name);
      if (refusal !== undefined) return refusal;
      proveConsumer(request, name);
      return undefined;
    },
  };
}
