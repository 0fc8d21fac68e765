/**
 * Settings that the environment may give; it wins over the file. `kind` says how the text is
 * read. docs/configuration.md lists them; a test holds the two together.
 */
export interface EnvironmentSetting {
  readonly path: readonly string[];
  readonly kind: 'text' | 'number' | 'list' | 'json';
}

export const environmentSettings: Readonly<Record<string, EnvironmentSetting>> = {
  KAFKA_BROKERS: { path: ['kafka', 'brokers'], kind: 'list' },
  SCHEMA_REGISTRY_URL: { path: ['kafka', 'schemaRegistryUrl'], kind: 'text' },
  MONGODB_URI: { path: ['store', 'uri'], kind: 'text' },
  EDGEMINER_DATA_DIR: { path: ['dataDir'], kind: 'text' },
  EDGEMINER_MODELS_DIR: { path: ['modelsDir'], kind: 'text' },
  EDGEMINER_STORE_KIND: { path: ['store', 'kind'], kind: 'text' },
  EDGEMINER_STORE_FILE: { path: ['store', 'file'], kind: 'text' },
  EDGEMINER_STORE_DATABASE: { path: ['store', 'database'], kind: 'text' },
  EDGEMINER_IMAGES_KIND: { path: ['images', 'kind'], kind: 'text' },
  EDGEMINER_IMAGES_PATH: { path: ['images', 'path'], kind: 'text' },
  EDGEMINER_KAFKA_CLIENT_ID: { path: ['kafka', 'clientId'], kind: 'text' },
  EDGEMINER_KAFKA_GROUP_ID: { path: ['kafka', 'groupId'], kind: 'text' },
  EDGEMINER_KAFKA_TLS: { path: ['kafka', 'tls'], kind: 'json' },
  EDGEMINER_KAFKA_SASL_MECHANISM: { path: ['kafka', 'sasl', 'mechanism'], kind: 'text' },
  EDGEMINER_KAFKA_SASL_USERNAME: { path: ['kafka', 'sasl', 'username'], kind: 'text' },
  EDGEMINER_KAFKA_SASL_PASSWORD: { path: ['kafka', 'sasl', 'password'], kind: 'text' },
  EDGEMINER_KAFKA_SASL_PASSWORD_FILE: { path: ['kafka', 'sasl', 'passwordFile'], kind: 'text' },
  EDGEMINER_KAFKA_TOPICS_EVENTS: { path: ['kafka', 'topics', 'events'], kind: 'text' },
  EDGEMINER_KAFKA_TOPICS_CANDIDATES: { path: ['kafka', 'topics', 'candidates'], kind: 'text' },
  EDGEMINER_KAFKA_TOPICS_CURATED: { path: ['kafka', 'topics', 'curated'], kind: 'text' },
  EDGEMINER_KAFKA_TOPICS_DEAD_LETTERS: { path: ['kafka', 'topics', 'deadLetters'], kind: 'text' },
  EDGEMINER_FETCH_ALLOW_ORIGINS: { path: ['fetch', 'allowOrigins'], kind: 'list' },
  EDGEMINER_FETCH_ALLOW_DIRECTORIES: { path: ['fetch', 'allowDirectories'], kind: 'list' },
  EDGEMINER_MINING_MAX_IN_FLIGHT: { path: ['mining', 'maxInFlight'], kind: 'number' },
  EDGEMINER_HTTP_HOST: { path: ['http', 'host'], kind: 'text' },
  EDGEMINER_HTTP_PORT: { path: ['http', 'port'], kind: 'number' },
  EDGEMINER_HTTP_TOKENS: { path: ['http', 'tokens'], kind: 'json' },
  EDGEMINER_TOOLS_LABEL_STUDIO_URL: { path: ['tools', 'labelStudio', 'url'], kind: 'text' },
  EDGEMINER_TOOLS_LABEL_STUDIO_TOKEN: { path: ['tools', 'labelStudio', 'token'], kind: 'text' },
  EDGEMINER_TOOLS_CVAT_URL: { path: ['tools', 'cvat', 'url'], kind: 'text' },
  EDGEMINER_TOOLS_CVAT_TOKEN: { path: ['tools', 'cvat', 'token'], kind: 'text' },
  EDGEMINER_TOOLS_CVAT_USERNAME: { path: ['tools', 'cvat', 'username'], kind: 'text' },
  EDGEMINER_TOOLS_CVAT_PASSWORD: { path: ['tools', 'cvat', 'password'], kind: 'text' },
  EDGEMINER_LOG_LEVEL: { path: ['log', 'level'], kind: 'text' },
};

/** Read elsewhere: the path of the file itself, and what the project's own tests use. */
const otherVariables = new Set([
  'EDGEMINER_CONFIG',
  'EDGEMINER_TOKEN',
  'EDGEMINER_CACHE',
  'EDGEMINER_PYTHON',
  'EDGEMINER_INTEGRITY_SEED',
  'EDGEMINER_INTEGRITY_SIZE',
]);

/** Names that begin like ours and mean nothing: most likely misspelt. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>) {
  return Object.keys(environment)
    .filter((name) => name.startsWith('EDGEMINER_'))
    .filter((name) => !(name in environmentSettings) && !otherVariables.has(name))
    .sort();
}
