import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import Koa from 'koa';

import { remoteSpan, traceRequests } from '../../lib/management/trace.ts';
import { type Listener, listen } from '../support/listener.ts';
import { until } from '../support/until.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('A span for each request', () => {
  const exporter = new InMemorySpanExporter();
  let listener: Listener;

  before(async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    const app = new Koa().use(traceRequests(() => 'token')).use((ctx) => {
      ctx.state.interactionId = 'c770aef3-6784-41f7-8e0e-ff5f97bddb3a';
      ctx.status = ctx.query.status ? Number(ctx.query.status) : 204;
    });
    listener = await listen(app);
  });
  after(async () => {
    await listener.close();
    trace.disable();
  });

  /** The next span is there when its answer has been sent, which is a moment after the client has it. */
  async function spanOf(path: string, headers = {}) {
    exporter.reset();
    await listener.ask(path, { method: 'POST', headers });
    await until(() => exporter.getFinishedSpans().length > 0, 1);
    return exporter.getFinishedSpans()[0];
  }

  it('belongs to the trace that the caller names', async () => {
    const span = await spanOf('/token', { traceparent: `00-${traceId}-${spanId}-01` });
    expect(span?.spanContext().traceId).to.equal(traceId);
    expect(span?.parentSpanContext).to.deep.include({ spanId, isRemote: true });
  });

  it('begins a trace where there is none to follow', async () => {
    const span = await spanOf('/token', { traceparent: `00-${'0'.repeat(32)}-${spanId}-01` });
    expect(span?.parentSpanContext).to.equal(undefined);
  });

  it('tells the endpoint, the status and the interaction id, and no query', async () => {
    const span = await spanOf('/token?code=secret&status=503');
    expect(span?.name).to.equal('POST token');
    expect(span?.attributes).to.deep.equal({
      'http.request.method': 'POST',
      'http.route': 'token',
      'http.response.status_code': 503,
      'fapi.interaction_id': 'c770aef3-6784-41f7-8e0e-ff5f97bddb3a',
    });
    expect(span?.status.code).to.equal(2);
  });
});

describe('traceparent', () => {
  it('is read as W3C writes it, also of later versions, and nothing else is', () => {
    const read = (header: string) => remoteSpan(header)?.traceId;
    expect(read(`00-${traceId}-${spanId}-00`)).to.equal(traceId);
    expect(read(`01-${traceId}-${spanId}-01-more`)).to.equal(traceId);
    for (const other of [
      '',
      `ff-${traceId}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId}-${spanId}`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
    ])
      expect(read(other), other).to.equal(undefined);
  });
});
