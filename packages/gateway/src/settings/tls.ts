import { EMAIL, HTTPS_URL } from './formats.ts';

/** A certificate and its key. */
const CERTIFICATE_SETTINGS = {
  cert: {
    type: 'file',
    required: true,
    example: 'api.pem',
    doc: 'Certificate chain as PEM.',
  },
  key: {
    type: 'file',
    required: true,
    example: 'api-key.pem',
    doc: 'Private key of the certificate as PEM.',
  },
} as const;

/** What an ACME server wants of an account: see RFC 8555 §7.3.4. */
const EAB_SETTINGS = {
  keyId: {
    type: 'text',
    required: true,
    example: 'kid-1',
    doc: 'Key id that the certificate authority has given you.',
  },
  hmacKeyFile: {
    type: 'file',
    required: true,
    example: 'eab-hmac-key',
    doc: 'File that holds the key, in base64url.',
  },
} as const;

/** Certificates that the gateway orders and renews by itself. */
const ACME_SETTINGS = {
  email: {
    type: 'text',
    format: EMAIL as typeof EMAIL,
    required: true,
    example: 'ops@example.com',
    flag: '--acme-email <address>',
    env: 'ROLLCALL_ACME_EMAIL',
    doc: 'Address that the certificate authority may write to. With it, the gateway agrees to its terms, and orders a certificate for each public name in `domain`.',
  },
  directory: {
    type: 'text',
    format: HTTPS_URL as typeof HTTPS_URL,
    default: 'https://acme-v02.api.letsencrypt.org/directory',
    flag: '--acme-directory <url>',
    env: 'ROLLCALL_ACME_DIRECTORY',
    doc: 'ACME server. To try things out: `https://acme-staging-v02.api.letsencrypt.org/directory`.',
  },
  directoryCa: {
    type: 'file',
    example: 'acme-ca.pem',
    doc: 'CA of the ACME server as PEM, if it is your own. Default: the CAs that Node trusts.',
  },
  eab: {
    type: 'group',
    settings: EAB_SETTINGS as typeof EAB_SETTINGS,
    doc: 'External account binding, which some certificate authorities ask for.',
  },
  folder: {
    type: 'file',
    defaultIs: '`certificates` in the folder of `snapshot`',
    example: '/var/lib/rollcall/certificates',
    doc: 'Folder that keeps the account and the certificates. Only its owner can read it.',
  },
  shareKeyFile: {
    type: 'file',
    example: 'share-key',
    flag: '--acme-share-key-file <file>',
    env: 'ROLLCALL_ACME_SHARE_KEY_FILE',
    doc: 'File with 32 bytes in base64, the same for all gateways of a registry: they order each certificate once, and share it, encrypted with this key.',
  },
} as const;

/** How clients reach the gateway by TLS. */
export const TLS_SETTINGS = {
  cert: {
    type: 'file',
    flag: '--tls-cert <file>',
    example: 'cert.pem',
    doc: 'Certificate chain as PEM, for clients that name no host or one without a certificate of its own. With any certificate, the port speaks TLS only.',
  },
  key: {
    type: 'file',
    flag: '--tls-key <file>',
    example: 'key.pem',
    doc: 'Private key of the certificate as PEM.',
  },
  certificates: {
    type: 'groups',
    settings: CERTIFICATE_SETTINGS as typeof CERTIFICATE_SETTINGS,
    doc: 'Further certificates, chosen by the name that the client asks for (SNI): an exact name takes precedence over a wildcard.',
  },
  clientCa: {
    type: 'file',
    example: 'clients.pem',
    doc: 'CA of clients as PEM. With it the gateway asks clients for a certificate, and serves those without one all the same.',
  },
  httpPort: {
    type: 'port',
    example: 80,
    flag: '--http-port <port>',
    env: 'ROLLCALL_HTTP_PORT',
    doc: 'Port for plain HTTP besides. It redirects to HTTPS, and answers HTTP-01 challenges.',
  },
  http: {
    type: 'choice',
    words: ['redirect', 'serve'],
    default: 'redirect',
    doc: 'What the plain port does with requests: `redirect` answers with 308, `serve` serves them as the other port does.',
  },
  acme: {
    type: 'group',
    settings: ACME_SETTINGS as typeof ACME_SETTINGS,
    doc: "Certificates of Let's Encrypt, or another certificate authority with ACME.",
  },
} as const;
