import type { Values } from '@rollcall/runtime/settings';
import { certificateNames } from '../certificates/names.ts';
import type { INSTANCE_SETTINGS } from './instances.ts';
import type { LISTENING_SETTINGS } from './listening.ts';

export interface TlsFault {
  readonly path: readonly string[];
  readonly problem: string;
}

type Given = Values<typeof LISTENING_SETTINGS> & {
  readonly routes?: Readonly<Record<string, unknown>>;
};

/** Returns what only the settings of TLS together show, such as a certificate without its key. */
export function tlsFaults(given: Given & Values<typeof INSTANCE_SETTINGS>): TlsFault[] {
  const { instanceCert, instanceKey } = given;
  const instancePair = pairFaults(
    { path: ['instanceCert'], value: instanceCert },
    { path: ['instanceKey'], value: instanceKey },
  );
  return [...listeningFaults(given), ...instancePair];
}

function listeningFaults({ tls = {}, domain, routes = {} }: Given): TlsFault[] {
  const { cert, key, certificates = [], acme } = tls;
  const faults = pairFaults(
    { path: ['tls', 'cert'], value: cert },
    { path: ['tls', 'key'], value: key },
  );
  const fault = (name: string, problem: string): void => {
    faults.push({ path: ['tls', name], problem });
  };
  const isSecure = cert !== undefined || certificates.length > 0 || acme !== undefined;
  for (const name of ['clientCa', 'httpPort', 'http'] as const) {
    if (tls[name] !== undefined && !isSecure)
      fault(name, 'needs a certificate: `tls.cert`, `tls.certificates` or `tls.acme`');
  }
  if (acme !== undefined && certificateNames({ domain, routes }).length === 0)
    fault('acme', 'needs a public name in `domain`, such as api.example.com');
  return faults;
}

interface FileSetting {
  readonly path: readonly string[];
  readonly value: string | undefined;
}

/** Returns that one of a certificate and its key is missing. */
export function pairFaults(certificate: FileSetting, key: FileSetting): TlsFault[] {
  if ((certificate.value === undefined) === (key.value === undefined)) return [];
  const [missing, given] = key.value === undefined ? [key, certificate] : [certificate, key];
  const problem = `is missing: \`${given.path.join('.')}\` goes with it`;
  return [{ path: missing.path, problem }];
}
