/** The rules of what the certificate of an instance has to be for, each with a change that breaks it. */
export const IDENTITY_FIELD_MUTANTS = [
  {
    rule: 'only an instance with TLS announces what its certificate is for',
    file: 'wire/announcement.ts',
    from: 'if (!schemeFacts(announcement).isSecure)',
    to: 'if (false)',
  },
  {
    rule: 'what a certificate is for is not empty',
    file: 'wire/announcement.ts',
    from: 'if (tls.serverName === undefined && tls.spiffeId === undefined)',
    to: 'if (false)',
  },
  {
    rule: 'an IP address is no server name',
    file: 'wire/identity-fields.ts',
    from: '[0-9]*[A-Za-z_](?:',
    to: '[0-9]*[A-Za-z0-9_](?:',
  },
  {
    rule: 'a SPIFFE ID has a path',
    file: 'wire/identity-fields.ts',
    from: '[A-Za-z0-9._-]*)+$/;',
    to: '[A-Za-z0-9._-]*)*$/;',
  },
  {
    rule: 'no segment of a SPIFFE ID is . or ..',
    file: 'wire/identity-fields.ts',
    from: String.raw`(?:\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*`,
    to: '[A-Za-z0-9._-]+',
  },
  {
    rule: 'a SPIFFE ID has a maximum length',
    file: 'wire/identity-fields.ts',
    from: 'maxLength: MAX_SPIFFE_ID',
    to: 'maxLength: MAX_SPIFFE_ID * 2',
  },
];

/** The rules of what a certificate proves. */
export const IDENTITY_PROOF_MUTANTS = [
  {
    rule: 'the certificate of a workload has one URI',
    file: 'instance-identity.ts',
    from: 'uris.length === 1 && ',
    to: '',
  },
  {
    rule: 'the certificate of an authority proves no workload',
    file: 'instance-identity.ts',
    from: '!ca && ',
    to: '',
  },
  {
    rule: 'a SPIFFE ID proves none above it',
    file: 'instance-identity.ts',
    from: 'uris[0] === `URI:${spiffeId}`',
    to: 'uris[0]?.startsWith(`URI:${spiffeId}`) === true',
  },
  {
    rule: 'a name with a comma is one name',
    file: 'instance-identity.ts',
    from: String.raw`text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []`,
    to: String.raw`text.replaceAll(/"|\\u002c/g, ',').split(',')`,
  },
  {
    rule: 'a SPIFFE ID takes precedence over a server name',
    file: 'instance-identity.ts',
    from: 'tls?.spiffeId ?? tls?.serverName ?? address',
    to: 'tls?.serverName ?? tls?.spiffeId ?? address',
  },
  {
    rule: 'a certificate is checked for the announced name and not for the address',
    file: 'instance-identity.ts',
    from: 'tls?.spiffeId ?? tls?.serverName ?? address',
    to: 'tls?.spiffeId ?? address',
  },
  {
    rule: 'a connection ends unless the certificate proves who the instance is',
    file: 'instance-tls.ts',
    from: 'return fault === undefined',
    to: 'return fault !== undefined',
  },
  {
    rule: 'an invalid certificate is explained',
    file: 'instance-identity.ts',
    from: "CERT_HAS_EXPIRED: 'has expired',",
    to: '',
  },
];
