import { z } from 'zod';
import { readJsonEvent } from '../../event/json-event.js';
import { inferenceEventJsonSchema } from '../../event/wire-event.js';
import { EdgeminerError } from '../../faults.js';
import { InFlight } from '../../mine/in-flight.js';
import type { Mined } from '../../mine/pipeline.js';
import { taskIdOf } from '../../queue/task-id.js';
import { principalOf } from '../auth.js';
import type { Principal } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { problems } from '../openapi.js';
import { isInScope } from '../project-scope.js';
import { HttpProblem, retryAfterSeconds } from '../problems.js';
import { acceptedEvent } from '../schemas.js';

/** Takes events in. Its bodies are bounded as a whole, before they are read. */
export async function eventRoutes(app: App, deps: HttpDeps): Promise<void> {
  const { intake, limits } = deps;
  const inFlight = new InFlight(
    { maxCount: Number.POSITIVE_INFINITY, maxBytes: limits.maxEventBytesInFlight },
    () => undefined,
  );

  await app.register(async (scope: App) => {
    // The intake decodes the event itself: what is wrong with it has its own codes.
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: limits.maxEventBytes },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      '/v1/events',
      {
        bodyLimit: limits.maxEventBytes,
        config: {
          rateLimit: limits.eventsPerMinute === undefined ? false : { max: limits.eventsPerMinute },
        },
        schema: {
          operationId: 'takeEvent',
          tags: ['events'],
          summary: 'Take an inference event in; the same event again makes no second task',
          body: z.unknown().meta(eventSchema()),
          response: {
            202: acceptedEvent,
            ...problems(400, 413, 415, 422, 503),
          },
        },
        onRequest: async (request, reply) => {
          const declared = Number(request.headers['content-length'] ?? limits.maxEventBytes);
          const bytes = Math.min(declared, limits.maxEventBytes);
          const place = inFlight.tryEnter(bytes);
          if (place === undefined) throw busy();
          reply.raw.once('close', () => place.leave());
        },
      },
      async (request, reply) => {
        const { body } = request;
        if (!(body instanceof Uint8Array) || body.byteLength === 0) throw noBody();
        await refuseForeignProject(body, principalOf(request), deps);
        const outcome = await intake.accept(body);
        switch (outcome.kind) {
          case 'accepted':
            return reply.code(202).send({
              eventId: outcome.eventId,
              ...decisionJson(outcome.mined),
            });
          case 'rejected':
            throw outcome.fault;
          case 'busy':
            throw busy();
        }
      },
    );
  });
}

function decisionJson(mined: Mined | undefined): Omit<z.output<typeof acceptedEvent>, 'eventId'> {
  if (mined === undefined) return { outcome: 'taken', taskId: null, priority: null, reasons: [] };
  const { event, decision, outcome } = mined;
  if (decision.kind === 'pass') return { outcome, taskId: null, priority: null, reasons: [] };
  return {
    outcome,
    // A near-duplicate makes no task of its own.
    taskId: outcome === 'duplicate' ? null : taskIdOf(event.sourceId, event.eventId),
    priority: decision.priority,
    reasons: [...decision.reasons],
  };
}

/** The contract of an event, without the keyword that only a whole document has. */
function eventSchema(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inferenceEventJsonSchema()).filter(([keyword]) => keyword !== '$schema'),
  );
}

/**
 * Who is limited to some projects sends events of these only, and does not bring new scores to
 * another project's task by sending its source and event id again.
 */
async function refuseForeignProject(
  body: Uint8Array,
  principal: Principal,
  { reader }: Pick<HttpDeps, 'reader'>,
): Promise<void> {
  if (principal.projects === undefined) return;
  const reading = readJsonEvent(body);
  // The intake says what is wrong with it.
  if (reading.kind === 'unreadable') return;
  const { event } = reading;
  if (isInScope(principal, event)) {
    const known = await reader.find(taskIdOf(event.sourceId, event.eventId));
    if (known === undefined || isInScope(principal, known)) return;
  }
  throw new EdgeminerError('auth.forbidden', 'the event is of a project that is not yours', {
    field: 'tags.project',
    mend: `Give the event the tag project: ${principal.projects.join(' or ')}.`,
  });
}

function busy(): HttpProblem {
  return new HttpProblem(
    'server.busy',
    'as many events as the server can hold are being taken in',
    'Send the event again later, or drop it; never wait for it in the production path.',
    retryAfterSeconds,
  );
}

function noBody(): EdgeminerError {
  return new EdgeminerError('event.unreadable', 'the request has no body', {
    field: 'body',
    mend: 'Send the event as JSON.',
  });
}
