import { FormData } from 'undici';
import { z } from 'zod';
import { EdgeminerError } from '../../faults.js';
import { labelSpecs } from '../../label/cvat/label-specs.js';
import type { LabelSet } from '../../label/label.js';
import type { AnnotationTool, PlacedTask } from '../../queue/tools/annotation-tool.js';
import { cvatImage, cvatToolTask, pictureName } from '../../queue/tools/cvat-picture.js';
import { annotationsOf, marksOf } from './cvat-annotations.js';
import type { CvatAnnotations, CvatLabel } from './cvat-annotations.js';
import { every, openToolHttp, projectTitle, waitUntil } from './tool-http.js';
import type { ToolHttpOptions } from './tool-http.js';

export interface CvatOptions {
  /** As a browser has it: `https://cvat.example.com`. */
  readonly url: string;
  readonly access: CvatAccess;
  /** The short name of an organization, where the project is one's. */
  readonly organization?: string | undefined;
  /** Of the projects' names; the label set's name and version follow. */
  readonly project: string;
  /** Pictures in one job, which is finished as a whole. */
  readonly picturesPerJob: number;
  readonly timeoutMs: number;
  /** Before a request is tried again, and between looks at a running one; milliseconds. */
  readonly firstWaitMs?: number;
}

export type CvatAccess =
  /** A personal access token. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

const named = z.looseObject({ id: z.number(), name: z.string() });
const attributeSpec = z.looseObject({ id: z.number(), name: z.string() });
const label = z.looseObject({
  id: z.number(),
  name: z.string(),
  attributes: z.array(attributeSpec),
});
const job = z.looseObject({
  state: z.string(),
  start_frame: z.number(),
  stop_frame: z.number(),
  type: z.string().optional(),
  assignee: z.looseObject({ username: z.string() }).nullish(),
});
const frame = z.looseObject({ name: z.string(), width: z.number(), height: z.number() });
const said = z.array(z.looseObject({ spec_id: z.number(), value: z.string() })).default([]);
const annotations = z.looseObject({
  tags: z
    .array(
      z.looseObject({
        frame: z.number(),
        label_id: z.number(),
        group: z.number().nullish(),
        attributes: said,
      }),
    )
    .default([]),
  shapes: z
    .array(
      z.looseObject({
        type: z.string(),
        frame: z.number(),
        label_id: z.number(),
        points: z.array(z.number()).default([]),
        rotation: z.number().default(0),
        occluded: z.boolean().default(false),
        outside: z.boolean().default(false),
        z_order: z.number().default(0),
        group: z.number().nullish(),
        attributes: said,
      }),
    )
    .default([]),
  tracks: z.array(z.looseObject({ frame: z.number(), label_id: z.number() })).default([]),
}) satisfies z.ZodType<CvatAnnotations>;
const request = z.looseObject({ status: z.string(), message: z.string().nullish() });

/** Of the pictures in one request, in bytes; CVAT's own client sends 100 MB. */
const longestUpload = 32 * 1024 * 1024;
const pollMs = 1000;
/** A task that is not whole yet is called so; whoever finds one begins it anew. */
const unfinished = ' (being filled)';

/**
 * CVAT through its HTTP API, as docs.cvat.ai has it under "Server API", and each server under
 * /api/docs. A label set is a project, and a batch a task, both found again by name; a picture's
 * name says which task of edgeminer it is. People say that they are done by setting the state of
 * their job to "completed".
 */
