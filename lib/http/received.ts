import type { IncomingMessage } from 'node:http';

/**
 * Reads the whole body of a request, by events, which take a fraction of what a stream's iterator does. What is too large is
 * left unread, and the connection is there for the refusal.
 *
 * @param most bytes
 * @param tooLarge makes the refusal of more
 * @throws whatever `tooLarge()` makes, and the stream's own error where the client has gone
 */
export function received(req: IncomingMessage, most: number, tooLarge: () => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Nothing comes any more of a body that somebody else has read.
  if (!req.readable) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const settle = (settled: () => void) => {
      req.off('data', take).off('end', end).off('error', fail).off('close', closed);
      settled();
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= most) return;
      req.pause();
      fail(tooLarge());
    };
    const end = () => settle(() => resolve(Buffer.concat(chunks, length)));
    const fail = (error: Error) => settle(() => reject(error));
    const closed = () => fail(new Error('the client has gone'));
    req.on('data', take).on('end', end).on('error', fail).on('close', closed);
  });
}
