import { lockDirectory } from '../../lib/database/directory_lock.ts';

/** Takes the folder it is told, says whether it has it, and keeps it until it is killed. */
const [directory = ''] = process.argv.slice(2);
const outcome = await lockDirectory(directory).then(
  () => 'held',
  ({ message }) => message,
);
console.log(outcome);
setInterval(() => {}, 60_000);