export function openCvat(options: CvatOptions): AnnotationTool {
  const http = openToolHttp({
    tool: 'CVAT',
    settings: 'tools.cvat',
    url: options.url,
    timeoutMs: options.timeoutMs,
    firstWaitMs: options.firstWaitMs ?? 1000,
    prove: proofOf(options),
  });

  return {
    async *placed(labelSet) {
      const project = await projectOf(labelSet);
      if (project === undefined) return;
      const labels = await labelsOf(project);
      for (const { id, name } of await every(http, `/api/tasks?project_id=${project}`, named)) {
        const jobs = await jobsOf(id);
        if (isAbandoned(name, jobs)) continue;
        const frames = await framesOf(id);
        const finished = jobs.filter(({ state }) => state === 'completed');
        const found =
          finished.length === 0
            ? undefined
            : await http.ask({ method: 'GET', path: `/api/tasks/${id}/annotations/` }, annotations);
        for (const [at, { name: picture, width, height }] of frames.entries()) {
          const done = finished.find((one) => one.start_frame <= at && at <= one.stop_frame);
          const where = `CVAT task ${id}, frame ${at}`;
          // Of what nobody has finished there are no answers, whatever is drawn there.
          const marks =
            found === undefined || done === undefined ? [] : marksOf(found, labels, at, where);
          const read = cvatToolTask(
            {
              name: picture,
              where,
              width,
              height,
              marks,
              person: done?.assignee?.username,
              done: done !== undefined,
            },
            () => labelSet,
          );
          if (read === undefined) continue;
          yield done === undefined ? { ...read, answers: [] } : read;
        }
      }
    },

    async place(placing, labelSet) {
      const project = (await projectOf(labelSet)) ?? (await makeProject(labelSet));
      const labels = await labelsOf(project);
      const batches = new Map<string, PlacedTask[]>();
      for (const one of placing) {
        const batch = one.task.lease?.batchId ?? '';
        batches.set(batch, [...(batches.get(batch) ?? []), one]);
      }
      const there = await every(http, `/api/tasks?project_id=${project}`, named);
      const whole = new Set(there.map(({ name }) => name));
      for (const [batch, tasks] of batches) {
        const name = nameFor(`edgeminer ${batch}`, whole);
        for (const { id, name: other } of there) {
          if (other !== `${name}${unfinished}` || !isAbandoned(other, await jobsOf(id))) continue;
          await http.tell({ method: 'DELETE', path: `/api/tasks/${id}` });
        }
        await makeTask({ name, project, labels, labelSet, tasks });
      }
    },

    close: () => http.close(),
  };

  /** Of several with the name, which two processes may have made at once, the first. */
  async function projectOf(labelSet: LabelSet): Promise<number | undefined> {
    const name = projectTitle(options.project, labelSet);
    const found = await every(http, `/api/projects?name=${encodeURIComponent(name)}`, named);
    const ids = found.filter((one) => one.name === name).map(({ id }) => id);
    return ids.length === 0 ? undefined : Math.min(...ids);
  }

  async function makeProject(labelSet: LabelSet): Promise<number> {
    const json = { name: projectTitle(options.project, labelSet), labels: labelSpecs(labelSet) };
    return (await http.ask({ method: 'POST', path: '/api/projects', json }, named)).id;
  }

  function labelsOf(project: number): Promise<readonly CvatLabel[]> {
    return every(http, `/api/labels?project_id=${project}`, label);
  }

  /** Jobs of other kinds repeat frames, to compare annotators. */
  async function jobsOf(task: number) {
    const jobs = await every(http, `/api/jobs?task_id=${task}`, job);
    return jobs.filter(({ type = 'annotation' }) => type === 'annotation');
  }

  async function framesOf(task: number) {
    const meta = z.looseObject({ frames: z.array(frame) });
    return (await http.ask({ method: 'GET', path: `/api/tasks/${task}/data/meta` }, meta)).frames;
  }

  /** Its name tells when it is whole; what is broken off before is no task. */
  async function makeTask(order: {
    readonly name: string;
    readonly project: number;
    readonly labels: readonly CvatLabel[];
    readonly labelSet: LabelSet;
    readonly tasks: readonly PlacedTask[];
  }): Promise<void> {
    const { name, project, labels, labelSet, tasks } = order;
    const { id } = await http.ask(
      {
        method: 'POST',
        path: '/api/tasks',
        json: {
          name: `${name}${unfinished}`,
          project_id: project,
          segment_size: options.picturesPerJob,
          overlap: 0,
        },
      },
      named,
    );
    await upload(id, tasks);
    const places = new Map((await framesOf(id)).map((one, at) => [one.name, at]));
    const images = tasks.map(({ task }) => cvatImage(task, labelSet));
    const json = annotationsOf(images, labels, (picture) => places.get(picture));
    if (json.tags.length + json.shapes.length > 0) {
      await http.tell({ method: 'PUT', path: `/api/tasks/${id}/annotations/`, json });
    }
    await http.tell({ method: 'PATCH', path: `/api/tasks/${id}`, json: { name } });
  }

  /** Upload-Start, Upload-Multiple for each portion, Upload-Finish; then CVAT works on its own. */
  async function upload(id: number, tasks: readonly PlacedTask[]): Promise<void> {
    const path = `/api/tasks/${id}/data/`;
    const settings = { image_quality: 95, sorting_method: 'predefined', use_cache: true };
    await http.tell({ method: 'POST', path, headers: { 'Upload-Start': '' } });
    let form = new FormData();
    let [files, bytes] = [0, 0];
    const send = async (): Promise<void> => {
      form.append('image_quality', '95');
      await http.tell({ method: 'POST', path, form, headers: { 'Upload-Multiple': '' } });
      form = new FormData();
      [files, bytes] = [0, 0];
    };
    for (const { task, picture } of tasks) {
      const content = await picture();
      if (files > 0 && bytes + content.length > longestUpload) await send();
      const type = task.image.contentType;
      const file = new Blob([new Uint8Array(content)], { type });
      form.append(`client_files[${files}]`, file, pictureName(task));
      files += 1;
      bytes += content.length;
    }
    if (files > 0) await send();
    const order = tasks.map(({ task }) => pictureName(task));
    const { rq_id: running } = await http.ask(
      {
        method: 'POST',
        path,
        json: { ...settings, upload_file_order: order },
        headers: { 'Upload-Finish': '' },
      },
      z.looseObject({ rq_id: z.string() }),
    );
    await finished(running);
  }

  async function finished(running: string): Promise<void> {
    const path = `/api/requests/${encodeURIComponent(running)}`;
    await waitUntil(
      () => http.ask({ method: 'GET', path }, request),
      ({ status, message }) => {
        if (status === 'failed') throw uploadFailed(message ?? 'it does not say why');
        return status === 'finished';
      },
      options.firstWaitMs ?? pollMs,
    );
  }
}

function uploadFailed(why: string): EdgeminerError {
  return new EdgeminerError('tool.refused', `CVAT could not take the pictures: ${why}`, {
    field: 'tools.cvat',
    mend: 'See what it says is wrong, and push again: the task is begun anew.',
  });
}

/** It was never filled, and nobody has begun to work on it. */
function isAbandoned(name: string, jobs: readonly { readonly state: string }[]): boolean {
  return name.endsWith(unfinished) && jobs.every(({ state }) => state === 'new');
}

/** A batch may be placed in several steps. */
function nameFor(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted} (${n})`;
    if (!taken.has(name)) return name;
  }
}

/** A personal access token is sent as it is; a password is changed for a key: POST /api/auth/login. */
function proofOf({ access, organization }: CvatOptions): ToolHttpOptions['prove'] {
  const within = organization === undefined ? {} : { 'X-Organization': organization };
  return async (ask) => {
    if (access.kind === 'token') return { ...within, authorization: `Bearer ${access.token}` };
    const { username, password } = access;
    const { key } = await ask(
      { method: 'POST', path: '/api/auth/login', json: { username, password } },
      z.looseObject({ key: z.string() }),
    );
    return { ...within, authorization: `Token ${key}` };
  };
}
