import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDirectorySource } from '../../src/adapters/directory/directory-source.js';
import { openJsonLinesSource } from '../../src/adapters/directory/jsonl-source.js';
import { openTrainingPictures } from '../../src/adapters/directory/pictures.js';
import type { TrainingFiles } from '../../src/adapters/directory/pictures.js';
import type { InferenceEvent } from '../../src/event/inference-event.js';
import { modelName, modelVersion, sourceId } from '../../src/ids.js';
import type { TrainingPicture, UnreadPicture } from '../../src/score/training-pictures.js';
import { putFile } from '../fixtures/put-file.js';

const model = { modelName: modelName('shop'), modelVersion: modelVersion('1.0') };
const untold = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeminer-directory-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const put = (path: string, content?: string | Uint8Array) => putFile(folder, path, content);

async function* trainingPictures(directory: string, files?: TrainingFiles) {
  yield* (await openTrainingPictures(directory, files)).pictures;
}

const surveyOf = async (directory: string, files?: TrainingFiles) =>
  (await openTrainingPictures(directory, files)).survey;

async function events(options: {
  predictions?: string;
  sourceId?: string;
}): Promise<InferenceEvent[]> {
  const { predictions, sourceId: source } = options;
  const opened = await openDirectorySource({
    directory: folder,
    ...model,
    ...(predictions === undefined ? {} : { predictions }),
    ...(source === undefined ? {} : { sourceId: sourceId(source) }),
  });
  const found: InferenceEvent[] = [];
  for await (const delivery of opened.deliveries(untold)) {
    const reading = await delivery.read();
    if (reading.kind === 'unreadable') throw reading.fault;
    found.push(reading.event);
  }
  await opened.close();
  return found;
}

