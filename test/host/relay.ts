// What the extension host loads in place of the suite: it runs the suite that HOSTED_SUITE names and sends its console
// and verdict over a loopback socket, one JSON value a line ({ out } … and last { passed }).
import { connect } from 'node:net';
import { format } from 'node:util';

export async function run(): Promise<void> {
  const suite = process.env['HOSTED_SUITE'];
  const port = Number(process.env['HOSTED_SUITE_PORT']);
  if (suite === undefined || !(port > 0)) throw new Error('HOSTED_SUITE and HOSTED_SUITE_PORT are not set');
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const tell = (message: { out: string } | { passed: boolean }): void => void socket.write(`${JSON.stringify(message)}\n`);
  const print = (...values: unknown[]): void => {
    // The server's optional native logger is not installed and says so once, at length.
    if (!values.some((value) => value instanceof Error && value.message.includes('spdlog.node'))) tell({ out: format(...values) });
  };
  // The extension host locks the methods of its console, so the whole object is exchanged for the time of the run.
  const original = globalThis.console;
  const relayed = Object.create(original) as Console;
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) Object.defineProperty(relayed, method, { value: print });
  globalThis.console = relayed;
  try {
    const loaded = (await import(suite)) as { run(): Promise<void> };
    await loaded.run();
    tell({ passed: true });
  } catch (error) {
    print(error);
    tell({ passed: false });
    throw error;
  } finally {
    globalThis.console = original;
    await new Promise<void>((resolve) => socket.end(resolve));
  }
}
