// npm run benchmark:speed: builds what is to be measured, then measures it.
import { ensureChromium, run } from './environment.mjs';

ensureChromium();
run('node', ['test/host/install.mjs', 'newest']);
run('npm', ['run', '--silent', 'package']);
run('node', ['esbuild.js', '--tests']);
run('node', ['esbuild.js', '--benchmarks']);
run('node', ['out/benchmark/speed.js']);
