/**
 * A worker thread that holds one ONNX session. An inference blocks the thread that it runs on
 * from beginning to end, which is why it has one of its own. One message is answered at a time,
 * in order; the client sends the next one after the answer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor, listSupportedBackends } from 'onnxruntime-node';
import { messageOf } from '../../faults.js';
import type { PackedInput } from './input-packer.js';
import { inputPacker } from './pack-input.js';
import type {
  FromSession,
  SessionOutputs,
  SessionStart,
  SessionUse,
  TensorSignature,
  ToSession,
} from './session-messages.js';
import { ownFloats, poolRows } from './take-output.js';

const port = parentPort;
if (port === null) throw new Error('session-thread runs as a worker thread only.');

const start = workerData as SessionStart;

try {
  const session = await open();
  if (session !== undefined) serve(session);
} catch (error) {
  post({ kind: 'failed', message: messageOf(error) });
}

/** Undefined when a provider was at fault, which has been told. */
async function open(): Promise<InferenceSession | undefined> {
  const known = listSupportedBackends().map(({ name }) => name);
  const unknown = start.providers.find((provider) => !known.includes(provider));
  if (unknown !== undefined) {
    post({ kind: 'no-provider', message: `this runtime has no provider "${unknown}"`, known });
    return undefined;
  }
  try {
    return await load(start.providers);
  } catch (error) {
    if (start.providers.every((provider) => provider === 'cpu')) throw error;
    // What the processor can't load either is the model's own fault.
    const other = await load(['cpu']);
    await other.release();
    post({ kind: 'no-provider', message: messageOf(error), known });
    return undefined;
  }
}

function load(providers: readonly string[]): Promise<InferenceSession> {
  return InferenceSession.create(start.model, {
    executionProviders: providers,
    externalData: start.data,
    intraOpNumThreads: start.threads,
    interOpNumThreads: 1,
    logSeverityLevel: start.quiet ? 4 : 3,
    extra: { session: { intra_op: { allow_spinning: start.spinning ? '1' : '0' } } },
  });
}

function serve(session: InferenceSession): void {
  const run = runnerOf(session, start.use);
  port?.on('message', (message: ToSession) => {
    if (message.kind === 'close') {
      // The session goes before the thread: a thread that ends under a live one may crash.
      void session.release().finally(() => port.close());
      return;
    }
    run(message.pictures).then(
      (outputs) => {
        const buffers = [outputs.embedding.buffer];
        if (outputs.logits !== undefined) buffers.push(outputs.logits.buffer);
        post({ kind: 'outputs', ...outputs }, buffers);
      },
      (error: unknown) => post({ kind: 'failed', message: messageOf(error) }),
    );
  });
  post({
    kind: 'ready',
    signature: {
      inputs: session.inputMetadata.map(signatureOf),
      outputs: session.outputMetadata.map(signatureOf),
    },
  });
}

function post(message: FromSession, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

type Run = (pictures: readonly Uint8Array[]) => Promise<SessionOutputs>;

function runnerOf(session: InferenceSession, use: SessionUse | undefined): Run {
  if (use === undefined) return () => Promise.reject(new Error('This session runs nothing.'));
  const { input, embedding, logits } = use;
  const packer = inputPacker(input);
  const wanted = [embedding.name, ...(logits === undefined ? [] : [logits])];
  return async (pictures) => {
    const slots = input.batch ?? pictures.length;
    const tensor = tensorOf(packer.pack(pictures, slots), dimsOf(input, slots));
    const results = await session.run({ [input.name]: tensor }, wanted);
    const own = (name: string) => {
      const tensorOut = results[name];
      return { values: ownFloats(tensorOut, name), dims: tensorOut?.dims ?? [] };
    };
    // Of a fixed batch that was not full, the rows of its empty places stay behind.
    const filled = (values: Float32Array<ArrayBuffer>) =>
      slots === pictures.length
        ? values
        : values.slice(0, (values.length / slots) * pictures.length);
    const { values, dims } = own(embedding.name);
    return {
      embedding: filled(poolRows(values, dims, embedding)),
      logits: logits === undefined ? undefined : filled(own(logits).values),
    };
  };
}

function dimsOf({ layout, width, height }: SessionUse['input'], slots: number): number[] {
  return layout === 'NCHW' ? [slots, 3, height, width] : [slots, height, width, 3];
}

function tensorOf(values: PackedInput, dims: number[]): Tensor {
  if (values instanceof Float32Array) return new Tensor('float32', values, dims);
  return values instanceof Uint16Array
    ? new Tensor('float16', values, dims)
    : new Tensor('uint8', values, dims);
}

function signatureOf(metadata: InferenceSession.ValueMetadata): TensorSignature {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: [...metadata.shape] }
    : { name: metadata.name, type: 'other', shape: [] };
}
