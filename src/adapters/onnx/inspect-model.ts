import { inspectGraph } from './inspect-graph.js';
import type { GraphFacts } from './inspect-graph.js';
import { findModelFiles } from './model-files.js';
import type { FoundFiles } from './model-files.js';
import { runOptions } from './open-session.js';
import type { SessionOptions } from './open-session.js';
import type { InspectedModel } from './entry-draft.js';
import { startSession } from './session-client.js';

export interface FoundModel extends InspectedModel {
  readonly files: FoundFiles;
}

/**
 * Reads an ONNX file and what it says of itself. `shown` is its path as the user wrote it, `path`
 * the whole one. Throws `model.not-found`, `model.unsuitable`, or `model.shape-mismatch` for what
 * the runtime can't load.
 */
export async function inspectModel(
  path: string,
  shown: string,
  options: SessionOptions,
): Promise<FoundModel> {
  let graph: GraphFacts = { producer: '', dataFiles: [], nodes: [] };
  const files = await findModelFiles(path, (bytes) => {
    graph = inspectGraph(shown, bytes);
    return graph.dataFiles;
  });
  const session = await startSession({
    ...ownCopies(files),
    ...runOptions({ ...options, sessions: 1 }),
    use: undefined,
  });
  try {
    return { file: shown, files, graph, signature: session.signature };
  } finally {
    await session.close();
  }
}

/** A session takes the bytes that it is given. */
export function ownCopies({ model, data }: FoundFiles) {
  return {
    model: Uint8Array.from(model),
    data: data.map((one) => ({ path: one.path, data: Uint8Array.from(one.data) })),
  };
}
