import { z } from 'zod';

/** The fields of the form; the bank looks at it again, by its own schema. */
const payment = z.strictObject({
  creditor: z.string().trim().min(1, 'Write who is to get the money.').max(70, 'Write at most 70 characters.'),
  iban: z
    .string()
    .transform((text) => text.replace(/\s/g, '').toUpperCase())
    .pipe(
      z.string().regex(/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/, 'Write an IBAN, such as FR76 3000 6000 0112 3456 7890 189.'),
    ),
  amount: z
    .string()
    .trim()
    .regex(/^\d{1,6}([.,]\d{2})?$/, 'Write an amount, such as 42.00.')
    .transform((text) => text.replace(',', '.'))
    .refine((text) => Number(text) > 0, 'Write more than nothing.'),
  reference: z.string().trim().max(140, 'Write at most 140 characters.').default(''),
});

/** The details of a payment as the bank takes them, or what is wrong, by field. */
export function paymentDetails(
  given: unknown,
): { details: [Record<string, unknown>] } | { problems: Record<string, string> } {
  const { success, data, error } = payment.safeParse(given);
  if (!success)
    return { problems: Object.fromEntries(error.issues.map(({ path, message }) => [String(path[0]), message])) };
  const { creditor, iban, amount, reference } = data;
  return {
    details: [
      {
        type: 'payment_initiation',
        instructedAmount: { currency: 'EUR', amount },
        creditorName: creditor,
        creditorAccount: { iban },
        ...(reference && { remittanceInformation: reference }),
      },
    ],
  };
}
