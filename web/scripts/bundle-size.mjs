// What a browser downloads, compressed: npm run build && npm run size
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dir = 'dist/assets';
const size = (file) => gzipSync(readFileSync(`${dir}/${file}`)).length / 1024;
const files = readdirSync(dir).filter((file) => file.endsWith('.js'));
const page = readFileSync('dist/index.html', 'utf8');
const text = (file) => readFileSync(`${dir}/${file}`, 'utf8');

/** A chunk with all that it imports statically: what must be there before it runs. */
function closure(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, wanted] of text(file).matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g))
    closure(wanted, seen);
  return seen;
}

const shell = new Set(
  files.filter((file) => page.includes(file)).flatMap((file) => [...closure(file)]),
);
const sum = (set) => [...set].reduce((total, file) => total + size(file), 0);
console.log(`shell ${sum(shell).toFixed(0)} KiB gzip`);
for (const file of files.filter((name) => /Page-/.test(name) && !/^Page-/.test(name)).sort()) {
  const more = [...closure(file)].filter((each) => !shell.has(each));
  console.log(`  + ${file.replace(/-.*/, '')} ${sum(more).toFixed(0)} KiB`);
}
console.log(`all JavaScript ${sum(files).toFixed(0)} KiB gzip`);
