// Preloaded into the server by start.mjs: when that one is killed without a chance to pass a signal on, the channel
// between them closes, and the server ends as if it had been told to, rather than holding port and data folder.
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
