import { FormData } from 'undici';
import { z } from 'zod';
import { EdgeminerError } from '../../faults.js';
import { extensionOf } from '../../image/image-extension.js';
import type { LabelSet } from '../../label/label.js';
import { labellingConfig } from '../../label/label-studio/labelling-config.js';
import type { AnnotationTool, PlacedTask } from '../../queue/tools/annotation-tool.js';
import { readStudioTask, studioTask } from '../../queue/tools/studio-task.js';
import type { ToolTask } from '../../queue/tools/tool-answer.js';
import { every, openToolHttp, projectTitle, waitUntil } from './tool-http.js';
import type { ToolHttp } from './tool-http.js';

export interface LabelStudioOptions {
  /** As a browser has it: `https://labels.example.com`. */
  readonly url: string;
  /** A personal access token, or a legacy token; each is known by its form. */
  readonly token: string;
  /** Of the projects' names; the label set's name and version follow. */
  readonly project: string;
  readonly pictures: PictureDelivery;
  readonly timeoutMs: number;
  /** Before a request is tried again; milliseconds. */
  readonly firstWaitMs?: number;
}

export type PictureDelivery =
  /** Uploaded into the project. */
  | { readonly kind: 'upload' }
  /** As base64 in the task. */
  | { readonly kind: 'inline' }
  /** Of edgeminer's own API, whose address this is; who labels needs to be let in there. */
  | { readonly kind: 'url'; readonly base: string };

const project = z.looseObject({ id: z.number(), title: z.string().nullish() });
const tasksPage = z.looseObject({ total: z.number(), tasks: z.array(z.unknown()) });
const user = z.looseObject({ id: z.number(), email: z.string() });
/** At once, or as a job to be waited for. */
const imported = z.looseObject({
  import: z.number().optional(),
  file_upload_ids: z.array(z.number()).optional(),
});
const importJob = z.looseObject({ status: z.string(), error: z.string().nullish() });

const pageSize = 100;
/** Of what goes into one import, in characters; Label Studio takes 200 MB. */
const longestImport = 32 * 1024 * 1024;
const pollMs = 500;

/**
 * Label Studio through its HTTP API: api.labelstud.io has its endpoints, labelstud.io/guide/access_tokens
 * its two kinds of tokens. A label set is a project, found again by its title; a task's `data` says
 * which task of edgeminer it is.
 */
