/** What a token is for. An admin may do everything. */
export const roles = ['producer', 'annotator', 'curator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * Who may do what: the whole table, by method and path. A route that is not here can't be
 * registered, so none is open by accident.
 */
export const accessTable: Readonly<Record<string, 'anyone' | readonly Role[]>> = {
  'POST /v1/events': ['producer'],

  'POST /v1/batches': ['annotator'],
  'POST /v1/batches/{id}/renew': ['annotator'],
  'POST /v1/batches/{id}/release': ['annotator'],
  'POST /v1/tasks/{id}/labels': ['annotator'],
  'POST /v1/tasks/{id}/skip': ['annotator'],

  'GET /v1/tasks': ['annotator', 'curator'],
  'GET /v1/tasks/{id}': ['annotator', 'curator'],
  'GET /v1/tasks/{id}/image': ['annotator', 'curator'],
  'GET /v1/label-sets/{name}': ['annotator', 'curator'],
  'GET /v1/label-sets/{name}/examples/{class}/{example}': ['annotator', 'curator'],
  'GET /v1/stats': ['annotator', 'curator'],

  'GET /v1/curated-sets': ['curator'],
  'POST /v1/curated-sets': ['curator'],
  'GET /v1/curated-sets/{version}': ['curator'],
  'GET /v1/curated-sets/{version}/export': ['curator'],

  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'anyone',
  'GET /openapi.json': 'anyone',
  'GET /docs': 'anyone',
};

/** The path as OpenAPI writes it: `/v1/tasks/{id}` for Fastify's `/v1/tasks/:id`. */
export function pathPattern(url: string): string {
  return url.replaceAll(/:(\w+)/gu, '{$1}');
}

/** Who may call the route; undefined for one that the table does not know. */
export function accessTo(method: string, url: string): 'anyone' | readonly Role[] | undefined {
  const verb = method === 'HEAD' ? 'GET' : method;
  const pattern = pathPattern(url);
  // The documentation page brings its own scripts and styles.
  const path = pattern.startsWith('/docs/') ? '/docs' : pattern;
  const access = accessTable[`${verb} ${path}`];
  return access === undefined || access === 'anyone' ? access : [...access, 'admin'];
}
