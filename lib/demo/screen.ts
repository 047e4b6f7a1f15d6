import { styleText } from 'node:util';

import type { RecordedExchange } from './recorder.ts';
import { contents, isJwt, line, shown } from './values.ts';

type Style = Parameters<typeof styleText>[0];
type Field = readonly [name: string, value: string];

export interface ScreenOptions {
  /** Every header and field, and nothing cut off at the end of a line. */
  readonly verbose: boolean;
  readonly colours: boolean;
  /** Characters on a line. */
  readonly width: number;
  write(text: string): void;
}

/** Headers of requests that are shown, since they belong to the protocol. */
const sentHeaders = ['authorization', 'dpop'];
const receivedHeaders = ['location', 'www-authenticate', 'dpop-nonce'];

/** Puts a flow on a terminal. */
export class Screen {
  readonly #options: ScreenOptions;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  style(style: Style, text: string): string {
    return this.#options.colours ? styleText(style, text, { validateStream: false }) : text;
  }

  line(text = ''): void {
    this.#options.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(`\n\n${this.style(['bold', 'yellow'], text)}`);
  }

  title(number: number, title: string, why: string): void {
    this.line(`\n${this.style(['bold', 'cyan'], `${String(number).padStart(2)}  ${title}`)}`);
    for (const part of wrapped(why, this.#options.width - 4)) this.line(`    ${part}`);
    this.line();
  }

  /** Prints clauses, their words beside their ids. */
  clauses(clauses: readonly Field[]): void {
    const widest = Math.max(0, ...clauses.map(([id]) => id.length));
    if (clauses.length > 0) this.line();
    for (const [id, text] of clauses) {
      const [first = '', ...more] = wrapped(text, this.#options.width - widest - 8);
      this.line(
        `    ${this.style('green', '✔')} ${this.style('bold', id.padEnd(widest))}  ${this.style('dim', first)}`,
      );
      for (const part of more) this.line(' '.repeat(widest + 8) + this.style('dim', part));
    }
  }

  /** Prints names and values; a JWT by its header and claims. */
  fields(fields: readonly Field[], indent = '        '): void {
    const widest = Math.max(0, ...fields.map(([name]) => name.length));
    const under = ' '.repeat(indent.length + widest + 2);
    for (const [name, value] of fields) {
      const lines = isJwt(value)
        ? contents(value).flatMap((part) => this.#fold(part, under).map((text) => this.style('magenta', text)))
        : this.#fold(shown(name, value), under);
      for (const [index, text] of lines.entries()) {
        this.line((index === 0 ? this.style('dim', `${indent}${name.padEnd(widest)}  `) : under) + text);
      }
    }
  }

  /** Breaks a text into lines: all of them where `verbose` is set, else the first three. */
  #fold(text: string, indent: string): string[] {
    const room = Math.max(this.#options.width - indent.length, 20);
    const lines = wrapped(text, room).map((part) => (part.length > room ? `${part.slice(0, room - 1)}…` : part));
    if (this.#options.verbose) return wrapped(text, room);
    return lines.length > 3 ? [...lines.slice(0, 2), `${lines[2]?.slice(0, room - 2)} …`] : lines;
  }

  exchange(exchange: RecordedExchange, only?: readonly string[]): void {
    const { method, url, status, repeats } = exchange;
    this.line(`    ${this.style('blue', '→')} ${this.style('bold', method)} ${shown('', url.origin + url.pathname)}`);
    if (repeats) this.line(this.style('dim', '        the very same headers and fields'));
    else this.fields(this.#sent(exchange));
    const colour = status < 400 ? 'green' : 'yellow';
    this.line(`    ${this.style('blue', '←')} ${this.style(['bold', colour], String(status))}${remark(exchange)}`);
    this.fields(this.#received(exchange, only));
  }

  #sent({ url, sent, form }: RecordedExchange): Field[] {
    return [...this.#headers(sent, sentHeaders), ...url.searchParams, ...(form ?? [])];
  }

  #received({ received, body }: RecordedExchange, only?: readonly string[]): Field[] {
    const headers = this.#headers(received, receivedHeaders);
    if (isJwt(body)) return [...headers, ['signed', body]];
    const fields = body.startsWith('{') ? Object.entries(JSON.parse(body) as object) : [];
    return [
      ...headers,
      ...fields
        .filter(([name]) => this.#options.verbose || !only || only.includes(name))
        .map(([name, value]): Field => [name, typeof value === 'string' ? value : line(value)]),
    ];
  }

  #headers(headers: Headers, names: readonly string[]): Field[] {
    return [...headers].filter(([name]) => this.#options.verbose || names.includes(name));
  }
}

/** Shows an answer as a person sees it, or as a client library reads it. */
function remark({ body, received }: RecordedExchange): string {
  const title = /<h1[^>]*>([^<]*)/.exec(body)?.[1];
  if (title) return `  page “${title}”`;
  const asks = `${received.get('www-authenticate')} ${body}`.includes('use_dpop_nonce');
  return asks ? '  the server gives a nonce for the proof; the library asks again with it' : '';
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
