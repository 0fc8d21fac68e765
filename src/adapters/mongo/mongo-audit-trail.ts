import type { AuditTrail } from '../../queue/audit-trail.js';
import type { AuditedTask } from '../../queue/audit.js';
import { checkPage } from '../../queue/check-request.js';
import { guarded } from './content-addressed-bucket.js';
import { documentToTask, headOf } from './documents.js';
import type { TaskDocument } from './documents.js';
import type { TaskCollections } from './mongo-governor.js';
import { keyOf } from './persons.js';
import { isNamedAtGold, renameAtGold } from './rename-at-gold.js';
import type { NamedCollections } from './rename-at-gold.js';
import { snapshot } from './task-filters.js';

/** The chains lie in the tasks' own documents, and are written with them. */
export function mongoAuditTrail(
  { tasks, persons }: TaskCollections,
  elsewhere: NamedCollections,
): AuditTrail {
  return {
    audited: (id) =>
      guarded(async () => {
        const found = await tasks.findOne({ _id: id });
        return found === null ? undefined : auditedTask(found);
      }),

    auditedTasks: (page) =>
      guarded(async () => {
        checkPage(page);
        const found = await tasks
          .find(page.after === undefined ? {} : { _id: { $gt: page.after } }, snapshot)
          .sort({ _id: 1 })
          .limit(page.limit)
          .toArray();
        return found.map(auditedTask);
      }),

    namesOf: (keys) =>
      guarded(async () => {
        const found = await persons.find({ _id: { $in: [...keys] } }).toArray();
        return new Map(found.map(({ _id, name }) => [_id, name]));
      }),

    pseudonymise: (name, made) =>
      guarded(async () => {
        const places = ['lease', 'label', 'opinions', 'skips', 'formerLabels', 'skip'];
        const named = {
          $or: [...places.map((place) => ({ [`${place}.annotator`]: name })), { answeredBy: name }],
        };
        const count = await tasks.countDocuments(named);
        const isKnown =
          count > 0 ||
          (await persons.findOne({ name })) !== null ||
          (await isNamedAtGold(name, elsewhere));
        if (!isKnown) return { kind: 'unknown-person' };
        const key = await keyOf(persons, name);
        await persons.updateOne(
          { _id: key, pseudonym: { $exists: false } },
          { $set: { pseudonym: made } },
        );
        const pseudonym = (await persons.findOne({ _id: key }))?.pseudonym ?? made;
        const one = (place: string) =>
          tasks.updateMany(
            { [`${place}.annotator`]: name },
            { $set: { [`${place}.annotator`]: pseudonym }, $inc: { revision: 1 } },
          );
        const each = (list: string) =>
          tasks.updateMany(
            { [`${list}.annotator`]: name },
            { $set: { [`${list}.$[its].annotator`]: pseudonym }, $inc: { revision: 1 } },
            { arrayFilters: [{ 'its.annotator': name }] },
          );
        for (const place of ['lease', 'label', 'skip']) await one(place);
        for (const list of ['opinions', 'skips', 'formerLabels']) await each(list);
        await tasks.updateMany(
          { answeredBy: name },
          { $set: { 'answeredBy.$[its]': pseudonym }, $inc: { revision: 1 } },
          { arrayFilters: [{ its: name }] },
        );
        await renameAtGold({ from: name, to: pseudonym }, elsewhere);
        await persons.updateOne(
          { _id: key },
          { $set: { name: pseudonym }, $unset: { pseudonym: '' } },
        );
        return { kind: 'pseudonymised', pseudonym, tasks: count };
      }),
  };
}

function auditedTask(document: TaskDocument): AuditedTask {
  const task = documentToTask(document);
  const entries = (document.audit ?? []).map((fields) => ({ taskId: task.id, ...fields }));
  return { task, head: headOf(document), entries };
}
