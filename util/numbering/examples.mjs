// Writes t/data/numbering-examples.txt: libphonenumber's own examples of each
// class of each territory, and what libphonenumber says of them.
//
//     node examples.mjs [OUT]

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { library, theirs } from './judge.mjs';
import { patternOf } from './plan.mjs';
import { source } from './source.mjs';
import { service } from './world.mjs';

const require = createRequire(import.meta.url);
const { PhoneNumberFormat } = require('google-libphonenumber');
const { name, version } = require('google-libphonenumber/package.json');


// Libphonenumber gives these as examples of a territory, and then takes them
// for its neighbour's.

const own = { 212528812345: 'EH', 447924123456: 'IM' };


const digits = (example) => library.format(example, PhoneNumberFormat.E164)
                                   .slice(1);
const { metadata, upstream } = source();
const all = new Map();
let gone = 0;


// The two packages differ in age: what the newer one has dropped is left out.

// And a number here has seven digits at least.

const current = (number, country, kind) => {
    if (number.length < 7) {
        return false;
    }

    const line = metadata.countries[country];
    const pattern = patternOf(line, kind);

    return new RegExp(`^${line[0]}(?:${pattern})$`).test(number);
};


for (const region of library.getSupportedRegions()) {
    for (const type of library.getSupportedTypesForRegion(region)) {
        const number = digits(library.getExampleNumberForType(region, type));
        const { country, kind } = theirs(number);

        if (current(number, country, kind)) {
            all.set(number, `${own[number] ?? country} ${kind}`);
        } else {
            gone++;
        }
    }
}

for (const code of library.getSupportedGlobalNetworkCallingCodes()) {
    const number = digits(library.getExampleNumberForNonGeoEntity(code));

    all.set(number, `XX ${service(number)}`);
}

const lines = [...all].sort().map(([number, said]) => `+${number} ${said}\n`);

writeFileSync(process.argv[2] ?? fileURLToPath(new URL(
    '../../t/data/numbering-examples.txt', import.meta.url)), `\
# Made by util/numbering/examples.mjs: libphonenumber's examples of each class
# of each territory, and whose and what they are, as ${name}
# ${version} says. Copyright (C) The Libphonenumber Authors, Apache-2.0.
${lines.join('')}`);

console.log(`${lines.length} examples of ${name} ${version}; ${gone} more are `
            + `too short, or no longer in ${upstream}`);
