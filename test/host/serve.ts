// For a person: the packaged extension in a VS Code server, on a loopback address that stays until Ctrl+C.
//   node out/test/host/serve.js FOLDER EXTENSION.vsix
import * as path from 'node:path';
import { startServer } from './server';

async function main(): Promise<void> {
  const [folder, vsix] = process.argv.slice(2);
  if (folder === undefined || vsix === undefined) throw new Error('usage: serve.js FOLDER EXTENSION.vsix');
  const server = await startServer({ port: Number(process.env['PORT'] ?? 8717), secret: true, vsix: path.resolve(vsix) });
  const port = new URL(`http://${server.authority}`).port;
  console.log(`\nOpen in a browser on this machine:  ${server.address(path.resolve(folder))}`);
  console.log(`From another machine, first:        ssh -L ${port}:127.0.0.1:${port} THIS-MACHINE`);
  console.log('Then open one of the .yaml files: the verdict stands above its first line. Ctrl+C ends it.');
  await server.ended;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
