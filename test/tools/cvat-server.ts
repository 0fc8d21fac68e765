import Fastify from 'fastify';
import type { FastifyRequest } from 'fastify';
import sharp from 'sharp';
import { filesOf, pageOf, withFlaws } from './flaws.js';
import type { Flaw } from './flaws.js';

/**
 * A server that answers as CVAT's API is documented under docs.cvat.ai ("Server API", "Access
 * tokens") and in its schema under /api/docs: sign-in, projects, labels, tasks, the upload protocol
 * of data (Upload-Start, Upload-Multiple, Upload-Finish), requests, jobs and annotations.
 */
export interface CvatServer {
  readonly url: string;
  readonly tasks: ServedTask[];
  readonly projects: ServedProject[];
  readonly flaws: Flaw[];
  readonly requests: string[];
  /** Makes every key that sign-in gave invalid. */
  expireKeys(): void;
  close(): Promise<void>;
}

export interface ServedProject {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly ServedLabel[];
}

interface ServedLabel {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly attributes: readonly { readonly id: number; readonly name: string }[];
}

export interface ServedTask {
  readonly id: number;
  name: string;
  readonly project_id: number;
  readonly segment_size: number;
  readonly files: Map<string, Uint8Array>;
  frames: { name: string; width: number; height: number }[];
  jobs: ServedJob[];
  annotations: ServedAnnotations;
  uploading: boolean;
}

export interface ServedJob {
  readonly id: number;
  state: string;
  readonly start_frame: number;
  readonly stop_frame: number;
  readonly type: string;
  assignee: { username: string } | null;
}

interface ServedAnnotations {
  tags: Mark[];
  shapes: (Mark & Record<string, unknown>)[];
  tracks: unknown[];
}

interface Mark {
  readonly frame: number;
  readonly label_id: number;
  readonly attributes: readonly { readonly spec_id: number; readonly value: string }[];
}

export const accessToken = 'a-personal-access-token';
export const account = { username: 'edgeminer', password: 'secret' };
const mostOnPage = 2;