describe('pictures of a directory', () => {
  const expected = ['a-b.JPG', 'a.png', 'a/1.webp', 'a/b/2.avif', 'a0.jpeg', 'link.jpg', 'Ω.jpg'];

  beforeEach(async () => {
    for (const path of expected) if (path !== 'link.jpg') await put(path);
    for (const path of ['notes.txt', '.hidden.jpg', '.cache/x.jpg', 'a/._1.webp', 'x.svg']) {
      await put(path);
    }
    await symlink('a.png', join(folder, 'link.jpg'));
    await symlink('.', join(folder, 'loop.jpg'));
  });

  it('come in the order of their paths, without hidden files and links to folders', async () => {
    const paths: string[] = [];
    for await (const picture of trainingPictures(folder)) {
      const { path, bytes } = read(picture);
      paths.push(path);
      expect(bytes.length).toBeGreaterThan(0);
    }
    expect(paths).toEqual([...expected].sort());
    expect((await surveyOf(folder)).pictures).toBe(expected.length);
    expect((await events({})).map((event) => event.eventId)).toEqual(paths);
  });

  it('carry what the predictions file says of them', async () => {
    const line = {
      path: './a/1.webp',
      predictions: { kind: 'classification', classes: ['cat'], probabilities: [1] },
      embedding: [1, 2],
      sourceId: 'camera 1',
      occurredAt: '2026-01-02T03:04:05Z',
      tags: { lane: '1' },
    };
    const predictions = await put('p.jsonl', `${JSON.stringify(line)}\n\n{"path":"a.png"}\n`);
    const byId = new Map((await events({ predictions, sourceId: 's' })).map((e) => [e.eventId, e]));
    const found = [...byId.values()];
    expect(found.find((event) => event.eventId === 'a/1.webp')).toMatchObject({
      predictions: line.predictions,
      embedding: Float32Array.of(1, 2),
      sourceId: 'camera 1',
      occurredAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      tags: { lane: '1' },
    });
    expect(found.find((event) => event.eventId === 'a.png')).toMatchObject({
      predictions: { kind: 'none' },
      sourceId: 's',
    });
  });

  it.each([
    ['{"path":"a.png"', 'line 1', 'is not JSON'],
    ['{"predictions":null}', 'path', 'line 1'],
    ['{"path":"a.png","score":1}', 'score', 'line 1'],
    ['{"path":"../a.png"}', 'path', 'not a path inside'],
    ['{"path":"/a.png"}', 'path', 'not a path inside'],
    ['{"path":"a.png"}\n{"path":"./a.png"}', 'path', 'line 2, path: a.png is also in line 1'],
    ['{"path":"a.png","occurredAt":"yesterday"}', 'occurredAt', 'line 1'],
    ['{"path":"a.png","embedding":[]}', 'embedding', 'line 1'],
    [
      '{"path":"a.png"}\n{"path":"Ω.jpg","predictions":{"kind":"classification","classes":["a"],"probabilities":[2]}}',
      'predictions.probabilities.0',
      'line 2',
    ],
    ['{"path":"b.png"}', 'path', 'no path in'],
  ])('refuse the predictions %s, naming line and field', async (content, field, message) => {
    const predictions = await put('p.jsonl', content);
    await expect(events({ predictions })).rejects.toMatchObject({
      code: 'input.invalid',
      field,
      message: expect.stringContaining(message) as string,
      mend: expect.any(String) as string,
    });
  });

  it('refuse impossible predictions with what to write instead', async () => {
    const predictions = { kind: 'classification', classes: ['a', 'b'], probabilities: [1, 1] };
    const file = await put('p.jsonl', JSON.stringify({ path: 'a.png', predictions }));
    await expect(surveyOf(folder, { predictions: file })).rejects.toMatchObject({
      field: 'predictions.probabilities',
      message: expect.stringContaining('line 1, predictions.probabilities: ') as string,
      mend: expect.stringMatching(/^Mend this line, or take it out\. .*'kind: none'/) as string,
    });
  });

  it.each([
    ['labels.csv', 'path,label\na.png,"cat, black"\nΩ.jpg,dog\n'],
    ['labels.csv', '\uFEFFid,label,path\n1,"cat, black",./a.png\n2,dog,Ω.jpg\n'],
    ['labels.csv', 'a.png,"cat, black"\r\nΩ.jpg,dog\r\n'],
    ['labels.jsonl', '{"path":"a.png","label":"cat, black"}\n{"path":"Ω.jpg","label":"dog"}\n'],
  ])('take their labels from %s', async (name, content) => {
    const labels = await put(name, content);
    const found = new Map<string, string | undefined>();
    for await (const picture of trainingPictures(folder, { labels })) {
      const { path, label } = read(picture);
      found.set(path, label);
    }
    expect(found.get('a.png')).toBe('cat, black');
    expect(found.get('Ω.jpg')).toBe('dog');
    expect(found.get('a0.jpeg')).toBeUndefined();
  });

  it.each([
    ['labels.csv', 'path,label\na.png,\n', 'label'],
    ['labels.csv', 'path,label\na.png,x\na.png,y\n', 'label'],
    ['labels.csv', 'path,label\n../a.png,x\n', 'path'],
    ['labels.csv', 'a.png;x\n', 'line 1'],
    ['labels.csv', 'b.png,x\n', 'path'],
    ['labels.csv', '"a.png,x\n', expect.stringContaining('labels.csv') as string],
    ['labels.jsonl', '{"path":"a.png","label":1}\n', 'label'],
    ['labels.jsonl', '{"label":"x"}\n', 'path'],
  ])('refuse bad labels in %s: %j', async (name, content, field) => {
    const labels = await put(name, content);
    const first = trainingPictures(folder, { labels }).next();
    await expect(first).rejects.toMatchObject({ code: 'input.invalid', field });
  });

  it.each(['labels', 'predictions'] as const)(
    'say which paths of the %s are none of them, and pass over no file of their own',
    async (kind) => {
      const lines = ['a.png', 'b.png', 'a/1.webp', 'notes.txt', 'c.png'];
      const file = await put(
        `${kind}.jsonl`,
        lines
          .map((path) => JSON.stringify({ path, ...(kind === 'labels' && { label: 'x' }) }))
          .join('\n'),
      );
      const unmatched = [{ file, count: 3, of: 5, example: 'b.png' }];
      const passedOver = [{ what: 'no picture', count: 2, example: expect.anything() as string }];
      expect(await surveyOf(folder, { [kind]: file })).toEqual({
        pictures: expected.length,
        passedOver,
        unmatched,
      });
      if (kind === 'labels') return;
      const source = await openDirectorySource({ directory: folder, ...model, predictions: file });
      expect(source.survey).toMatchObject({ passedOver, unmatched });
      await source.close();
      const none = await openDirectorySource({ directory: folder, ...model });
      expect(none.survey.unmatched).toEqual([]);
      await none.close();
    },
  );

  it('are told by their first bytes where their names do not, and what else lies there is counted', async () => {
    const kinds = {
      'n/1': Buffer.from('ffd8ffe0', 'hex'),
      'n/2.jfif': Buffer.from('ffd8ffe0', 'hex'),
      'n/3.0001': Buffer.from('89504e470d0a1a0a', 'hex'),
      'n/4.bin': Buffer.from('RIFF\0\0\0\0WEBP'),
      'n/5.heif': Buffer.from('\0\0\0\x1cftypmif1\0\0\0\0mif1avif'),
      'n/a.gif': 'GIF89a',
      'n/b': 'GIF87a',
      'n/c.bmp': Buffer.from('BM6\0\0\0\0\0\0\0'),
      'n/d.tif': Buffer.from('49492a00', 'hex'),
      'n/e.tiff': Buffer.from('4d4d002a', 'hex'),
      'n/f.heic': Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1'),
      'n/g.jxl': Buffer.from('ff0a', 'hex'),
      'n/h.jp2': Buffer.from('0000000c6a5020200d0a870a', 'hex'),
      'n/i.bmp': 'BM is how this text begins',
      'n/empty': '',
      // Named as a picture: whoever decodes it says what it is.
      'n/j.jpg': 'GIF89a',
      'n/k.txt': Buffer.from('ffd8ffe0', 'hex'),
    };
    for (const [path, content] of Object.entries(kinds)) await put(path, content);
    await symlink('gone', join(folder, 'n', 'lost'));
    const paths: string[] = [];
    for await (const { path } of trainingPictures(join(folder, 'n'))) paths.push(path);
    expect(paths).toEqual(['1', '2.jfif', '3.0001', '4.bin', '5.heif', 'j.jpg']);
    const { pictures, passedOver } = await surveyOf(join(folder, 'n'));
    expect(pictures).toBe(6);
    const counts = new Map(passedOver.map(({ what, count }) => [what, count]));
    expect(counts).toEqual(
      new Map([
        ['GIF', 2],
        ['BMP', 1],
        ['TIFF', 2],
        ['HEIC', 1],
        ['JPEG XL', 1],
        ['JPEG 2000', 1],
        ['no picture', 3],
        ['unreadable', 1],
      ]),
    );
    expect(passedOver.find(({ what }) => what === 'HEIC')?.example).toBe('f.heic');
  });

  it('say what is missing', async () => {
    const missing = join(folder, 'none');
    const wanted = { code: 'input.not-found', mend: expect.any(String) as string };
    await expect(surveyOf(missing)).rejects.toMatchObject(wanted);
    await expect(surveyOf(join(folder, 'a.png'))).rejects.toMatchObject(wanted);
    await expect(openDirectorySource({ directory: missing, ...model })).rejects.toMatchObject(
      wanted,
    );
    await expect(events({ predictions: missing })).rejects.toMatchObject(wanted);
    await expect(trainingPictures(folder, { labels: missing }).next()).rejects.toMatchObject(
      wanted,
    );
  });

  it('that are too large or gone by now are unreadable, one by one', async () => {
    await put('b.jpg', new Uint8Array(101));
    const source = await openDirectorySource({ directory: folder, ...model, maxBytes: 100 });
    const codes: string[] = [];
    for await (const delivery of source.deliveries(untold)) {
      if (delivery.origin.offset === '0') await rm(join(folder, 'a-b.JPG'));
      const reading = await delivery.read();
      if (reading.kind === 'unreadable') codes.push(reading.fault.code);
    }
    expect(codes).toEqual(['image.not-found', 'image.too-large']);
    await source.close();

    await symlink('gone.jpg', join(folder, 'c.jpg'));
    const faults = new Map<string, string>();
    for await (const picture of trainingPictures(folder, { maxBytes: 100 })) {
      if ('fault' in picture) faults.set(picture.path, picture.fault.code);
    }
    expect([...faults]).toEqual([
      ['b.jpg', 'image.too-large'],
      ['c.jpg', 'image.not-found'],
    ]);
  });
});

