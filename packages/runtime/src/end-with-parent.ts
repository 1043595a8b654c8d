/**
 * Ends this process with the one that started it, if there is a channel between them: unlike SIGTERM, the end of the
 * channel arrives even if the parent was killed.
 */
export function endWithParent(): void {
  if (process.send === undefined) return;
  if (process.connected) process.once('disconnect', end);
  else end();
}

function end(): void {
  process.kill(process.pid, 'SIGTERM');
}
