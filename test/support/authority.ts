import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a certificate, and what is in them. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly pem: { readonly cert: string; readonly key: string };
}

export interface IssueOptions {
  /** The names in the certificate, such as `DNS:orders.internal` and `URI:spiffe://example.org/orders`. Default: none. */
  readonly names?: readonly string[];
  /** Default: valid for a day. */
  readonly hasExpired?: boolean;
  /** Whether it may sign others. Default: false. */
  readonly isAuthority?: boolean;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certificate authority for one test, made by openssl. */
export class TestAuthority {
  /** The file of its certificate. */
  readonly file: string;
  readonly #key: string;
  readonly #folder: string;
  #serial = 1;

  /** @param folder where the files are, which the test removes */
  constructor(folder: string, name = 'authority') {
    this.#folder = folder;
    this.file = join(folder, `${name}.pem`);
    this.#key = join(folder, `${name}-key.pem`);
    const own = ['-subj', `/CN=${name}`, '-keyout', this.#key, '-out', this.file];
    openssl('req', '-x509', ...NEW_KEY, '-days', '2', ...own);
  }

  get pem(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** Issues a certificate, in files of this name. */
  issue(name: string, options: IssueOptions = {}): IssuedCertificate {
    const { names = [], hasExpired = false, isAuthority = false } = options;
    const path = (suffix: string): string => join(this.#folder, `${name}${suffix}`);
    const [cert, key, request, extensions] = ['.pem', '-key.pem', '.csr', '.cnf'].map(path) as [
      string,
      string,
      string,
      string,
    ];
    openssl('req', '-new', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const lines = names.map((each, index) => each.replace(':', `.${index} = `));
    const alternative =
      names.length === 0 ? '' : `subjectAltName = @names\n[names]\n${lines.join('\n')}\n`;
    writeFileSync(
      extensions,
      `basicConstraints = CA:${isAuthority ? 'TRUE' : 'FALSE'}\n${alternative}`,
    );
    const signed = ['-CA', this.file, '-CAkey', this.#key, '-set_serial', String(this.#serial++)];
    const validity = ['-days', hasExpired ? '-1' : '1'];
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      ...signed,
      ...validity,
      '-extfile',
      extensions,
      '-out',
      cert,
    );
    const pem = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    return { cert, key, pem };
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
