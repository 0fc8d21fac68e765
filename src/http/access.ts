/** What a token is for. An admin may do everything. */
export const roles = ['producer', 'annotator', 'reviewer', 'curator', 'admin'] as const;
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

  'POST /v1/tasks/{id}/adjudicate': ['reviewer'],
  'POST /v1/tasks/{id}/requeue': ['reviewer'],
  'POST /v1/tasks/{id}/cancel': ['reviewer'],
  'GET /v1/tasks/{id}/audit': ['reviewer'],
  'GET /v1/audit/verify': ['reviewer'],
  'GET /v1/holdings': ['reviewer'],
  'GET /v1/annotators': ['reviewer'],
  'POST /v1/annotators/{name}/resume': ['reviewer'],
  'GET /v1/quality': ['reviewer'],
  'POST /v1/second-looks': ['reviewer'],

  'GET /v1/tasks': ['annotator', 'reviewer', 'curator'],
  'GET /v1/tasks/{id}': ['annotator', 'reviewer', 'curator'],
  'GET /v1/tasks/{id}/image': ['annotator', 'reviewer', 'curator'],
  'GET /v1/stats': ['annotator', 'reviewer', 'curator'],
  'GET /v1/label-sets/{name}': ['annotator', 'reviewer', 'curator'],
  'GET /v1/label-sets/{name}/examples/{class}/{example}': ['annotator', 'reviewer', 'curator'],

  'GET /v1/curated-sets': ['curator'],
  'POST /v1/curated-sets': ['curator'],
  'GET /v1/curated-sets/{version}': ['curator'],
  'GET /v1/curated-sets/{version}/export': ['curator'],
  'GET /v1/gold-tasks': ['curator'],
  'POST /v1/gold-tasks': ['curator'],
  'POST /v1/gold-tasks/{id}/retire': ['curator'],

  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'anyone',
  'GET /openapi.json': 'anyone',
  'GET /docs': 'anyone',
};

/**
 * The routes that keep to the projects of the caller, who may be limited to some. The others
 * look across all projects, and refuse who is limited: so does a new route that is not here.
 */
export const routesByProject: ReadonlySet<string> = new Set([
  'POST /v1/events',
  'POST /v1/batches',
  'POST /v1/batches/{id}/renew',
  'POST /v1/batches/{id}/release',
  'POST /v1/tasks/{id}/labels',
  'POST /v1/tasks/{id}/skip',
  'POST /v1/tasks/{id}/adjudicate',
  'POST /v1/tasks/{id}/requeue',
  'POST /v1/tasks/{id}/cancel',
  'GET /v1/tasks/{id}/audit',
  'GET /v1/tasks',
  'GET /v1/tasks/{id}',
  'GET /v1/tasks/{id}/image',
  // Of no project: who labels must know what labels mean.
  'GET /v1/label-sets/{name}',
  'GET /v1/label-sets/{name}/examples/{class}/{example}',
]);

/** The path as OpenAPI writes it: `/v1/tasks/{id}` for Fastify's `/v1/tasks/:id`. */
export function pathPattern(url: string): string {
  return url.replaceAll(/:(\w+)/gu, '{$1}');
}

/** The route's name in the tables; a HEAD is a GET. */
export function routeName(method: string, url: string): string {
  const verb = method === 'HEAD' ? 'GET' : method;
  const pattern = pathPattern(url);
  // The documentation page brings its own scripts and styles.
  return `${verb} ${pattern.startsWith('/docs/') ? '/docs' : pattern}`;
}

/** Who may call the route; undefined for one that the table does not know. */
export function accessTo(method: string, url: string): 'anyone' | readonly Role[] | undefined {
  const access = accessTable[routeName(method, url)];
  return access === undefined || access === 'anyone' ? access : [...access, 'admin'];
}