export async function startCvat(): Promise<CvatServer> {
  const server = Fastify({ bodyLimit: 64 * 1024 * 1024 });
  const projects: ServedProject[] = [];
  const tasks: ServedTask[] = [];
  const flaws: Flaw[] = [];
  const requests: string[] = [];
  const running = new Map<string, { task: ServedTask; order: readonly string[]; polls: number }>();
  let key = 1;
  let ids = 10;
  server.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_, body, done) => {
    done(null, body);
  });
  server.addHook('onRequest', async (request, reply) => {
    requests.push(`${request.method} ${request.url.split('?', 1).join('')}`);
    if (request.url === '/api/auth/login') return;
    const known = [`Token key-${key}`, `Bearer ${accessToken}`];
    if (known.includes(request.headers.authorization ?? '')) return;
    await reply.code(401).send({ detail: 'Authentication credentials were not provided.' });
  });
  withFlaws(server, flaws);
  const missing = { detail: 'Not found.' };
  const taskOf = ({ params }: FastifyRequest) =>
    tasks.find(({ id }) => id === Number((params as { id: string }).id));

  server.post<{ Body: { username?: string; password?: string } }>(
    '/api/auth/login',
    (request, reply) => {
      const { username, password } = request.body;
      return username === account.username && password === account.password
        ? reply.send({ key: `key-${key}` })
        : reply
            .code(400)
            .send({ non_field_errors: ['Unable to log in with provided credentials.'] });
    },
  );
  server.get<Paged & { Querystring: { name?: string } }>('/api/projects', (request, reply) => {
    const { name } = request.query;
    const found = projects.filter((one) => name === undefined || one.name === name);
    return reply.send(pageOf(found, request.query, mostOnPage).body);
  });
  server.post<{ Body: { name: string; labels: (Omit<ServedLabel, 'id'> & object)[] } }>(
    '/api/projects',
    (request, reply) => {
      const { name, labels } = request.body;
      if (new Set(labels.map((one) => one.name)).size < labels.length) {
        return reply.code(400).send({ labels: ['All label names must be unique'] });
      }
      const made: ServedProject = {
        id: (ids += 1),
        name,
        labels: labels.map((one) => ({
          ...one,
          id: (ids += 1),
          attributes: one.attributes.map((spec) => ({ ...spec, id: (ids += 1) })),
        })),
      };
      projects.push(made);
      return reply.code(201).send({ id: made.id, name });
    },
  );
  server.get<Paged & { Querystring: { project_id?: string } }>('/api/labels', (request, reply) => {
    const project = projects.find(({ id }) => id === Number(request.query.project_id));
    return reply.send(pageOf(project?.labels ?? [], request.query, mostOnPage).body);
  });
  server.get<Paged & { Querystring: { project_id?: string } }>('/api/tasks', (request, reply) => {
    const found = tasks.filter((one) => one.project_id === Number(request.query.project_id));
    const shown = found.map(({ id, name, frames }) => ({ id, name, size: frames.length }));
    return reply.send(pageOf(shown, request.query, mostOnPage).body);
  });
  server.post<{ Body: { name: string; project_id: number; segment_size: number } }>(
    '/api/tasks',
    (request, reply) => {
      const made: ServedTask = {
        ...request.body,
        id: (ids += 1),
        files: new Map(),
        frames: [],
        jobs: [],
        annotations: { tags: [], shapes: [], tracks: [] },
        uploading: false,
      };
      tasks.push(made);
      return reply.code(201).send({ id: made.id, name: made.name, size: 0 });
    },
  );
  server.patch<{ Body: { name?: string }; Params: { id: string } }>(
    '/api/tasks/:id',
    (request, reply) => {
      const task = taskOf(request);
      if (task === undefined) return reply.code(404).send(missing);
      task.name = request.body.name ?? task.name;
      return reply.send({ id: task.id, name: task.name });
    },
  );
  server.delete<{ Params: { id: string } }>('/api/tasks/:id', (request, reply) => {
    const task = taskOf(request);
    if (task === undefined) return reply.code(404).send(missing);
    tasks.splice(tasks.indexOf(task), 1);
    return reply.code(204).send();
  });
  server.post<{ Params: { id: string } }>('/api/tasks/:id/data/', async (request, reply) => {
    const task = taskOf(request);
    if (task === undefined) return reply.code(404).send(missing);
    if (task.frames.length > 0) return reply.code(400).send(['Adding more data is not supported']);
    const { headers, body } = request;
    if (headers['upload-start'] !== undefined) {
      task.uploading = true;
      return reply.code(202).send();
    }
    if (!task.uploading) return reply.code(400).send(['No upload was started']);
    if (headers['upload-multiple'] !== undefined) {
      for (const { field, name, bytes } of filesOf(headers['content-type'], body)) {
        if (!/^client_files\[\d+\]$/.test(field)) return reply.code(400).send([field]);
        task.files.set(name, bytes);
      }
      return reply.code(200).send();
    }
    const { upload_file_order: order = [], image_quality: quality } = body as {
      upload_file_order?: string[];
      image_quality?: number;
    };
    if (quality === undefined) return reply.code(400).send({ image_quality: ['is required'] });
    task.uploading = false;
    running.set(`action=create&target=task&id=${task.id}`, { task, order, polls: 0 });
    return reply.code(202).send({ rq_id: `action=create&target=task&id=${task.id}` });
  });
  server.get<{ Params: { id: string } }>('/api/requests/:id', async (request, reply) => {
    const found = running.get(request.params.id);
    if (found === undefined) return reply.code(404).send(missing);
    found.polls += 1;
    if (found.polls < 3) return reply.send({ status: found.polls === 1 ? 'queued' : 'started' });
    try {
      if (found.task.frames.length === 0) await makeFrames(found.task, found.order);
    } catch (error) {
      return reply.send({ status: 'failed', message: String(error) });
    }
    return reply.send({ status: 'finished', message: '' });
  });
  server.get('/api/tasks/:id/data/meta', (request, reply) => {
    const task = taskOf(request);
    return task === undefined
      ? reply.code(404).send(missing)
      : reply.send({ size: task.frames.length, frames: task.frames });
  });
  server.get<Paged & { Querystring: { task_id?: string } }>('/api/jobs', (request, reply) => {
    const task = tasks.find(({ id }) => id === Number(request.query.task_id));
    return reply.send(pageOf(task?.jobs ?? [], request.query, mostOnPage).body);
  });
  server.get('/api/tasks/:id/annotations/', (request, reply) => {
    const task = taskOf(request);
    return task === undefined
      ? reply.code(404).send(missing)
      : reply.send({ version: 1, ...task.annotations });
  });
  server.put<{ Body: ServedAnnotations }>('/api/tasks/:id/annotations/', (request, reply) => {
    const task = taskOf(request);
    if (task === undefined) return reply.code(404).send(missing);
    const labels = projects.find(({ id }) => id === task.project_id)?.labels ?? [];
    for (const { frame, label_id: id, attributes } of [
      ...request.body.tags,
      ...request.body.shapes,
    ]) {
      const specs = labels.find((one) => one.id === id)?.attributes;
      const known = attributes.every(({ spec_id: spec }) => specs?.some((one) => one.id === spec));
      if (specs === undefined || !known || task.frames[frame] === undefined) {
        return reply.code(400).send(['unknown label, attribute or frame']);
      }
    }
    task.annotations = request.body;
    return reply.send({ version: 1, ...task.annotations });
  });

  async function makeFrames(task: ServedTask, order: readonly string[]): Promise<void> {
    const names = order.length > 0 ? order : [...task.files.keys()].sort();
    for (const name of names) {
      const { width, height } = await sharp(task.files.get(name)).metadata();
      task.frames.push({ name, width, height });
    }
    for (let at = 0; at < task.frames.length; at += task.segment_size) {
      task.jobs.push({
        id: (ids += 1),
        state: 'new',
        start_frame: at,
        stop_frame: Math.min(at + task.segment_size, task.frames.length) - 1,
        type: 'annotation',
        assignee: null,
      });
    }
  }

  return {
    url: await server.listen({ host: '127.0.0.1', port: 0 }),
    tasks,
    projects,
    flaws,
    requests,
    expireKeys: () => (key += 1),
    close: () => server.close(),
  };
}

interface Paged {
  Querystring: { page?: string; page_size?: string };
}
