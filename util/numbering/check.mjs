// Holds the table against libphonenumber itself, as google-libphonenumber has
// it: numbers made from the patterns of every territory, whole and damaged,
// and random ones are looked up in both.
//
//     node check.mjs [COUNT [DIRECTORY]]
//
// The two packages seldom carry the same version of the metadata: where they
// differ so will this. With another edition of libphonenumber-js in DIRECTORY,
// one of the version that google-libphonenumber has, a table is made of that
// and there must be no difference.
//
// The module must have been built ("make"): BUILD says where, if elsewhere.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { judge } from './judge.mjs';
import { random, sample } from './sample.mjs';
import { source } from './source.mjs';

const count = +(process.argv[2] ?? 500000);
const directory = process.argv[3];
const top = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'numbering-'));


// the look-up itself, with the table in question

function build() {
    const tree = '/usr/share/nginx/src';
    const objs = join(process.env.BUILD ?? join(top, 'build'), 'objs');
    const [, incs] = /^ALL_INCS = ((?:.*\\\n)*.*)/m
        .exec(readFileSync(join(objs, 'Makefile'), 'utf8'));

    mkdirSync(join(scratch, 'verification'));

    if (directory) {
        execFileSync('node', [
            fileURLToPath(new URL('generate.mjs', import.meta.url)),
            join(scratch, 'verification/number/numbering_data.h'), directory,
        ], { stdio: 'inherit' });
    }

    execFileSync('cc', [
        '-O2', '-Wall', '-Wextra', '-I', scratch, '-I', join(top, 'src'),
        ...incs.split(/[\s\\]+/).filter(Boolean),
        '-o', join(scratch, 'lookup'),
        join(top, 'util/numbering/lookup.c'),
        join(top, 'src/verification/number/numbering.c'),
    ], { cwd: tree, stdio: 'inherit' });
}


function lookUp(numbers) {
    const said = execFileSync(join(scratch, 'lookup'),
                              { input: numbers.join('\n') + '\n',
                                maxBuffer: 1 << 30 });

    return said.toString().trimEnd().split('\n').map((line) => {
        const [country, kind] = line.split(' ');

        return { country, kind };
    });
}


// Numbers of all kinds, each once: of each pattern as many as of any other,
// then the same with a digit changed, left out or too many, and random ones.

function numbers(metadata) {
    const patterns = [
        ...Object.values(metadata.countries),
        ...Object.values(metadata.nonGeographic),
    ].flatMap((line) => [line[2], ...(line[11] || []).map((t) => t && t[0])]
        .filter(Boolean)
        .map((pattern) => [line[0], pattern]));

    const all = new Set();

    const digit = () => String(random(10));

    const damage = (number) => {
        const at = 1 + random(number.length - 1);

        switch (random(4)) {
        case 0:
            return number.slice(0, at) + digit() + number.slice(at + 1);
        case 1:
            return number.slice(0, at) + number.slice(at + 1);
        case 2:
            return number + digit();
        default:
            return number.slice(0, at) + digit() + number.slice(at);
        }
    };

    const add = (number) => {
        if (/^[1-9]\d{6,14}$/.test(number)) {
            all.add(number);
        }
    };

    for (let n = 0; all.size < count; n++) {
        const [code, pattern] = patterns[n % patterns.length];
        const number = code + sample(pattern);

        add(number);

        if (n % 2) {
            add(damage(number));
        }

        if (n % 8 === 0) {
            add(Array.from({ length: 7 + random(9) }, digit).join(''));
        }
    }

    return [...all];
}


const { metadata, edition, upstream } = source(directory);
const require = createRequire(import.meta.url);
const other = require('google-libphonenumber/package.json');

build();

const asked = numbers(metadata);
const answers = lookUp(asked);

rmSync(scratch, { recursive: true });

const tally = new Map();
const wrong = new Map();

asked.forEach((number, n) => {
    const { verdict, theirs } = judge(number, answers[n]);

    tally.set(verdict, (tally.get(verdict) ?? 0) + 1);

    if (verdict === 'differs') {
        const { country, kind } = answers[n];
        const key = `${theirs.country} ${theirs.kind}, here ${country} ${kind}`;

        wrong.set(key, [...(wrong.get(key) ?? []), number]);
    }
});

console.log(`${asked.length} numbers; the table of ${edition} (${upstream}) `
            + `against ${other.name} ${other.version}`);

for (const [verdict, n] of [...tally].sort((a, b) => b[1] - a[1])) {
    console.log(`${String(n).padStart(9)}  ${verdict}`);
}

for (const [key, list] of [...wrong].sort((a, b) => b[1].length - a[1].length))
{
    console.log(`${String(list.length).padStart(9)}  ${key}: `
                + list.slice(0, 3).map((number) => `+${number}`).join(' '));
}

process.exitCode = wrong.size ? 1 : 0;
