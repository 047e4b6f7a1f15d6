import { runCommandLine } from './conformance.ts';

await runCommandLine();
// Modules that are still waited for would keep the process.
process.exit();
