import { counts, type Report } from './report.ts';

/** A report for a program. */
export const asJson = (report: Report): string => JSON.stringify({ ...report, counts: counts(report) }, null, 2);