export function openLabelStudio(options: LabelStudioOptions): AnnotationTool {
  const http = openToolHttp({
    tool: 'Label Studio',
    settings: 'tools.labelStudio',
    url: options.url,
    timeoutMs: options.timeoutMs,
    firstWaitMs: options.firstWaitMs ?? 1000,
    prove: proofOf(options.token),
  });
  let people: Promise<ReadonlyMap<number, string>> | undefined;

  return {
    async *placed(labelSet) {
      const id = await projectOf(labelSet);
      if (id === undefined) return;
      people ??= peopleOf(http);
      const known = await people;
      for (let page = 1, seen = 0; ; page++) {
        // `fields=all` brings the annotations: api.labelstud.io, "List tasks".
        const { total, tasks } = await http.ask(
          {
            method: 'GET',
            path: `/api/tasks/?project=${id}&page=${page}&page_size=${pageSize}&fields=all`,
          },
          tasksPage,
        );
        for (const [index, task] of tasks.entries()) {
          const read = readStudioTask(
            task,
            `task ${seen + index + 1}`,
            () => labelSet,
            (account) =>
              typeof account === 'number' ? (known.get(account) ?? `user ${account}`) : account,
          );
          if (read !== undefined) yield read satisfies ToolTask;
        }
        seen += tasks.length;
        if (seen >= total || tasks.length === 0) return;
      }
    },

    async place(placing, labelSet) {
      const id = (await projectOf(labelSet)) ?? (await makeProject(labelSet));
      let group: object[] = [];
      let length = 0;
      for (const one of placing) {
        const image = await deliver(one, id);
        const task = studioTask(one.task, labelSet, image);
        const size = JSON.stringify(task).length;
        if (group.length > 0 && length + size > longestImport) {
          await importTasks(id, group);
          [group, length] = [[], 0];
        }
        group.push(task);
        length += size;
      }
      if (group.length > 0) await importTasks(id, group);
    },

    close: () => http.close(),
  };

  /** Of several with the title, which two processes may have made at once, the first. */
  async function projectOf(labelSet: LabelSet): Promise<number | undefined> {
    const title = projectTitle(options.project, labelSet);
    const found = await every(http, '/api/projects/', project);
    const ids = found.filter((one) => one.title === title).map(({ id }) => id);
    return ids.length === 0 ? undefined : Math.min(...ids);
  }

  async function makeProject(labelSet: LabelSet): Promise<number> {
    const { id } = await http.ask(
      {
        method: 'POST',
        path: '/api/projects/',
        json: {
          title: projectTitle(options.project, labelSet),
          description: 'Made by edgeminer: edgeminer queue push label-studio',
          label_config: labellingConfig(labelSet),
          // An annotation without a region says that there is nothing to be seen.
          enable_empty_annotation: true,
          show_skip_button: true,
        },
      },
      project,
    );
    return id;
  }

  async function deliver({ task, picture }: PlacedTask, id: number): Promise<string> {
    const { pictures } = options;
    if (pictures.kind === 'url') {
      return `${pictures.base.replace(/\/+$/, '')}/v1/tasks/${task.id}/image`;
    }
    const bytes = await picture();
    const { contentType } = task.image;
    if (pictures.kind === 'inline') {
      return `data:${contentType};base64,${Buffer.from(bytes).toString('base64')}`;
    }
    const form = new FormData();
    const name = `${task.id}.${extensionOf(contentType)}`;
    form.append(name, new Blob([new Uint8Array(bytes)], { type: contentType }), name);
    // Stored, and not made a task of: that follows, with what is said of it.
    const { file_upload_ids: [upload] = [] } = await http.ask(
      { method: 'POST', path: `/api/projects/${id}/import?commit_to_project=false`, form },
      imported,
    );
    const { file } = await http.ask(
      { method: 'GET', path: `/api/import/file-upload/${upload ?? 0}` },
      z.looseObject({ file: z.string() }),
    );
    return `/data/${file}`;
  }

  async function importTasks(id: number, tasks: readonly object[]): Promise<void> {
    const { import: job } = await http.ask(
      { method: 'POST', path: `/api/projects/${id}/import`, json: tasks },
      imported,
    );
    if (job === undefined) return;
    const path = `/api/projects/${id}/imports/${job}/`;
    await waitUntil(
      () => http.ask({ method: 'GET', path }, importJob),
      ({ status, error }) => {
        if (status === 'failed') throw importFailed(error ?? 'it does not say why');
        return status === 'completed';
      },
      options.firstWaitMs ?? pollMs,
    );
  }
}

function importFailed(why: string): EdgeminerError {
  return new EdgeminerError('tool.refused', `Label Studio could not import the tasks: ${why}`, {
    field: 'tools.labelStudio',
    mend: 'See what it says is wrong, and push again: what it took is not sent twice.',
  });
}

async function peopleOf(http: ToolHttp): Promise<ReadonlyMap<number, string>> {
  const users = await http.ask({ method: 'GET', path: '/api/users/' }, z.array(user));
  return new Map(users.map(({ id, email }) => [id, email]));
}

/**
 * A legacy token is sent as it is. A personal access token is a JWT to get short-lived tokens with:
 * POST /api/token/refresh.
 */
function proofOf(token: string): Parameters<typeof openToolHttp>[0]['prove'] {
  const personal = token.split('.').length === 3;
  return async (ask) => {
    if (!personal) return { authorization: `Token ${token}` };
    const { access } = await ask(
      { method: 'POST', path: '/api/token/refresh/', json: { refresh: token } },
      z.looseObject({ access: z.string() }),
    );
    return { authorization: `Bearer ${access}` };
  };
}
