// Before anything imports the log: what a test provokes need not be printed beside what it expects.
process.env.LOG_LEVEL ??= 'silent';
