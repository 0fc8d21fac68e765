import { EdgeminerError } from '../../faults.js';
import type { LabelSet } from '../../label/label.js';
import type { App, HttpDeps } from '../deps.js';
import { exampleParams, labelSet, labelSetJson, labelSetParams } from '../label-schemas.js';
import { pictureAnswer, problems } from '../openapi.js';

/** What annotators are told: label sets with their guidelines, and example pictures. */
export function labelSetRoutes(app: App, { labelSets, examplePicture }: HttpDeps): void {
  const known = (name: string): LabelSet => {
    const found = Object.hasOwn(labelSets, name) ? labelSets[name] : undefined;
    if (found !== undefined) return found;
    throw new EdgeminerError('label-set.not-found', `there is no label set '${name}'`, {
      field: 'name',
      mend: 'Take the name from the labelSet of a task.',
    });
  };

  app.get(
    '/v1/label-sets/:name',
    {
      schema: {
        operationId: 'readLabelSet',
        tags: ['labelling'],
        summary: 'A label set: classes, attributes and guidelines',
        params: labelSetParams,
        response: { 200: labelSet, ...problems(400, 404, 503) },
      },
    },
    async ({ params }) => labelSetJson(known(params.name)),
  );

  app.get(
    '/v1/label-sets/:name/examples/:class/:example',
    {
      schema: {
        operationId: 'readExamplePicture',
        tags: ['labelling'],
        summary: 'An example picture of a class',
        params: exampleParams,
        response: {
          200: pictureAnswer('The bytes, as they are stored.'),
          ...problems(400, 404, 503),
        },
      },
    },
    async ({ params }, reply) => {
      const { classes, notes = [] } = known(params.name);
      const note = notes.find((one) => one.class === classes[params.class]);
      const example = note?.examples[params.example];
      const picture = example === undefined ? undefined : await examplePicture(example);
      if (picture === undefined) throw noPicture(params.name);
      return (
        reply
          .header('Cache-Control', 'private, no-cache')
          // Were the bytes ever taken for a page, it could do nothing.
          .header('Content-Security-Policy', "default-src 'none'; sandbox")
          .type(picture.contentType)
          .send(Buffer.from(picture.bytes))
      );
    },
  );
}

function noPicture(name: string): EdgeminerError {
  return new EdgeminerError('image.not-found', `the label set '${name}' has no such example`, {
    field: 'example',
    mend: "Take the paths from `notes` of the label set; 'edgeminer label-set check' tells what is missing.",
  });
}
