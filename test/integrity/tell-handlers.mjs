/**
 * Imported into a worker before its program (`node --import`): writes one line at the moment from
 * which a SIGTERM reaches the program, and not Node, which would end by it. Node takes the signal
 * for the program in its own `newListener`, which comes before this one; no event is handled in
 * between. The line also says whether the program had loaded its network modules by then.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const tell = (name) => {
    if (name !== 'SIGTERM') return;
    process.off('newListener', tell);
    const late = process.moduleLoadList.some((each) => /^NativeModule (net|tls|http)$/.test(each));
    writeSync(2, late ? '[hears SIGTERM, late]\n' : '[hears SIGTERM]\n');
  };
  process.on('newListener', tell);
}
