// Writes src/verification/number/numbering_data.h: whose a number is and what it is
// for, of all numbers, from libphonenumber's metadata.
//
//     node generate.mjs [OUT [DIRECTORY]]
//
// DIRECTORY has another edition of libphonenumber-js than the one installed.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { LEAF, pack } from './automaton.mjs';
import { source } from './source.mjs';
import { classes, world } from './world.mjs';

const [, , out, directory] = process.argv;
const { metadata, edition, upstream, date } = source(directory);
const { countries, territories, classes: tree } = world(metadata);
const maps = { territories: pack(territories), classes: pack(tree) };


// words of at most so many columns in all, each line indented

const lines = (words) => words
    .reduce((all, word) => {
        const last = all.length - 1;

        if (`${all[last]} ${word}`.length <= 79) {
            all[last] += ` ${word}`;
        } else {
            all.push(`    ${word}`);
        }

        return all;
    }, ['   '])
    .join('\n');

const list = (items) => lines(items.map(
    (item, n) => n < items.length - 1 ? `${item},` : `${item}`));

const map = (name, words) => `
static const uint16_t  ngx_http_phone_verify_numbering_${name}[] = {
${list(words)}
};
`;

const text = `
/*
 * Copyright (C) The nginx-phone-verify authors
 * Copyright (C) The Libphonenumber Authors
 *
 * Licensed under the Apache License, Version 2.0: see LICENSE.Apache-2.0.
 */


/*
 * Made by util/numbering/generate.mjs, not to be edited.  Derived from
 * libphonenumber's metadata, version ${upstream}, as in
 * ${edition} of ${date}.
 * docs/numbering.md says how, and how to renew it.
 *
 * For numbering.c alone, where the maps are read: automata over the digits of
 * a number.  A node is a word of which bit n says that digit n does not lead
 * where digit n - 1 does (10 is the end of the number), and a word for each
 * such bit: the next node.  From LEAF on it is a value.
 */


#define NGX_HTTP_PHONE_VERIFY_NUMBERING_END   10
#define NGX_HTTP_PHONE_VERIFY_NUMBERING_LEAF  0x${LEAF.toString(16)}


/* sorted by country, and the values of the first map */

static const ngx_http_phone_verify_territory_t
    ngx_http_phone_verify_territories[] =
{
${list(countries.map(({ id, code }) => `{ "${id}", ${code} }`))}
};

${map('territories', maps.territories)}

/* values: enum ngx_http_phone_verify_class_e */
${map('classes', maps.classes)}`;


writeFileSync(out ?? fileURLToPath(new URL(
    '../../src/verification/number/numbering_data.h', import.meta.url)), text);

const bytes = 2 * (maps.territories.length + maps.classes.length)
              + 6 * countries.length;

console.log(`libphonenumber ${upstream}, ${edition}, ${date}: `
            + `${countries.length} countries, ${classes.length} classes, `
            + `${bytes} bytes`);
