import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Global setup of the e2e project: dist/ must be what src/ says, however vitest was started. */
export default function buildProgram(): void {
  const script = fileURLToPath(new URL('../../scripts/install.mjs', import.meta.url));
  execFileSync(process.execPath, [script], { stdio: 'inherit' });
}
