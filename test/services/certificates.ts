import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireTools, run } from './fetched.js';

/** A certificate for 127.0.0.1 and localhost, which is its own authority. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** Key and certificate in one file, as mongod and Kafka take it. */
  readonly bothFile: string;
}

export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  await requireTools(['openssl']);
  const [certFile, keyFile, bothFile] = ['crt', 'key', 'pem'].map((kind) =>
    join(folder, `${name}.${kind}`),
  ) as [string, string, string];
  await run(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`].concat(
      ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ['-addext', 'basicConstraints=critical,CA:true'],
      ['-keyout', keyFile, '-out', certFile],
    ),
    { cwd: folder, label: 'openssl' },
  );
  const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')]);
  await writeFile(bothFile, key + cert, { mode: 0o600 });
  return { certFile, keyFile, bothFile };
}
