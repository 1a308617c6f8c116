// The metadata, and what it is: { metadata, name, version, date }. By default
// that of the package libphonenumber-js as installed here; a directory with
// another edition of the package may be given.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);


export function source(directory) {
    const from = directory
        ?? dirname(require.resolve('libphonenumber-js/package.json'));

    const read = (file) => readFileSync(join(from, file), 'utf8');

    const { name, version } = JSON.parse(read('package.json'));

    // "1.13.16 / 10.11.2026", and the first "version 9.0.43" at or below it

    const news = read('CHANGELOG.md');
    const entry = news.slice(news.indexOf(`\n${version} / `));
    const [, day, month, year] = /^\n\S+ \/ (\d+)\.(\d+)\.(\d+)/.exec(entry);
    const [, upstream] = /Updated metadata to version ([\d.]+\d)/.exec(entry);

    return {
        metadata: JSON.parse(read('metadata.max.json')),
        edition: `${name} ${version}`,
        upstream,
        date: [year, month.padStart(2, 0), day.padStart(2, 0)].join('-'),
    };
}
