import Fastify from 'fastify';
import { SaxesParser } from 'saxes';
import { filesOf, pageOf, withFlaws } from './flaws.js';
import type { Flaw } from './flaws.js';

/**
 * A server that answers as Label Studio's API is documented at api.labelstud.io and
 * labelstud.io/guide/access_tokens: projects, import, import status, file uploads, tasks, users, and
 * both kinds of tokens. It holds what it is sent against the labelling configuration, as Label Studio does.
 */
export interface LabelStudioServer {
  readonly url: string;
  readonly projects: StudioProject[];
  readonly flaws: Flaw[];
  /** Requests by method and path, without the query. */
  readonly requests: string[];
  /** Makes every short-lived token invalid, as time does. */
  expireTokens(): void;
  /** Tasks are taken by a job, as a server with a queue of its own does. */
  importsAreJobs: boolean;
  /** What somebody does in the tool. */
  annotate(task: StudioTask | undefined, annotation: Partial<StudioAnnotation>): void;
  close(): Promise<void>;
}

export interface StudioProject {
  readonly id: number;
  readonly title: string;
  readonly label_config: string;
  readonly tasks: StudioTask[];
  readonly uploads: { readonly id: number; readonly file: string; readonly bytes: number }[];
}

export interface StudioTask {
  readonly id: number;
  readonly data: Record<string, unknown>;
  readonly predictions: readonly { readonly result: readonly { readonly from_name: string }[] }[];
  readonly annotations: StudioAnnotation[];
}

export interface StudioAnnotation {
  readonly id: number;
  readonly completed_by: number;
  readonly result: unknown;
  readonly was_cancelled: boolean;
  readonly updated_at: string;
}

export const legacyToken = 'a-legacy-token';
/** A JWT, by its form. */
export const personalToken = 'header.payload.signature';
/** Of pages, whatever is asked for. */
const mostOnPage = 3;

