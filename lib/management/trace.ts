import {
  context,
  propagation,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Context as TraceContext,
  trace,
} from '@opentelemetry/api';
import type { Context, Middleware } from 'koa';

import { version } from '../package_file.ts';

/** Version, trace id, parent id, flags; later versions may add more. */
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/**
 * The span a `traceparent` header names.
 *
 * @see [Trace Context - traceparent](https://www.w3.org/TR/trace-context/#traceparent-header)
 */
export function remoteSpan(header: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparent.exec(header ?? '') ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

/** The context a request's span belongs to: that of an instrumentation around us, else the caller's. */
function parentOf({ headers }: Context['req']): TraceContext {
  const around = context.active();
  if (trace.getSpan(around)) return around;
  const extracted = propagation.extract(around, headers);
  if (trace.getSpanContext(extracted)) return extracted;
  // Without a propagator in the SDK nothing is extracted, and the trace of the caller would end here.
  const remote = remoteSpan(`${headers.traceparent ?? ''}`);
  return remote ? trace.setSpanContext(around, remote) : around;
}

/**
 * Makes a span for each request, in the trace that its `traceparent` names. Neither a query nor a header of the request
 * is in it. Without an OpenTelemetry SDK, the requests pass as they are.
 */
export function traceRequests(nameOf: (ctx: Context) => string): Middleware {
  const tracer = trace.getTracer('oidc-provider-fapi', version);
  return function traceRequest(ctx, next) {
    const endpoint = nameOf(ctx);
    const parent = parentOf(ctx.req);
    const attributes = { 'http.request.method': ctx.method, 'http.route': endpoint };
    const span = tracer.startSpan(`${ctx.method} ${endpoint}`, { kind: SpanKind.SERVER, attributes }, parent);
    if (!span.isRecording()) return next();
    ctx.res.once('close', () => {
      const { statusCode } = ctx.res;
      const { oidc } = ctx as { oidc?: { client?: { clientId: string } } };
      const { interactionId } = ctx.state as { interactionId?: string };
      span.setAttribute('http.response.status_code', statusCode);
      if (interactionId) span.setAttribute('fapi.interaction_id', interactionId);
      if (oidc?.client) span.setAttribute('oauth.client_id', oidc.client.clientId);
      if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    return context.with(trace.setSpan(parent, span), next);
  };
}
