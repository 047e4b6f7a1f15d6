import { type ClauseId, clauseUrl } from './clause.ts';
import { plain } from './plain_text.ts';

/** One way in which a configuration, a client or a key is outside the profile. */
export interface Violation {
  /** The clause that is violated; absent where no specification speaks of the fault, as of a misspelt option. */
  readonly clause?: ClauseId;
  /** The fault, and what to write instead. */
  readonly text: string;
  /** Path in the configuration: `['features', 'dPoP', 'enabled']` or `['clients', 0, 'redirect_uris', 1]`. */
  readonly path?: readonly (string | number)[];
}

/**
 * Thrown at boot with every violation: a provider never starts outside its profile.
 *
 * @example
 * if (error instanceof ProfileViolationError) for (const { clause, text } of error.violations) console.log(clause, text);
 */
export class ProfileViolationError extends Error {
  override readonly name = 'ProfileViolationError';
  readonly code = 'ERR_PROFILE_VIOLATION';
  readonly violations: readonly Violation[];

  constructor(profile: string, violations: readonly Violation[]) {
    const lines = violations.map(
      ({ clause, text, path }) =>
        `  ${path?.length ? `${path.join('.')}: ` : ''}${text}${clause ? ` [${clause}]\n    ${clauseUrl(clause)}` : ''}`,
    );
    super(`configuration is outside ${profile}\n${lines.join('\n')}`);
    this.violations = violations;
  }
}

/** One problem in a configuration file, at the place where it stands. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly key: string;
  /** The client_id of the client the key belongs to. */
  readonly client_id?: string;
  /** The fault, and what to write instead. */
  readonly text: string;
  readonly clause?: ClauseId;
}

/**
 * Thrown by the configuration file's reader with every problem of the file at once.
 *
 * @example
 * loadConfig('as.yaml').catch((error) => console.log(error instanceof ConfigError && error.problems));
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG';
  readonly problems: readonly Problem[];
  /** The profile that was asked for, where that much of the file could be read. */
  readonly profile: string | undefined;

  constructor(problems: readonly Problem[], profile?: string) {
    super(
      problems
        .map(({ file, line, column, key, client_id, text, clause }) => {
          const where = key ? `${key}${client_id ? ` (client_id ${client_id})` : ''}: ` : '';
          return plain(`${file}:${line}:${column} ${where}${text}${clause ? ` [${clause}]` : ''}`);
        })
        .join('\n'),
    );
    this.problems = problems;
    this.profile = profile;
  }
}

/**
 * Thrown when a command is asked for something that cannot be done. One line for the operator, exit code 2; nothing was
 * changed.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'ERR_USAGE';
}

/**
 * Thrown when something outside this process keeps it from starting or going on. One line for the operator, exit code
 * 1.
 *
 * @example
 * startServer(config).catch((error) => console.log(error instanceof OperationalError && error.message));
 */
export class OperationalError extends Error {
  override readonly name = 'OperationalError';
  readonly code = 'ERR_OPERATIONAL';
}

/**
 * Thrown when a module that the configuration names cannot be used; `key` is the dotted name of the key that names it.
 */
export class ModuleError extends OperationalError {
  readonly key: string;
  /** The reason, without the key. */
  readonly text: string;

  constructor(key: string, text: string, options?: ErrorOptions) {
    super(`${key}: ${text}`, options);
    this.key = key;
    this.text = text;
  }
}
