const requests = new WeakSet<object>();

/** Notes that a request is answered by another provider, so that what is for answers of this one leaves it alone. */
export function handOver(ctx: object): void {
  requests.add(ctx);
}

/** True where another provider answers the request. */
export const isHandedOver = (ctx: object): boolean => requests.has(ctx);
