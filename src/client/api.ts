/**
 * Made from /openapi.json by `npm run build:client`; a test holds the two together. Not to be
 * edited.
 */
export interface paths {
  '/healthz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The process answers */
    get: operations['liveness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Metrics in the Prometheus text format; docs/metrics.md explains them */
    get: operations['metrics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This description, in OpenAPI 3.1 */
    get: operations['openapi'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Everything that the server depends on answers */
    get: operations['readiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/annotators': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How annotators did at gold tasks, and who is paused, page by page */
    get: operations['listAnnotators'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/annotators/{name}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Let an annotator go on whom gold tasks paused */
    post: operations['resumeAnnotator'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/verify': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Verify the chains of tasks, also of those that were erased, page by page */
    get: operations['verifyAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Lease the tasks most worth labelling: nobody else gets them meanwhile */
    post: operations['leaseBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/release': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Give back what the batch still holds, or some of it */
    post: operations['releaseBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/renew': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Keep what the batch still holds for longer */
    post: operations['renewBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/curated-sets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Curated sets, newest first, page by page */
    get: operations['listCuratedSets'];
    put?: never;
    /** Freeze the labelled tasks into a curated set; the same labels, the same version */
    post: operations['snapshot'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/curated-sets/{version}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A curated set and its items with their lineage, page by page */
    get: operations['readCuratedSet'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/curated-sets/{version}/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A curated set with its pictures, as a tar archive; it ends with manifest.json */
    get: operations['exportCuratedSet'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Take an inference event in; the same event again makes no second task */
    post: operations['takeEvent'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/gold-tasks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Gold tasks, and how annotators did at each, page by page */
    get: operations['listGoldTasks'];
    put?: never;
    /** Mix a labelled task in among those that annotators lease, to see how good they are */
    post: operations['addGoldTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/gold-tasks/{id}/retire': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Give a gold task to nobody any more; what was answered stays */
    post: operations['retireGoldTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/holdings': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Who holds what, since when and until when, page by page */
    get: operations['listHoldings'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/label-sets/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A label set: classes, attributes and guidelines */
    get: operations['readLabelSet'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/label-sets/{name}/examples/{class}/{example}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** An example picture of a class */
    get: operations['readExamplePicture'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/quality': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Agreement, confused classes, what predictions do to labels, second looks */
    get: operations['readQuality'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/second-looks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send labels round again that something speaks against, the strongest first */
    post: operations['lookAgain'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/stats': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What the relabeling queue holds */
    get: operations['stats'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List tasks, page by page */
    get: operations['listTasks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One task, with its scores and why it was queued */
    get: operations['readTask'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/adjudicate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Decide a disputed task; its opinions stay with it */
    post: operations['adjudicateTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** All that happened to a task: when, who, what, from where */
    get: operations['readTaskAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Take a task out of the queue that has not ended; who holds it loses it */
    post: operations['cancelTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/image': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The picture of a task; its ETag is the sha256 of the bytes */
    get: operations['readTaskImage'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/labels': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Label a task that you hold; the same request again is answered the same */
    post: operations['labelTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/requeue': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Begin a new round of a task that has ended or is disputed; nothing is forgotten */
    post: operations['requeueTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks/{id}/skip': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Give back a task that you can't label, and say why */
    post: operations['skipTask'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description The event is durable. What was decided, if it was mined at once. */
    AcceptedEvent: {
      eventId: string;
      /**
       * @description `taken`: durable, and mined later. The others: mined at once. `other-picture`: the task of this eventId shows another picture, and was left as it was.
       * @enum {string}
       */
      outcome: 'taken' | 'queued' | 'known' | 'other-picture' | 'duplicate' | 'passed';
      priority: number | null;
      reasons: (
        | (
            | (
                | 'least-confidence'
                | 'margin'
                | 'entropy'
                | 'lowest-box-score'
                | 'mean-box-score'
                | 'near-threshold'
                | 'class-overlap'
                | 'box-count'
                | 'box-size'
                | 'cut-boxes'
                | 'flicker'
                | 'label-disagreement'
                | 'dark'
                | 'over-exposed'
                | 'low-contrast'
                | 'blur'
                | 'clipped'
                | 'haze'
                | 'uneven-light'
                | 'colour-cast'
                | 'motion-blur'
                | 'noise'
                | 'compression'
                | 'low-information'
                | 'covered-lens'
                | 'crushed-shadows'
                | 'frozen-camera'
                | 'unusual-size'
                | 'unusual-aspect'
                | 'unusual-colour-mode'
                | 'unusual-encoding'
                | 'rotated'
                | 'embedding-distance'
                | 'out-of-distribution'
              )
            | string
          )
        | 'control-sample'
      )[];
      taskId: string | null;
    };
    /** @description What a label may say, and what annotators are told. */
    LabelSet: {
      attributes: {
        /** @description Only of these; null: of all classes. */
        classes: string[] | null;
        /** @enum {string} */
        kind: 'choice' | 'choices' | 'number' | 'boolean' | 'text';
        max: number | null;
        /** @description Of a number; inclusive. */
        min: number | null;
        name: string;
        /**
         * @description Whether it is said of each object or of the picture.
         * @enum {string}
         */
        on: 'object' | 'picture';
        required: boolean;
        /** @description Of choice and choices. */
        values: string[] | null;
      }[];
      classes: string[];
      /** @description For the set as a whole; text or Markdown. */
      guidelines: string | null;
      /** @enum {string} */
      kind: 'class' | 'classes' | 'boxes' | 'polygons';
      name: string;
      /** @description What there is to say of single classes. */
      notes: {
        class: string;
        /** @description Paths of the pictures on this server. */
        examples: string[];
        guidelines: string | null;
      }[];
      /**
       * @description Whether a label has words, too.
       * @enum {string}
       */
      text: 'none' | 'optional' | 'required';
      version: number;
    };
    /** @description What a label may say, and what annotators are told. */
    LabelSetInput: {
      attributes: {
        /** @description Only of these; null: of all classes. */
        classes: string[] | null;
        /** @enum {string} */
        kind: 'choice' | 'choices' | 'number' | 'boolean' | 'text';
        max: number | null;
        /** @description Of a number; inclusive. */
        min: number | null;
        name: string;
        /**
         * @description Whether it is said of each object or of the picture.
         * @enum {string}
         */
        on: 'object' | 'picture';
        required: boolean;
        /** @description Of choice and choices. */
        values: string[] | null;
      }[];
      classes: string[];
      /** @description For the set as a whole; text or Markdown. */
      guidelines: string | null;
      /** @enum {string} */
      kind: 'class' | 'classes' | 'boxes' | 'polygons';
      name: string;
      /** @description What there is to say of single classes. */
      notes: {
        class: string;
        /** @description Paths of the pictures on this server. */
        examples: string[];
        guidelines: string | null;
      }[];
      /**
       * @description Whether a label has words, too.
       * @enum {string}
       */
      text: 'none' | 'optional' | 'required';
      version: number;
    };
    /** @description What went wrong, as RFC 9457 has it. */
    Problem: {
      /**
       * @description The fault code; docs/errors.md has a line for each.
       * @enum {string}
       */
      code:
        | 'event.unreadable'
        | 'event.invalid'
        | 'event.too-large'
        | 'event.unpaired'
        | 'event.failed'
        | 'image.not-found'
        | 'image.forbidden'
        | 'image.too-large'
        | 'image.undecodable'
        | 'image.hash-mismatch'
        | 'image.unreachable'
        | 'kafka.unavailable'
        | 'registry.unavailable'
        | 'store.unavailable'
        | 'store.invalid'
        | 'tool.unavailable'
        | 'tool.refused'
        | 'model.unavailable'
        | 'config.invalid'
        | 'config.not-found'
        | 'model.not-found'
        | 'model.hash-mismatch'
        | 'model.shape-mismatch'
        | 'model.unsuitable'
        | 'model.check-failed'
        | 'score.invalid'
        | 'reference.not-found'
        | 'reference.invalid'
        | 'reference.mismatch'
        | 'reference.unfinished'
        | 'input.not-found'
        | 'input.invalid'
        | 'label.invalid'
        | 'lease.lost'
        | 'task.not-found'
        | 'task.wrong-state'
        | 'task.changed'
        | 'batch.not-found'
        | 'label-set.not-found'
        | 'curated-set.not-found'
        | 'curated-set.empty'
        | 'curated-set.invalid'
        | 'audit.broken'
        | 'person.not-found'
        | 'annotator.paused'
        | 'annotator.not-paused'
        | 'gold.not-found'
        | 'webhook.refused'
        | 'server.unavailable'
        | 'auth.missing'
        | 'auth.expired'
        | 'auth.unavailable'
        | 'auth.forbidden'
        | 'route.not-found'
        | 'request.too-large'
        | 'request.media-type'
        | 'request.too-many'
        | 'request.running'
        | 'request.other-before'
        | 'server.busy'
        | 'server.failed';
      /** @description What is wrong. */
      detail: string;
      /** @description The field, parameter or setting at fault. */
      field?: string;
      /** @description What to do about it. */
      mend: string;
      status: number;
      title: string;
      /** @constant */
      type: 'about:blank';
    };
    /** @description What the relabeling queue holds. */
    QueueStats: {
      byModel: {
        [key: string]: number;
      };
      byReason: {
        [key: string]: number;
      };
      byState: {
        [key: string]: number;
      };
      duplicates: number;
      oldestPendingAt: string | null;
    };
    /** @description One candidate on its way to a label. */
    Task: {
      absentSignals: {
        name:
          | (
              | 'least-confidence'
              | 'margin'
              | 'entropy'
              | 'lowest-box-score'
              | 'mean-box-score'
              | 'near-threshold'
              | 'class-overlap'
              | 'box-count'
              | 'box-size'
              | 'cut-boxes'
              | 'flicker'
              | 'label-disagreement'
              | 'dark'
              | 'over-exposed'
              | 'low-contrast'
              | 'blur'
              | 'clipped'
              | 'haze'
              | 'uneven-light'
              | 'colour-cast'
              | 'motion-blur'
              | 'noise'
              | 'compression'
              | 'low-information'
              | 'covered-lens'
              | 'crushed-shadows'
              | 'frozen-camera'
              | 'unusual-size'
              | 'unusual-aspect'
              | 'unusual-colour-mode'
              | 'unusual-encoding'
              | 'rotated'
              | 'embedding-distance'
              | 'out-of-distribution'
            )
          | string;
        why: string;
      }[];
      /** @description Whether the event belongs to the control sample. */
      control: boolean;
      /** @description What rounds were disputed about, in sentences; none while the task is open. */
      disputes: {
        round: number;
        why: string[];
      }[];
      /** @description Events that repeat this picture. */
      duplicates: string[];
      eventId: string;
      /** @description Goes back with the label: it names this lease of the task. */
      fence: number;
      id: string;
      image: {
        contentType: string;
        /** @description sha256 of the bytes. */
        hash: string;
        height: number;
        /** @description Path of the bytes on this server. */
        href: string;
        /**
         * @description `reference`: the bytes lie at `uri` alone; this server fetches them from there.
         * @enum {string}
         */
        kept: 'copy' | 'reference';
        /** @description Where it came from, if the event named a place. */
        uri: string | null;
        width: number;
      };
      inclusionProbability: number;
      /** @description Of a labelled task. */
      label: {
        annotator: string;
        /** @description A class, several classes, boxes (x, y: top-left corner) or polygons, in pixels of the upright original. */
        body:
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              class: string;
              /** @constant */
              kind: 'class';
              /** @description In the annotator's own words. */
              text?: string;
            }
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              classes: string[];
              /** @constant */
              kind: 'classes';
              /** @description In the annotator's own words. */
              text?: string;
            }
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              boxes: {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                class: string;
                height: number;
                width: number;
                x: number;
                y: number;
              }[];
              /** @constant */
              kind: 'boxes';
              /** @description In the annotator's own words. */
              text?: string;
            }
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              /** @constant */
              kind: 'polygons';
              polygons: {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                class: string;
                /** @description x and y of three corners or more. */
                points: [number, number][];
              }[];
              /** @description In the annotator's own words. */
              text?: string;
            };
        /** Format: date-time */
        labelledAt: string;
        labelSet: string;
        /** @description How several opinions became one label; null where one person labelled. */
        settledBy: ('agreement' | 'adjudication') | null;
      } | null;
      /** @description What a label may say; null where the model has no label set. */
      labelSet: components['schemas']['LabelSet'] | null;
      /** @description Of a leased task. */
      lease: {
        annotator: string;
        batchId: string;
        /** Format: date-time */
        expiresAt: string;
      } | null;
      modelName: string;
      modelVersion: string;
      /** Format: date-time */
      occurredAt: string;
      /** Format: date-time */
      offeredAt: string;
      /** @description All that people said. While the task is open only reviewers see it, so that nobody is swayed. */
      opinions: {
        annotator: string;
        /** @description A class, several classes, boxes (x, y: top-left corner) or polygons, in pixels of the upright original. */
        body:
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              class: string;
              /** @constant */
              kind: 'class';
              /** @description In the annotator's own words. */
              text?: string;
            }
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              classes: string[];
              /** @constant */
              kind: 'classes';
              /** @description In the annotator's own words. */
              text?: string;
            }
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              boxes: {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                class: string;
                height: number;
                width: number;
                x: number;
                y: number;
              }[];
              /** @constant */
              kind: 'boxes';
              /** @description In the annotator's own words. */
              text?: string;
            }
          | {
              /** @description By name, as the label set has them; left out where nothing was said. */
              attributes?: {
                [key: string]: string | number | boolean | string[];
              };
              /** @constant */
              kind: 'polygons';
              polygons: {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                class: string;
                /** @description x and y of three corners or more. */
                points: [number, number][];
              }[];
              /** @description In the annotator's own words. */
              text?: string;
            };
        /** Format: date-time */
        givenAt: string;
        /** @description From the lease to the opinion; 0 if not known. */
        heldMs: number;
        labelSet: string;
        /** @description Whether the model's prediction was seen, and left as it was. */
        prediction: {
          accepted: boolean;
          shown: boolean;
        } | null;
        round: number;
      }[];
      /** @description Opinions that a round takes. */
      overlap: number;
      policy: string;
      predictions:
        | {
            classes: string[];
            /** @constant */
            kind: 'classification';
            logits?: number[];
            probabilities?: number[];
          }
        | {
            boxes: {
              height: number;
              label: string;
              score: number;
              width: number;
              x: number;
              y: number;
            }[];
            imageHeight: number;
            imageWidth: number;
            /** @constant */
            kind: 'detection';
          }
        | {
            /** @constant */
            kind: 'none';
          };
      /** @description 0..1; 1 first. */
      priority: number;
      reasons: (
        | (
            | (
                | 'least-confidence'
                | 'margin'
                | 'entropy'
                | 'lowest-box-score'
                | 'mean-box-score'
                | 'near-threshold'
                | 'class-overlap'
                | 'box-count'
                | 'box-size'
                | 'cut-boxes'
                | 'flicker'
                | 'label-disagreement'
                | 'dark'
                | 'over-exposed'
                | 'low-contrast'
                | 'blur'
                | 'clipped'
                | 'haze'
                | 'uneven-light'
                | 'colour-cast'
                | 'motion-blur'
                | 'noise'
                | 'compression'
                | 'low-information'
                | 'covered-lens'
                | 'crushed-shadows'
                | 'frozen-camera'
                | 'unusual-size'
                | 'unusual-aspect'
                | 'unusual-colour-mode'
                | 'unusual-encoding'
                | 'rotated'
                | 'embedding-distance'
                | 'out-of-distribution'
              )
            | string
          )
        | 'control-sample'
      )[];
      reference: string;
      /** @description 1 or more; raised each time that the task is queued again. */
      round: number;
      /** @description Of a round that looks at a label again: what speaks against it. */
      secondLook: string[] | null;
      signals: {
        /** @description Whether a reference was there to compare with. */
        calibrated: boolean;
        /** @description Of a novelty: the quality signal that explains it; the picture is badly taken. */
        cause?:
          | (
              | 'least-confidence'
              | 'margin'
              | 'entropy'
              | 'lowest-box-score'
              | 'mean-box-score'
              | 'near-threshold'
              | 'class-overlap'
              | 'box-count'
              | 'box-size'
              | 'cut-boxes'
              | 'flicker'
              | 'label-disagreement'
              | 'dark'
              | 'over-exposed'
              | 'low-contrast'
              | 'blur'
              | 'clipped'
              | 'haze'
              | 'uneven-light'
              | 'colour-cast'
              | 'motion-blur'
              | 'noise'
              | 'compression'
              | 'low-information'
              | 'covered-lens'
              | 'crushed-shadows'
              | 'frozen-camera'
              | 'unusual-size'
              | 'unusual-aspect'
              | 'unusual-colour-mode'
              | 'unusual-encoding'
              | 'rotated'
              | 'embedding-distance'
              | 'out-of-distribution'
            )
          | string;
        /** @description 0..1; 1 is the most unusual. */
        edgeScore: number;
        explanation: string;
        /** @enum {string} */
        family: 'confidence' | 'quality' | 'format' | 'novelty';
        flagged: boolean;
        /** @description Of a flagged one: the raw limit that it lies beyond, where its rule comes to one. */
        limit?: number;
        name:
          | (
              | 'least-confidence'
              | 'margin'
              | 'entropy'
              | 'lowest-box-score'
              | 'mean-box-score'
              | 'near-threshold'
              | 'class-overlap'
              | 'box-count'
              | 'box-size'
              | 'cut-boxes'
              | 'flicker'
              | 'label-disagreement'
              | 'dark'
              | 'over-exposed'
              | 'low-contrast'
              | 'blur'
              | 'clipped'
              | 'haze'
              | 'uneven-light'
              | 'colour-cast'
              | 'motion-blur'
              | 'noise'
              | 'compression'
              | 'low-information'
              | 'covered-lens'
              | 'crushed-shadows'
              | 'frozen-camera'
              | 'unusual-size'
              | 'unusual-aspect'
              | 'unusual-colour-mode'
              | 'unusual-encoding'
              | 'rotated'
              | 'embedding-distance'
              | 'out-of-distribution'
            )
          | string;
        raw: number;
        /** @description Of a flagged one with a reference: -ln of how probable an ordinary picture is that is as unusual. */
        surprise?: number;
      }[];
      /** @description The last skip of a skipped task. */
      skip: {
        annotator: string;
        reason: string;
        /** Format: date-time */
        skippedAt: string;
      } | null;
      sourceId: string;
      /** @enum {string} */
      state: 'pending' | 'leased' | 'labelled' | 'skipped' | 'disputed' | 'cancelled';
      tags: {
        [key: string]: string;
      };
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  liveness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is alive. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @enum {string} */
            status: 'ok';
            version: string;
          };
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  metrics: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All metrics. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  openapi: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description An OpenAPI 3.1 document. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            [key: string]: unknown;
          };
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readiness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Whether each thing that the server depends on answers. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            checks: {
              [key: string]: {
                detail?: string;
                ok: boolean;
              };
            };
            ready: boolean;
          };
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Whether each thing that the server depends on answers. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            checks: {
              [key: string]: {
                detail?: string;
                ok: boolean;
              };
            };
            ready: boolean;
          };
        };
      };
    };
  };
  listAnnotators: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description How annotators did at gold tasks, in all, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            annotators: {
              annotator: string;
              gold: {
                /** @description Of objects, by class. */
                classes: {
                  class: string;
                  held: number;
                  /** @description 95 %. */
                  interval: {
                    high: number;
                    low: number;
                  };
                  of: number;
                  /** @description held / of; null where `of` is 0. */
                  share: number | null;
                }[];
                held: number;
                /** @description 95 %. */
                interval: {
                  high: number;
                  low: number;
                };
                of: number;
                /** @description held / of; null where `of` is 0. */
                share: number | null;
              };
              /** @description Oldest first. */
              pauses: {
                /** Format: date-time */
                at: string;
                reason: string;
                /** @description Tasks that were opened again; null while that goes on. */
                reopened: number | null;
                resumed: {
                  /** Format: date-time */
                  at: string;
                  by: string;
                  reason: string;
                } | null;
              }[];
              /** @description What their answers say since they began or were let go on. */
              reason: string;
              /**
               * @description `watch`: a few more wrong answers would pause them.
               * @enum {string}
               */
              state: 'ok' | 'watch' | 'paused';
              /** @description Tasks that they were given since there are gold tasks. */
              turns: number;
            }[];
            /** @description `after` of the next page; null on the last. */
            next: string | null;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  resumeAnnotator: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
      };
      path: {
        /** @description The annotator. */
        name: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, in 1 to 500 characters. It stays: name nobody. */
          reason: string;
        };
      };
    };
    responses: {
      /** @description They get tasks again, and their gold answers count anew. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            annotator: string;
            /** @enum {string} */
            outcome: 'resumed';
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  verifyAudit: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string;
        /** @description Tasks to verify. */
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The chains of a page of tasks, by the tasks' ids. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            broken: {
              entry: number;
              task: string;
              why: string;
            }[];
            /** @description Chains that are whole, and closed by the erasure of their tasks. */
            erased: number;
            /** @description `after` of the next page; null on the last. */
            next: string | null;
            /** @description Tasks older than the audit trail. */
            noTrail: number;
            whole: number;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  leaseBatch: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description The likeliest class by the predictions. */
          class?: string;
          /** @description By default queue.leaseSeconds. */
          leaseSeconds?: number;
          /** @default 10 */
          limit?: number;
          model?: string;
          /**
           * Format: date-time
           * @description Inclusive. ISO 8601 with a time zone.
           */
          occurredFrom?: string;
          /**
           * Format: date-time
           * @description Inclusive. ISO 8601 with a time zone.
           */
          occurredTo?: string;
          /**
           * Format: date-time
           * @description Inclusive. ISO 8601 with a time zone.
           */
          offeredFrom?: string;
          /**
           * Format: date-time
           * @description Inclusive. ISO 8601 with a time zone.
           */
          offeredTo?: string;
          /** @description The event's tag `project`. */
          project?: string;
          reason?:
            | (
                | (
                    | 'least-confidence'
                    | 'margin'
                    | 'entropy'
                    | 'lowest-box-score'
                    | 'mean-box-score'
                    | 'near-threshold'
                    | 'class-overlap'
                    | 'box-count'
                    | 'box-size'
                    | 'cut-boxes'
                    | 'flicker'
                    | 'label-disagreement'
                    | 'dark'
                    | 'over-exposed'
                    | 'low-contrast'
                    | 'blur'
                    | 'clipped'
                    | 'haze'
                    | 'uneven-light'
                    | 'colour-cast'
                    | 'motion-blur'
                    | 'noise'
                    | 'compression'
                    | 'low-information'
                    | 'covered-lens'
                    | 'crushed-shadows'
                    | 'frozen-camera'
                    | 'unusual-size'
                    | 'unusual-aspect'
                    | 'unusual-colour-mode'
                    | 'unusual-encoding'
                    | 'rotated'
                    | 'embedding-distance'
                    | 'out-of-distribution'
                  )
                | string
              )
            | 'control-sample';
          source?: string;
        };
      };
    };
    responses: {
      /** @description What was leased; no tasks when nothing that matches is free. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            batchId: string;
            /** Format: date-time */
            expiresAt: string;
            tasks: components['schemas']['Task'][];
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  releaseBatch: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The id of the batch. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description By default all that it holds. */
          tasks?: string[];
        } | null;
      };
    };
    responses: {
      /** @description How many tasks went back; 0 when the batch held none any more. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            batchId: string;
            released: number;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  renewBatch: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The id of the batch. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description By default queue.leaseSeconds. */
          leaseSeconds?: number;
        } | null;
      };
    };
    responses: {
      /** @description When what the batch still holds expires now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            batchId: string;
            /** Format: date-time */
            expiresAt: string;
            renewed: number;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listCuratedSets: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of curated sets, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            curatedSets: {
              /** Format: date-time */
              createdAt: string;
              items: number;
              name: string;
              version: string;
            }[];
            /** @description `after` of the next page; null on the last. */
            next: string | null;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  snapshot: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          model?: string;
          name: string;
          reason?:
            | (
                | (
                    | 'least-confidence'
                    | 'margin'
                    | 'entropy'
                    | 'lowest-box-score'
                    | 'mean-box-score'
                    | 'near-threshold'
                    | 'class-overlap'
                    | 'box-count'
                    | 'box-size'
                    | 'cut-boxes'
                    | 'flicker'
                    | 'label-disagreement'
                    | 'dark'
                    | 'over-exposed'
                    | 'low-contrast'
                    | 'blur'
                    | 'clipped'
                    | 'haze'
                    | 'uneven-light'
                    | 'colour-cast'
                    | 'motion-blur'
                    | 'noise'
                    | 'compression'
                    | 'low-information'
                    | 'covered-lens'
                    | 'crushed-shadows'
                    | 'frozen-camera'
                    | 'unusual-size'
                    | 'unusual-aspect'
                    | 'unusual-colour-mode'
                    | 'unusual-encoding'
                    | 'rotated'
                    | 'embedding-distance'
                    | 'out-of-distribution'
                  )
                | string
              )
            | 'control-sample';
          /** @description By default as curation in the configuration. */
          split?: {
            incidentGapSeconds?: number;
            nearDuplicateBits?: number;
            seed?: string;
            shares?: {
              test: number;
              train: number;
              validation: number;
            };
          };
        };
      };
    };
    responses: {
      /** @description The snapshot; `known` when the same content was published before. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            classes: string[];
            /** Format: date-time */
            createdAt: string;
            items: number;
            name: string;
            /** @enum {string} */
            outcome: 'published' | 'known';
            split: {
              incidentGapSeconds: number;
              nearDuplicateBits: number;
              seed: string;
              shares: {
                test: number;
                train: number;
                validation: number;
              };
            };
            splits: {
              test: {
                groups: number;
                items: number;
              };
              train: {
                groups: number;
                items: number;
              };
              validation: {
                groups: number;
                items: number;
              };
            };
            version: string;
          };
        };
      };
      /** @description The snapshot; `known` when the same content was published before. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            classes: string[];
            /** Format: date-time */
            createdAt: string;
            items: number;
            name: string;
            /** @enum {string} */
            outcome: 'published' | 'known';
            split: {
              incidentGapSeconds: number;
              nearDuplicateBits: number;
              seed: string;
              shares: {
                test: number;
                train: number;
                validation: number;
              };
            };
            splits: {
              test: {
                groups: number;
                items: number;
              };
              train: {
                groups: number;
                items: number;
              };
              validation: {
                groups: number;
                items: number;
              };
            };
            version: string;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readCuratedSet: {
    parameters: {
      query?: {
        after?: string;
        limit?: number;
      };
      header?: never;
      path: {
        /** @description The first 12 digits of a version or more, or `latest`. */
        version: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A curated set and a page of its items, ordered by task id. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            classes: string[];
            /** Format: date-time */
            createdAt: string;
            items: number;
            name: string;
            /** @description `after` of the next page; null on the last. */
            next: string | null;
            page: {
              group: string;
              image: {
                contentType: string;
                hash: string;
                height: number;
                width: number;
              };
              /** @description A class, several classes, boxes (x, y: top-left corner) or polygons, in pixels of the upright original. */
              label:
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    class: string;
                    /** @enum {string} */
                    kind: 'class';
                    /** @description In the annotator's own words. */
                    text?: string;
                  }
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    classes: string[];
                    /** @enum {string} */
                    kind: 'classes';
                    /** @description In the annotator's own words. */
                    text?: string;
                  }
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    boxes: {
                      /** @description By name, as the label set has them; left out where nothing was said. */
                      attributes?: {
                        [key: string]: string | number | boolean | string[];
                      };
                      class: string;
                      height: number;
                      width: number;
                      x: number;
                      y: number;
                    }[];
                    /** @enum {string} */
                    kind: 'boxes';
                    /** @description In the annotator's own words. */
                    text?: string;
                  }
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    /** @enum {string} */
                    kind: 'polygons';
                    polygons: {
                      /** @description By name, as the label set has them; left out where nothing was said. */
                      attributes?: {
                        [key: string]: string | number | boolean | string[];
                      };
                      class: string;
                      /** @description x and y of three corners or more. */
                      points: [number, number][];
                    }[];
                    /** @description In the annotator's own words. */
                    text?: string;
                  };
              lineage: {
                annotator: string;
                eventId: string;
                /** Format: date-time */
                labelledAt: string;
                labelSet: string;
                modelName: string;
                modelVersion: string;
                /** Format: date-time */
                occurredAt: string;
                policy: string;
                priority: number;
                reasons: (
                  | (
                      | (
                          | 'least-confidence'
                          | 'margin'
                          | 'entropy'
                          | 'lowest-box-score'
                          | 'mean-box-score'
                          | 'near-threshold'
                          | 'class-overlap'
                          | 'box-count'
                          | 'box-size'
                          | 'cut-boxes'
                          | 'flicker'
                          | 'label-disagreement'
                          | 'dark'
                          | 'over-exposed'
                          | 'low-contrast'
                          | 'blur'
                          | 'clipped'
                          | 'haze'
                          | 'uneven-light'
                          | 'colour-cast'
                          | 'motion-blur'
                          | 'noise'
                          | 'compression'
                          | 'low-information'
                          | 'covered-lens'
                          | 'crushed-shadows'
                          | 'frozen-camera'
                          | 'unusual-size'
                          | 'unusual-aspect'
                          | 'unusual-colour-mode'
                          | 'unusual-encoding'
                          | 'rotated'
                          | 'embedding-distance'
                          | 'out-of-distribution'
                        )
                      | string
                    )
                  | 'control-sample'
                )[];
                reference: string;
                signals: {
                  /** @description 0..1; 1 is the most unusual. */
                  edgeScore: number;
                  flagged: boolean;
                  name:
                    | (
                        | 'least-confidence'
                        | 'margin'
                        | 'entropy'
                        | 'lowest-box-score'
                        | 'mean-box-score'
                        | 'near-threshold'
                        | 'class-overlap'
                        | 'box-count'
                        | 'box-size'
                        | 'cut-boxes'
                        | 'flicker'
                        | 'label-disagreement'
                        | 'dark'
                        | 'over-exposed'
                        | 'low-contrast'
                        | 'blur'
                        | 'clipped'
                        | 'haze'
                        | 'uneven-light'
                        | 'colour-cast'
                        | 'motion-blur'
                        | 'noise'
                        | 'compression'
                        | 'low-information'
                        | 'covered-lens'
                        | 'crushed-shadows'
                        | 'frozen-camera'
                        | 'unusual-size'
                        | 'unusual-aspect'
                        | 'unusual-colour-mode'
                        | 'unusual-encoding'
                        | 'rotated'
                        | 'embedding-distance'
                        | 'out-of-distribution'
                      )
                    | string;
                  raw: number;
                }[];
                sourceId: string;
              };
              /** @enum {string} */
              split: 'train' | 'validation' | 'test';
              taskId: string;
              weight: number;
            }[];
            split: {
              incidentGapSeconds: number;
              nearDuplicateBits: number;
              seed: string;
              shares: {
                test: number;
                train: number;
                validation: number;
              };
            };
            splits: {
              test: {
                groups: number;
                items: number;
              };
              train: {
                groups: number;
                items: number;
              };
              validation: {
                groups: number;
                items: number;
              };
            };
            version: string;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  exportCuratedSet: {
    parameters: {
      query: {
        format: 'coco' | 'imagefolder' | 'jsonl';
      };
      header?: never;
      path: {
        /** @description The first 12 digits of a version or more, or `latest`. */
        version: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The archive. One without manifest.json was cut short. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/x-tar': unknown;
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  takeEvent: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description One inference by a production model. Other keys are ignored. */
    requestBody: {
      content: {
        'application/json': {
          /** @description The producing model's own embedding, in single precision. */
          embedding?: number[] | null;
          /** @description Unique per source. */
          eventId: string;
          /** @description Exactly one of bytes and uri. */
          image: {
            bytes?: string | null;
            contentType?: string | null;
            /** @description Of the bytes, in hexadecimal. */
            sha256?: string | null;
            /** @description Where the image can be fetched: http:, https:, s3: or file:. */
            uri?: string | null;
          } & (
            | {
                bytes: string;
                uri?: null;
              }
            | {
                bytes?: null;
                uri: string;
              }
          );
          modelName: string;
          modelVersion: string;
          /** @description When the inference was made: ISO 8601 with an offset or Z, or milliseconds since 1970-01-01 UTC. */
          occurredAt: string | number;
          predictions?:
            | (
                | (
                    | {
                        classes: string[];
                        /** @enum {string} */
                        kind: 'classification';
                        logits?: number[] | null;
                        probabilities?: number[] | null;
                      }
                    | {
                        probabilities: unknown[];
                      }
                    | {
                        logits: unknown[];
                      }
                  )
                | {
                    boxes: {
                      height: number;
                      label: string;
                      score: number;
                      width: number;
                      x: number;
                      y: number;
                    }[];
                    imageHeight: number;
                    imageWidth: number;
                    /** @enum {string} */
                    kind: 'detection';
                  }
                | {
                    /** @enum {string} */
                    kind: 'none';
                  }
              )
            | null;
          /** @description The camera, site or stream. */
          sourceId: string;
          tags?: {
            [key: string]: string;
          } | null;
        };
      };
    };
    responses: {
      /** @description The event is durable. What was decided, if it was mined at once. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AcceptedEvent'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listGoldTasks: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of gold tasks, retired ones among them, by the ids of their tasks. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            goldTasks: {
              /** Format: date-time */
              addedAt: string;
              addedBy: string;
              /** @description Labels that annotators gave it. */
              answers: number;
              /** @description What is right. */
              label:
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    class: string;
                    /** @enum {string} */
                    kind: 'class';
                    /** @description In the annotator's own words. */
                    text?: string;
                  }
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    classes: string[];
                    /** @enum {string} */
                    kind: 'classes';
                    /** @description In the annotator's own words. */
                    text?: string;
                  }
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    boxes: {
                      /** @description By name, as the label set has them; left out where nothing was said. */
                      attributes?: {
                        [key: string]: string | number | boolean | string[];
                      };
                      class: string;
                      height: number;
                      width: number;
                      x: number;
                      y: number;
                    }[];
                    /** @enum {string} */
                    kind: 'boxes';
                    /** @description In the annotator's own words. */
                    text?: string;
                  }
                | {
                    /** @description By name, as the label set has them; left out where nothing was said. */
                    attributes?: {
                      [key: string]: string | number | boolean | string[];
                    };
                    /** @enum {string} */
                    kind: 'polygons';
                    polygons: {
                      /** @description By name, as the label set has them; left out where nothing was said. */
                      attributes?: {
                        [key: string]: string | number | boolean | string[];
                      };
                      class: string;
                      /** @description x and y of three corners or more. */
                      points: [number, number][];
                    }[];
                    /** @description In the annotator's own words. */
                    text?: string;
                  };
              labelSet: string;
              model: string;
              project: string | null;
              /** @description Since when nobody gets it any more. */
              retiredAt: string | null;
              /** @description Those of them that were right. */
              right: number;
              /** @description The labelled task whose picture it shows. */
              task: string;
            }[];
            /** @description `after` of the next page; null on the last. */
            next: string | null;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  addGoldTask: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description A labelled task; its label becomes what is right. */
          task: string;
        };
      };
    };
    responses: {
      /** @description `in-use`: it was a gold task before, and stays as it is. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @enum {string} */
            outcome: 'added' | 'in-use';
            task: string;
          };
        };
      };
      /** @description `in-use`: it was a gold task before, and stays as it is. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @enum {string} */
            outcome: 'added' | 'in-use';
            task: string;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  retireGoldTask: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description `unchanged`: it was retired before. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @enum {string} */
            outcome: 'retired' | 'unchanged';
            task: string;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listHoldings: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Who holds what now, by annotator, then since when. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            holdings: {
              annotator: string;
              batchId: string;
              /**
               * Format: date-time
               * @description When the first of them is lost, unless it is renewed.
               */
              expiresAt: string;
              /**
               * Format: date-time
               * @description When the first of them was leased.
               */
              since: string;
              tasks: number;
            }[];
            /** @description `after` of the next page; null on the last. */
            next: string | null;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readLabelSet: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What a label may say, and what annotators are told. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LabelSet'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readExamplePicture: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its place in `classes`, from 0. */
        class: number;
        /** @description Its place among the examples of the class, from 0. */
        example: number;
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The picture. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'image/avif': unknown;
          'image/jpeg': unknown;
          'image/png': unknown;
          'image/webp': unknown;
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readQuality: {
    parameters: {
      query?: {
        /** @description By default all models. */
        model?: string;
        /** @description Most tasks with opinions that are looked at. */
        most?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description How good the labels are, as far as the queue can tell. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description Whether there were more; then it was a random part of all. */
            cut: boolean;
            predictions: {
              /** @description Opinions that left the prediction that was shown as it was. */
              accepted: {
                held: number;
                /** @description 95 %. */
                interval: {
                  high: number;
                  low: number;
                };
                of: number;
                /** @description held / of; null where `of` is 0. */
                share: number | null;
              };
              /** @description Share shown less share hidden. */
              difference: number | null;
              /** @description The same where it was hidden. */
              hidden: {
                held: number;
                /** @description 95 %. */
                interval: {
                  high: number;
                  low: number;
                };
                of: number;
                /** @description held / of; null where `of` is 0. */
                share: number | null;
              };
              /** @description 95 %. */
              interval: {
                high: number;
                low: number;
              };
              /** @description Of boxes that were kept: mean of 1 - IoU. */
              meanShift: number | null;
              /** @description Labels that agree with the model where it was shown. */
              shown: {
                held: number;
                /** @description 95 %. */
                interval: {
                  high: number;
                  low: number;
                };
                of: number;
                /** @description held / of; null where `of` is 0. */
                share: number | null;
              };
            };
            secondLooks: {
              begun: number;
              /** @description Of those that ended in a label: it stayed as it was. */
              stood: {
                held: number;
                /** @description 95 %. */
                interval: {
                  high: number;
                  low: number;
                };
                of: number;
                /** @description held / of; null where `of` is 0. */
                share: number | null;
              };
            };
            strata: {
              boxes: {
                /** @description Krippendorff's alpha. */
                alpha:
                  | {
                      expected: number;
                      /** @enum {string} */
                      kind: 'measured';
                      observed: number;
                      units: number;
                      /** @description 1: full agreement; 0: as much as by chance. */
                      value: number;
                    }
                  | {
                      /** @enum {string} */
                      kind: 'absent';
                      /** @enum {string} */
                      why: 'no-overlap' | 'one-class' | 'uneven';
                    };
                annotators: {
                  /** @description Answers that are likely right, by Dawid and Skene, 0..1. */
                  accuracy: number;
                  annotator: string;
                  answers: number;
                  /** @description Cohen's kappa with each other annotator. */
                  kappas: {
                    kappa:
                      | {
                          expected: number;
                          /** @enum {string} */
                          kind: 'measured';
                          observed: number;
                          units: number;
                          /** @description 1: full agreement; 0: as much as by chance. */
                          value: number;
                        }
                      | {
                          /** @enum {string} */
                          kind: 'absent';
                          /** @enum {string} */
                          why: 'no-overlap' | 'one-class' | 'uneven';
                        };
                    with: string;
                  }[];
                }[];
                /** @description The hundred pairs that are confused most, most often first. */
                confusedClasses: {
                  againstModel: number;
                  betweenAnnotators: number;
                  classes: string[];
                  share: number;
                }[];
                f1: number | null;
                /** @description Null where no shapes matched. */
                meanIou: number | null;
                opinions: number;
                tasks: number;
              } | null;
              classes: {
                /** @description Krippendorff's alpha. */
                alpha:
                  | {
                      expected: number;
                      /** @enum {string} */
                      kind: 'measured';
                      observed: number;
                      units: number;
                      /** @description 1: full agreement; 0: as much as by chance. */
                      value: number;
                    }
                  | {
                      /** @enum {string} */
                      kind: 'absent';
                      /** @enum {string} */
                      why: 'no-overlap' | 'one-class' | 'uneven';
                    };
                annotators: {
                  /** @description Answers that are likely right, by Dawid and Skene, 0..1. */
                  accuracy: number;
                  annotator: string;
                  answers: number;
                  /** @description Cohen's kappa with each other annotator. */
                  kappas: {
                    kappa:
                      | {
                          expected: number;
                          /** @enum {string} */
                          kind: 'measured';
                          observed: number;
                          units: number;
                          /** @description 1: full agreement; 0: as much as by chance. */
                          value: number;
                        }
                      | {
                          /** @enum {string} */
                          kind: 'absent';
                          /** @enum {string} */
                          why: 'no-overlap' | 'one-class' | 'uneven';
                        };
                    with: string;
                  }[];
                }[];
                /** @description The hundred pairs that are confused most, most often first. */
                confusedClasses: {
                  againstModel: number;
                  betweenAnnotators: number;
                  classes: string[];
                  share: number;
                }[];
                opinions: number;
                tasks: number;
              } | null;
              /** @description `all`, `model NAME` or `reason NAME`. */
              name: string;
              polygons: {
                /** @description Krippendorff's alpha. */
                alpha:
                  | {
                      expected: number;
                      /** @enum {string} */
                      kind: 'measured';
                      observed: number;
                      units: number;
                      /** @description 1: full agreement; 0: as much as by chance. */
                      value: number;
                    }
                  | {
                      /** @enum {string} */
                      kind: 'absent';
                      /** @enum {string} */
                      why: 'no-overlap' | 'one-class' | 'uneven';
                    };
                annotators: {
                  /** @description Answers that are likely right, by Dawid and Skene, 0..1. */
                  accuracy: number;
                  annotator: string;
                  answers: number;
                  /** @description Cohen's kappa with each other annotator. */
                  kappas: {
                    kappa:
                      | {
                          expected: number;
                          /** @enum {string} */
                          kind: 'measured';
                          observed: number;
                          units: number;
                          /** @description 1: full agreement; 0: as much as by chance. */
                          value: number;
                        }
                      | {
                          /** @enum {string} */
                          kind: 'absent';
                          /** @enum {string} */
                          why: 'no-overlap' | 'one-class' | 'uneven';
                        };
                    with: string;
                  }[];
                }[];
                /** @description The hundred pairs that are confused most, most often first. */
                confusedClasses: {
                  againstModel: number;
                  betweenAnnotators: number;
                  classes: string[];
                  share: number;
                }[];
                f1: number | null;
                /** @description Null where no shapes matched. */
                meanIou: number | null;
                opinions: number;
                tasks: number;
              } | null;
              severalClasses: {
                /** @description Krippendorff's alpha. */
                alpha:
                  | {
                      expected: number;
                      /** @enum {string} */
                      kind: 'measured';
                      observed: number;
                      units: number;
                      /** @description 1: full agreement; 0: as much as by chance. */
                      value: number;
                    }
                  | {
                      /** @enum {string} */
                      kind: 'absent';
                      /** @enum {string} */
                      why: 'no-overlap' | 'one-class' | 'uneven';
                    };
                annotators: {
                  /** @description Answers that are likely right, by Dawid and Skene, 0..1. */
                  accuracy: number;
                  annotator: string;
                  answers: number;
                  /** @description Cohen's kappa with each other annotator. */
                  kappas: {
                    kappa:
                      | {
                          expected: number;
                          /** @enum {string} */
                          kind: 'measured';
                          observed: number;
                          units: number;
                          /** @description 1: full agreement; 0: as much as by chance. */
                          value: number;
                        }
                      | {
                          /** @enum {string} */
                          kind: 'absent';
                          /** @enum {string} */
                          why: 'no-overlap' | 'one-class' | 'uneven';
                        };
                    with: string;
                  }[];
                }[];
                /** @description The hundred pairs that are confused most, most often first. */
                confusedClasses: {
                  againstModel: number;
                  betweenAnnotators: number;
                  classes: string[];
                  share: number;
                }[];
                opinions: number;
                tasks: number;
              } | null;
            }[];
            /** @description Tasks with opinions that were looked at. */
            tasks: number;
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  lookAgain: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description Show them only.
           * @default false
           */
          dryRun?: boolean;
          /**
           * @description Most tasks, the strongest first.
           * @default 100
           */
          limit?: number;
          /** @description By default all models. */
          model?: string;
        };
      };
    };
    responses: {
      /** @description Labels that something speaks against, the strongest suspicions first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description Labels that were looked at. */
            checked: number;
            sent: number;
            /** @description Those of them that people have stood by before. */
            settled: number;
            suspects: {
              model: string;
              reasons: {
                kind: string;
                reason: string;
                strength: number;
              }[];
              /** @description Whether it goes round again. */
              sent: boolean;
              /** @description 0..1, for ranking. */
              strength: number;
              task: string;
            }[];
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  stats: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What the relabeling queue holds. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['QueueStats'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listTasks: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string;
        /** @description The likeliest class by the predictions. */
        class?: string;
        limit?: number;
        model?: string;
        /** @description Inclusive. ISO 8601 with a time zone. */
        occurredFrom?: string;
        /** @description Inclusive. ISO 8601 with a time zone. */
        occurredTo?: string;
        /** @description Inclusive. ISO 8601 with a time zone. */
        offeredFrom?: string;
        /** @description Inclusive. ISO 8601 with a time zone. */
        offeredTo?: string;
        /** @description The event's tag `project`. */
        project?: string;
        reason?:
          | (
              | (
                  | 'least-confidence'
                  | 'margin'
                  | 'entropy'
                  | 'lowest-box-score'
                  | 'mean-box-score'
                  | 'near-threshold'
                  | 'class-overlap'
                  | 'box-count'
                  | 'box-size'
                  | 'cut-boxes'
                  | 'flicker'
                  | 'label-disagreement'
                  | 'dark'
                  | 'over-exposed'
                  | 'low-contrast'
                  | 'blur'
                  | 'clipped'
                  | 'haze'
                  | 'uneven-light'
                  | 'colour-cast'
                  | 'motion-blur'
                  | 'noise'
                  | 'compression'
                  | 'low-information'
                  | 'covered-lens'
                  | 'crushed-shadows'
                  | 'frozen-camera'
                  | 'unusual-size'
                  | 'unusual-aspect'
                  | 'unusual-colour-mode'
                  | 'unusual-encoding'
                  | 'rotated'
                  | 'embedding-distance'
                  | 'out-of-distribution'
                )
              | string
            )
          | 'control-sample';
        source?: string;
        state?: 'pending' | 'leased' | 'labelled' | 'skipped' | 'disputed' | 'cancelled';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of tasks, ordered by id. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description `after` of the next page; null on the last. */
            next: string | null;
            tasks: components['schemas']['Task'][];
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readTask: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of what the caller has: the answer is 304 while it is the same. */
        'if-none-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One candidate on its way to a label. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Task'];
        };
      };
      /** @description The task is still the one that If-None-Match names. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': null;
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  adjudicateTask: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
        /** @description The ETag of the task as it was read: it is changed only if it is still the same. */
        'if-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description A class, several classes, boxes (x, y: top-left corner) or polygons, in pixels of the upright original. */
          label:
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                class: string;
                /** @enum {string} */
                kind: 'class';
                /** @description In the annotator's own words. */
                text?: string;
              }
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                classes: string[];
                /** @enum {string} */
                kind: 'classes';
                /** @description In the annotator's own words. */
                text?: string;
              }
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                boxes: {
                  /** @description By name, as the label set has them; left out where nothing was said. */
                  attributes?: {
                    [key: string]: string | number | boolean | string[];
                  };
                  class: string;
                  height: number;
                  width: number;
                  x: number;
                  y: number;
                }[];
                /** @enum {string} */
                kind: 'boxes';
                /** @description In the annotator's own words. */
                text?: string;
              }
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                /** @enum {string} */
                kind: 'polygons';
                polygons: {
                  /** @description By name, as the label set has them; left out where nothing was said. */
                  attributes?: {
                    [key: string]: string | number | boolean | string[];
                  };
                  class: string;
                  /** @description x and y of three corners or more. */
                  points: [number, number][];
                }[];
                /** @description In the annotator's own words. */
                text?: string;
              };
        };
      };
    };
    responses: {
      /** @description One candidate on its way to a label. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Task'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The task is no longer what If-Match names. Nothing was changed. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readTaskAudit: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: number;
        limit?: number;
      };
      header?: never;
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What happened to a task, oldest first, and whether its chain of hashes is whole. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            entries: {
              /** @description What was done: offer, lease, label, requeue and so on. */
              action: string;
              /** Format: date-time */
              at: string;
              detail: {
                [key: string]: string | number;
              };
              fence: number;
              /** @enum {string} */
              from:
                'pending' | 'leased' | 'labelled' | 'skipped' | 'disputed' | 'cancelled' | 'none';
              hash: string;
              round: number;
              seq: number;
              /** @enum {string} */
              to:
                'pending' | 'leased' | 'labelled' | 'skipped' | 'disputed' | 'cancelled' | 'erased';
              /** @description The name, or the key of somebody whose name is not known. */
              who: string;
            }[];
            /** @description `after` of the next page; null on the last. */
            next: number | null;
            verdict:
              | {
                  /** @enum {string} */
                  kind: 'whole';
                }
              | {
                  /** @enum {string} */
                  kind: 'no-trail';
                }
              | {
                  /** @enum {string} */
                  kind: 'broken';
                  /** @description The entry at which the chain breaks. */
                  seq: number;
                  why: string;
                };
          };
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  cancelTask: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
        /** @description The ETag of the task as it was read: it is changed only if it is still the same. */
        'if-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, in 1 to 500 characters. It stays in the audit trail: name nobody. */
          reason: string;
        };
      };
    };
    responses: {
      /** @description One candidate on its way to a label. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Task'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The task is no longer what If-Match names. Nothing was changed. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readTaskImage: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of what the caller has: the answer is 304 while it is the same. */
        'if-none-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The picture. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'image/avif': unknown;
          'image/jpeg': unknown;
          'image/png': unknown;
          'image/webp': unknown;
        };
      };
      /** @description The picture that If-None-Match names is still the one. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': null;
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  labelTask: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of the task as it was read: it is changed only if it is still the same. */
        'if-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description The batch that the task was leased in. */
          batchId: string;
          /** @description `fence` of the task as it was leased. */
          fence: number;
          /** @description A class, several classes, boxes (x, y: top-left corner) or polygons, in pixels of the upright original. */
          label:
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                class: string;
                /** @enum {string} */
                kind: 'class';
                /** @description In the annotator's own words. */
                text?: string;
              }
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                classes: string[];
                /** @enum {string} */
                kind: 'classes';
                /** @description In the annotator's own words. */
                text?: string;
              }
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                boxes: {
                  /** @description By name, as the label set has them; left out where nothing was said. */
                  attributes?: {
                    [key: string]: string | number | boolean | string[];
                  };
                  class: string;
                  height: number;
                  width: number;
                  x: number;
                  y: number;
                }[];
                /** @enum {string} */
                kind: 'boxes';
                /** @description In the annotator's own words. */
                text?: string;
              }
            | {
                /** @description By name, as the label set has them; left out where nothing was said. */
                attributes?: {
                  [key: string]: string | number | boolean | string[];
                };
                /** @enum {string} */
                kind: 'polygons';
                polygons: {
                  /** @description By name, as the label set has them; left out where nothing was said. */
                  attributes?: {
                    [key: string]: string | number | boolean | string[];
                  };
                  class: string;
                  /** @description x and y of three corners or more. */
                  points: [number, number][];
                }[];
                /** @description In the annotator's own words. */
                text?: string;
              };
        };
      };
    };
    responses: {
      /** @description One candidate on its way to a label. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Task'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The task is no longer what If-Match names. Nothing was changed. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  requeueTask: {
    parameters: {
      query?: never;
      header?: {
        /** @description Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours. */
        'idempotency-key'?: string;
        /** @description The ETag of the task as it was read: it is changed only if it is still the same. */
        'if-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, in 1 to 500 characters. It stays in the audit trail: name nobody. */
          reason: string;
        };
      };
    };
    responses: {
      /** @description One candidate on its way to a label. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Task'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The task is no longer what If-Match names. Nothing was changed. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request was understood, but its content does not fit. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  skipTask: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of the task as it was read: it is changed only if it is still the same. */
        'if-match'?: string;
      };
      path: {
        /** @description The id of the task. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description The batch that the task was leased in. */
          batchId: string;
          /** @description `fence` of the task as it was leased. */
          fence: number;
          /** @description Why the task can't be labelled, in 1 to 500 characters. */
          reason: string;
        };
      };
    };
    responses: {
      /** @description One candidate on its way to a label. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Task'];
        };
      };
      /** @description The request is not as described. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The token is missing, unknown or has expired. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The role of the token does not allow it. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It is too late, or the state does not allow it. Nothing was changed. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The task is no longer what If-Match names. Nothing was changed. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is not application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many requests; see Retry-After. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The server failed or is not set up for it. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Busy, or something it depends on is away; see Retry-After. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
