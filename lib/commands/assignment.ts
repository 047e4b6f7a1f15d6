import { InvalidArgumentError } from 'commander';
import { parseDocument } from 'yaml';

/** `name=value` as the command line gives it, the value read as YAML, laid over the ones before; nothing stands for null. */
export function assignment(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [, name, value = ''] = /^([\w#.-]+)=(.*)$/s.exec(text) ?? [];
  if (!name) throw new InvalidArgumentError('Write name=value, for example client_name="The Shop".');
  const document = parseDocument(value);
  const parsed: unknown = document.errors.length > 0 ? value : document.toJS();
  // A map or a list is in braces or brackets; what else looks like one, or is no YAML, is the text it is: `The Shop: open`.
  if (typeof parsed === 'object' && parsed !== null && !/^\s*[[{]/.test(value)) return { ...before, [name]: value };
  return { ...before, [name]: parsed };
}
