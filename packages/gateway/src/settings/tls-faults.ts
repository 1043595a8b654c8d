import type { Values } from '@rollcall/runtime/settings';
import { certificateNames } from '../certificates/names.ts';
import type { INSTANCE_SETTINGS } from './instances.ts';
import type { LISTENING_SETTINGS } from './listening.ts';

interface TlsFault {
  readonly path: readonly string[];
  readonly problem: string;
}

type Given = Values<typeof LISTENING_SETTINGS> & {
  readonly routes?: Readonly<Record<string, unknown>>;
};

/** Returns what only the settings of TLS together show, such as a certificate without its key. */
export function tlsFaults(given: Given & Values<typeof INSTANCE_SETTINGS>): TlsFault[] {
  return [...listeningFaults(given), ...instanceFaults(given)];
}

/** Of the certificate that instances are shown. */
function instanceFaults({
  instanceCert,
  instanceKey,
}: Values<typeof INSTANCE_SETTINGS>): TlsFault[] {
  if ((instanceCert === undefined) === (instanceKey === undefined)) return [];
  const [missing, other] =
    instanceKey === undefined ? ['instanceKey', 'instanceCert'] : ['instanceCert', 'instanceKey'];
  return [{ path: [missing], problem: `is missing: \`${other}\` goes with it` }];
}

function listeningFaults({ tls = {}, domain, routes = {} }: Given): TlsFault[] {
  const { cert, key, certificates = [], acme } = tls;
  const faults: TlsFault[] = [];
  const fault = (name: string, problem: string): void => {
    faults.push({ path: ['tls', name], problem });
  };
  if (cert !== undefined && key === undefined) fault('key', 'is missing: `tls.cert` goes with it');
  if (key !== undefined && cert === undefined) fault('cert', 'is missing: `tls.key` goes with it');
  const isSecure = cert !== undefined || certificates.length > 0 || acme !== undefined;
  for (const name of ['clientCa', 'httpPort', 'http'] as const) {
    if (tls[name] !== undefined && !isSecure)
      fault(name, 'needs a certificate: `tls.cert`, `tls.certificates` or `tls.acme`');
  }
  if (acme !== undefined && certificateNames({ domain, routes }).length === 0)
    fault('acme', 'needs a public name in `domain`, such as api.example.com');
  return faults;
}