export async function startLabelStudio(): Promise<LabelStudioServer> {
  const server = Fastify({ bodyLimit: 64 * 1024 * 1024 });
  const projects: StudioProject[] = [];
  const flaws: Flaw[] = [];
  const requests: string[] = [];
  const jobs = new Map<number, number>();
  let access = 1;
  let ids = 100;
  server.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_, body, done) => {
    done(null, body);
  });
  server.addHook('onRequest', async (request, reply) => {
    requests.push(`${request.method} ${request.url.split('?', 1).join('')}`);
    if (request.url === '/api/token/refresh/') return;
    const known = [`Token ${legacyToken}`, `Bearer access-${access}`];
    if (known.includes(request.headers.authorization ?? '')) return;
    await reply.code(401).send({ detail: 'Invalid token.' });
  });
  withFlaws(server, flaws);

  server.post<{ Body: { refresh?: string } }>('/api/token/refresh/', (request, reply) => {
    if (request.body.refresh !== personalToken) {
      return reply.code(401).send({ detail: 'Token is invalid or expired' });
    }
    return reply.send({ access: `access-${access}` });
  });
  server.get('/api/users/', (_, reply) =>
    reply.send([
      { id: 1, email: 'ada@example.com', username: 'ada', first_name: 'Ada' },
      { id: 2, email: 'bo@example.com', username: 'bo', first_name: '' },
    ]),
  );
  server.get<Paged>('/api/projects/', (request, reply) => {
    const page = pageOf(projects, request.query, mostOnPage);
    return page.isThere ? reply.send(page.body) : reply.code(404).send({ detail: 'Invalid page.' });
  });
  server.post<{ Body: { title?: string; label_config?: string } }>(
    '/api/projects/',
    (request, reply) => {
      const { title = '', label_config = '' } = request.body;
      if (title.length < 3 || title.length > 50) {
        return reply.code(400).send({ validation_errors: { title: ['3 to 50 characters'] } });
      }
      if (controlsIn(label_config).size === 0) {
        return reply.code(400).send({ validation_errors: { label_config: ['no controls'] } });
      }
      const project = { id: (ids += 1), title, label_config, tasks: [], uploads: [] };
      projects.push(project);
      return reply.code(201).send({ ...project, tasks: undefined, uploads: undefined });
    },
  );
  server.post<{ Params: { id: string }; Querystring: { commit_to_project?: string } }>(
    '/api/projects/:id/import',
    async (request, reply) => {
      const project = projects.find(({ id }) => id === Number(request.params.id));
      if (project === undefined) return reply.code(404).send({ detail: 'Not found.' });
      if (Buffer.isBuffer(request.body)) {
        const uploaded: number[] = [];
        for (const file of filesOf(request.headers['content-type'], request.body)) {
          const id = (ids += 1);
          const name = `upload/${project.id}/abc${id}-${file.name}`;
          project.uploads.push({ id, file: name, bytes: file.bytes.length });
          uploaded.push(id);
        }
        return reply.code(201).send({ task_count: 0, file_upload_ids: uploaded });
      }
      const sent = request.body as Pick<StudioTask, 'data' | 'predictions'>[];
      const controls = controlsIn(project.label_config);
      for (const { data, predictions } of sent) {
        if (typeof data['image'] !== 'string') {
          return reply.code(400).send({ validation_errors: { data: ['"image" is missing'] } });
        }
        const strange = predictions
          .flatMap(({ result }) => result)
          .find(({ from_name }) => !controls.has(from_name));
        if (strange !== undefined) {
          return reply.code(400).send({ validation_errors: [`no control ${strange.from_name}`] });
        }
      }
      for (const { data, predictions } of sent) {
        project.tasks.push({ id: (ids += 1), data, predictions, annotations: [] });
      }
      if (studio.importsAreJobs) {
        jobs.set((ids += 1), 2);
        return reply.code(201).send({ import: ids });
      }
      return reply
        .code(201)
        .send({ task_count: sent.length, annotation_count: 0, file_upload_ids: [], duration: 0.1 });
    },
  );
  server.get<{ Params: { job: string } }>('/api/projects/:id/imports/:job/', (request, reply) => {
    const job = Number(request.params.job);
    const left = (jobs.get(job) ?? 0) - 1;
    jobs.set(job, left);
    return reply.send({ id: job, status: left > 0 ? 'in_progress' : 'completed', error: null });
  });
  server.get<{ Params: { id: string } }>('/api/import/file-upload/:id', (request, reply) => {
    const found = projects
      .flatMap(({ uploads }) => uploads)
      .find(({ id }) => id === Number(request.params.id));
    return found === undefined ? reply.code(404).send({ detail: 'Not found.' }) : reply.send(found);
  });
  server.get<Paged & { Querystring: { project?: string; fields?: string } }>(
    '/api/tasks/',
    (request, reply) => {
      const { project: id, fields } = request.query;
      const project = projects.find((one) => one.id === Number(id));
      const page = pageOf(project?.tasks ?? [], request.query, mostOnPage);
      if (!page.isThere) return reply.code(404).send({ detail: 'Invalid page.' });
      const tasks =
        fields === 'all'
          ? page.results
          : page.results.map(({ id: task, data }) => ({ id: task, data }));
      return reply.send({ total: project?.tasks.length ?? 0, total_annotations: 0, tasks });
    },
  );

  const studio: LabelStudioServer = {
    url: await server.listen({ host: '127.0.0.1', port: 0 }),
    projects,
    flaws,
    requests,
    importsAreJobs: false,
    expireTokens: () => (access += 1),
    annotate(task, annotation) {
      if (task === undefined) throw new Error('there is no such task');
      task.annotations.push({
        id: (ids += 1),
        completed_by: 1,
        result: [],
        was_cancelled: false,
        updated_at: new Date(Date.UTC(2026, 0, 1) + ids * 1000).toISOString(),
        ...annotation,
      });
    },
    close: () => server.close(),
  };
  return studio;
}

interface Paged {
  Querystring: { page?: string; page_size?: string };
}

/** The controls of a labelling configuration, by name; none where it is no XML. */
function controlsIn(config: string): ReadonlySet<string> {
  const found = new Set<string>();
  const parser = new SaxesParser();
  parser.on('opentag', ({ attributes }) => {
    if (attributes['toName'] !== undefined) found.add(attributes['name'] ?? '');
  });
  parser.on('error', () => undefined);
  parser.write(config).close();
  return found;
}
