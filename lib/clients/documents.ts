import type { KeyFault } from '../config/explain.ts';
import { at, type Path } from '../config/path.ts';
import { place, readSource, toPlain } from '../config/source.ts';
import { ConfigError, type Problem } from '../errors.ts';
import type { Members } from './members.ts';

/** A file of one client, or of several. */
export interface ClientsDocument {
  /** Metadata as it was written, valid or not. */
  readonly clients: readonly Members[];
  /** Findings, whose paths begin with `clients` and the number of the client, at their places in the file. */
  problems(findings: readonly KeyFault[]): Problem[];
}

const isMap = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Finds the clients of a document: it is one itself, a list of them, or a map with such a list. */
function startOf(plain: unknown): Path | undefined {
  if (Array.isArray(plain)) return [];
  if (!isMap(plain)) return undefined;
  return Array.isArray(plain.clients) ? ['clients'] : [];
}

/**
 * Reads client metadata (RFC 7591) as JSON or YAML: one client, a list of them, or a map whose `clients` is a list. The
 * environment is not read: such a file may be somebody else's.
 *
 * @param file its name in what is said about it
 * @throws {ConfigError} when it is neither, at the place where it is not.
 */
export function readClients(file: string, text: string): ClientsDocument {
  const source = readSource(
    file,
    text.replaceAll('${', () => '$${'),
    {},
  );
  const plain = toPlain(source);
  const start = startOf(plain);
  const held = start && at({ plain }, ['plain', ...start]);
  const clients = Array.isArray(held) ? held : [held];
  const wrong = clients.findIndex((client) => !isMap(client));
  if (source.problems.length > 0) throw new ConfigError(source.problems);
  if (!start || wrong >= 0) {
    const where = place(source, Array.isArray(held) ? [...(start ?? []), wrong] : []);
    throw new ConfigError([{ ...where, key: '', text: 'is no client metadata, write a map of names and values' }]);
  }
  return {
    clients,
    problems: (findings) =>
      findings.map(({ path: [, index, ...path], also, ...finding }) => {
        const own = Array.isArray(held) ? [...start, index as number] : [];
        const client_id = at(clients, [index as number, 'client_id']);
        return {
          ...place(source, [...own, ...path]),
          key: path.join('.'),
          ...(typeof client_id === 'string' && { client_id }),
          ...finding,
        };
      }),
  };
}
