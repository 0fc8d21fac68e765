import { z } from 'zod';

const name = z.string().min(1);

/** What is presented and what is trusted, as PEM files. */
const tls = z.union([
  z.boolean(),
  z
    .strictObject({
      /** Authorities to trust instead of the system's. */
      caFile: name.optional(),
      certFile: name.optional(),
      keyFile: name.optional(),
      passphrase: name.optional(),
      /** The name in the brokers' certificate, where it is another than their address. */
      serverName: name.optional(),
    })
    .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
      error: 'needs certFile and keyFile together',
    }),
]);

const sasl = z
  .strictObject({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
    username: name,
    password: name.optional(),
    /** Holds the password, as Kubernetes mounts it. */
    passwordFile: name.optional(),
  })
  .refine(
    ({ password, passwordFile }) => (password === undefined) !== (passwordFile === undefined),
    {
      error: 'needs either password or passwordFile',
    },
  );

export const kafkaSchema = z.strictObject({
  brokers: z.array(name).min(1),
  clientId: name.default('edgeminer'),
  groupId: name.default('edgeminer'),
  tls: tls.default(false),
  sasl: sasl.optional(),
  schemaRegistryUrl: z.url().optional(),
  /** For the schema registry, where it is not the system's authorities that know it. */
  schemaRegistryCaFile: name.optional(),
  fromBeginning: z.boolean().default(true),
  sessionTimeoutSeconds: z.number().positive().default(30),
  topics: z
    .strictObject({
      events: name.default('inference.events'),
      candidates: name.optional(),
      curated: name.default('curated.edge-cases'),
      deadLetters: name.default('inference.events.dlq'),
    })
    .prefault({}),
});
