import { PbfReader } from 'pbf';
import { EdgeminerError, messageOf } from '../../faults.js';

/**
 * What stands in an ONNX file beside the signature that the runtime gives. Field numbers are
 * those of onnx/onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export interface GraphFacts {
  /** The program that wrote the file, as it names itself; '' where it does not. */
  readonly producer: string;
  /** Files that hold its weights, by their paths from the ONNX file's folder; sorted. */
  readonly dataFiles: readonly string[];
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface Found {
  producer: string;
  version: string;
  readonly nodes: GraphNode[];
  readonly dataFiles: Set<string>;
}

interface Node {
  operator: string;
  readonly inputs: string[];
  readonly outputs: string[];
}

/** Throws `model.unsuitable` for bytes that are no ONNX model. */
export function inspectGraph(file: string, bytes: Uint8Array): GraphFacts {
  const found: Found = { producer: '', version: '', nodes: [], dataFiles: new Set() };
  try {
    new PbfReader(bytes).readFields(readModel, found);
  } catch (cause) {
    throw noModel(file, messageOf(cause));
  }
  if (found.nodes.length === 0) throw noModel(file, 'it has no graph');
  return {
    producer: `${found.producer} ${found.version}`.trim(),
    dataFiles: [...found.dataFiles].sort(),
    nodes: found.nodes,
  };
}

/** Operators that an input goes through first, as long as each has one that follows. */
export function firstOperators(nodes: readonly GraphNode[], input: string): string[] {
  const operators: string[] = [];
  let value = input;
  while (operators.length < nodes.length) {
    const users = nodes.filter(({ inputs }) => inputs.includes(value));
    const [user] = users;
    if (user === undefined || users.length > 1) return operators;
    operators.push(user.operator);
    const [next] = user.outputs;
    if (next === undefined) return operators;
    value = next;
  }
  return operators;
}

function readModel(tag: number, found: Found, reader: PbfReader): void {
  if (tag === 2) found.producer = reader.readString();
  else if (tag === 3) found.version = reader.readString();
  else if (tag === 7) reader.readMessage(readGraph, found);
  else if (tag === 25) reader.readMessage(readFunction, found);
}

function readGraph(tag: number, found: Found, reader: PbfReader): void {
  if (tag === 1) found.nodes.push(readNode(reader, found));
  else if (tag === 5) reader.readMessage(readTensor, found);
  else if (tag === 15) reader.readMessage(readSparseTensor, found);
}

/** A function's nodes are no part of the path from the input; their tensors count. */
function readFunction(tag: number, found: Found, reader: PbfReader): void {
  if (tag === 7) readNode(reader, found);
}

function readNode(reader: PbfReader, found: Found): Node {
  const node: Node = { operator: '', inputs: [], outputs: [] };
  return reader.readMessage((tag, _, inner) => {
    if (tag === 1) node.inputs.push(inner.readString());
    else if (tag === 2) node.outputs.push(inner.readString());
    else if (tag === 4) node.operator = inner.readString();
    else if (tag === 5) inner.readMessage(readAttribute, found);
  }, node);
}

function readAttribute(tag: number, found: Found, reader: PbfReader): void {
  if (tag === 5 || tag === 10) reader.readMessage(readTensor, found);
  else if (tag === 6 || tag === 11) reader.readMessage(readBranch, found);
  else if (tag === 22 || tag === 23) reader.readMessage(readSparseTensor, found);
}

/** The graph of a branch or a loop: its nodes are not on the path from the input. */
function readBranch(tag: number, found: Found, reader: PbfReader): void {
  if (tag === 1) readNode(reader, found);
  else readGraph(tag, found, reader);
}

function readSparseTensor(tag: number, found: Found, reader: PbfReader): void {
  if (tag === 1 || tag === 2) reader.readMessage(readTensor, found);
}

function readTensor(tag: number, found: Found, reader: PbfReader): void {
  if (tag !== 13) return;
  const pair = { key: '', value: '' };
  reader.readMessage((inner, _, bytes) => {
    if (inner === 1) pair.key = bytes.readString();
    else if (inner === 2) pair.value = bytes.readString();
  }, pair);
  if (pair.key === 'location') found.dataFiles.add(pair.value);
}

function noModel(file: string, why: string): EdgeminerError {
  return new EdgeminerError('model.unsuitable', `${file} is no ONNX model: ${why}`, {
    field: 'file',
    mend: 'Give a file that was exported as ONNX (.onnx); of PyTorch and Keras files, export one.',
  });
}
