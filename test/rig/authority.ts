import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A certificate authority that nobody knows; made by openssl, and gone with the test. */
export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'authority-'));
  /** What a client has to trust, in PEM. */
  readonly certificateFile = join(this.folder, 'ca.crt');

  constructor(name: string) {
    this.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.crt',
      '-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign');
  }

  /** A certificate for these hosts. */
  certify(...hosts: string[]): Certificate {
    this.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', 'host.key', '-out', 'host.crt',
      '-CA', 'ca.crt', '-CAkey', 'ca.key', '-subj', `/CN=${hosts[0]}`, '-addext', `subjectAltName=${hosts.map(host => `DNS:${host}`).join(',')}`,
      '-addext', 'basicConstraints=critical,CA:FALSE');
    return { cert: readFileSync(join(this.folder, 'host.crt')), key: readFileSync(join(this.folder, 'host.key')) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
