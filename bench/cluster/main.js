// Clusters of brokers, with real processes: the scoreboard beside other brokers (`npm run bench:cluster`), or, with `soak` as the
// first argument, the bounds of a cluster under load (`npm run soak:cluster`).
if (process.argv[2] === 'soak') {
  // It reads its own options.
  process.argv.splice(2, 1);
  await import('./soak/main.js');
} else {
  await import('./scoreboard.js');
}