describe('JSON-lines source', () => {
  it('says what is missing', async () => {
    for (const file of [join(folder, 'none.jsonl'), folder]) {
      await expect(openJsonLinesSource({ file })).rejects.toMatchObject({
        code: 'input.not-found',
        field: file,
        mend: expect.any(String) as string,
      });
    }
  });

  it('counts every line, and gives an overlong one as too large', async () => {
    const lines = ['', 'x'.repeat(200), '  ', '{}', '\r', 'x'.repeat(101)];
    const input = Readable.from([Buffer.from(lines.join('\n'))]);
    const source = await openJsonLinesSource({ file: '-', input, maxLineBytes: 100 });
    const found: [string, string, boolean][] = [];
    for await (const delivery of source.deliveries(untold)) {
      const { origin, raw } = delivery;
      const reading = await delivery.read();
      if (reading.kind === 'event') throw new Error('none of these is an event');
      found.push([origin.offset, reading.fault.code, raw === undefined]);
    }
    expect(found).toEqual([
      ['1', 'event.too-large', true],
      ['3', 'event.invalid', false],
      ['5', 'event.too-large', true],
    ]);
    await source.close();
  });

  it('reads no further ahead than its buffers', async () => {
    let pulled = 0;
    const input = Readable.from(
      (async function* () {
        for (; pulled < 10_000; pulled++) yield Buffer.from('{"no":"event"}\n');
      })(),
      { objectMode: false },
    );
    const source = await openJsonLinesSource({ file: '-', input });
    const iterator = source.deliveries(untold)[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pulled).toBeLessThan(10_000);
    await iterator.return?.();
    await source.close();
  });
});

function read(picture: TrainingPicture | UnreadPicture): TrainingPicture {
  if ('fault' in picture) throw picture.fault;
  return picture;
}
