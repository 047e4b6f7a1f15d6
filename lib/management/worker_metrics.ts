import cluster, { type Worker } from 'node:cluster';

import { AggregatorRegistry, type Registry } from 'prom-client';

/** The question of a worker to the primary: the metrics of all workers. */
interface Question {
  readonly type: 'metrics asked';
  readonly id: number;
}
interface Answer {
  readonly type: 'metrics';
  readonly id: number;
  readonly text?: string;
  readonly reason?: string;
}

/** Milliseconds the primary has for an answer, more than it waits for a worker. */
const patience = 7000;

const isAnswer = (message: unknown): message is Answer => (message as Answer | null)?.type === 'metrics';
const isQuestion = (message: unknown): message is Question => (message as Question | null)?.type === 'metrics asked';

/**
 * The metrics of this process; in a worker, of all workers together, so that it does not matter which of them takes the
 * question: counts and sizes are added up, of times and offsets the worst is told.
 */
export function metricsText(registry: Registry): () => Promise<string> {
  if (!cluster.isWorker) return () => registry.metrics();
  // Made so that it answers the primary's questions about this registry.
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries(registry);
  let last = 0;
  return () => {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle({ type: 'metrics', id, reason: 'the primary does not answer' }), patience);
      function settle({ text, reason }: Answer): void {
        clearTimeout(timer);
        process.off('message', heard);
        if (text === undefined) reject(new Error(`metrics of all workers: ${reason}`));
        else resolve(text);
      }
      function heard(message: unknown): void {
        if (isAnswer(message) && message.id === id) settle(message);
      }
      process.on('message', heard);
      process.send?.({ type: 'metrics asked', id } satisfies Question);
    });
  };
}

/** Has the primary answer its workers' questions. */
export function answerMetrics(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', async (worker: Worker, message: unknown) => {
    if (!isQuestion(message)) return;
    const { id } = message;
    const answer = await all.clusterMetrics().then(
      (text): Answer => ({ type: 'metrics', id, text }),
      ({ message: reason }: Error): Answer => ({ type: 'metrics', id, reason }),
    );
    if (worker.isConnected()) worker.send(answer);
  });
}
