// Writes what is known of the countries' numbers: the options of the page's list,
// or the table of the module. Both say the same.
//
//     npm install libphonenumber-js
//     node countries.mjs html > ../site/parts/countries.html
//     node countries.mjs c > ../../src/verification/number/national_table.h
//
// Calling code (data-d), trunk prefix that is dropped (data-t, which the page's
// script reads as a regular expression) and the greatest length of a mobile
// number (data-n) come from libphonenumber's metadata (Apache-2.0), the English
// names from ICU. Of the countries that share a code all but the first have
// data-o. The script of the page puts the names into the reader's language and
// order.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'x.js'));
const { Metadata } = require('libphonenumber-js/core');
const { version } = require('libphonenumber-js/package.json');
const metadata = new Metadata(require('libphonenumber-js/metadata.max.json'));
const names = new Intl.DisplayNames('en', { type: 'region' });

// What people write before a number where the plan has another prefix, or is
// about to: of its nationalPrefixForParsing. Dropped where the rest is as long
// as a mobile number.

const others = { BY: ['80', '0'], LT: ['8'] };

const countries = Object.keys(metadata.metadata.countries)
    .filter((id) => /^[A-Z]{2}$/.test(id) && names.of(id) !== id)
    .map((id) => {
        metadata.selectNumberingPlan(id);

        const plan = metadata.numberingPlan;
        const code = plan.callingCode();
        const mobile = metadata.type('MOBILE');
        const lengths = (mobile && mobile.possibleLengths())
                        || plan.possibleLengths();

        return {
            id,
            name: names.of(id),
            code,
            trunk: plan.nationalPrefix() || '',
            others: others[id] || [],
            length: Math.max(...lengths),
            other: metadata.metadata.country_calling_codes[code][0] !== id,
        };
    });

const expression = (c) => (c.others.length === 0 ? ''
    : `(${c.others.join('|')})(?=.{${c.length}}$)|^`) + c.trunk;

const html = () => countries
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    .map((c) => `<option value="${c.id}" data-d="${c.code}" `
                + `data-t="${expression(c)}" data-n="${c.length}"`
                + (c.other ? ' data-o' : '')
                + `<!--# if expr="$country = ${c.id}" --> selected`
                + '<!--# endif -->>'
                + `${c.name.replace(/&/g, '&amp;')} +${c.code}</option>\n`)
    .join('');

const c = () => `
/*
 * Copyright (C) The nginx-phone-verify authors
 * Copyright (C) The Libphonenumber Authors
 *
 * Licensed under the Apache License, Version 2.0: see LICENSE.Apache-2.0.
 */


/*
 * Made by page/tools/countries.mjs, not to be edited.  Derived from
 * libphonenumber's metadata as in libphonenumber-js ${version}.  Sorted by
 * country: its code, trunk prefix after those that it has beside it, calling
 * code, digits of a mobile number.
 */

` + countries
    .sort((a, b) => a.id < b.id ? -1 : 1)
    .map((c) => `{ "${c.id}", "${[...c.others, c.trunk].join(' ')}", `
                + `${c.code}, ${c.length} },\n`)
    .join('');

process.stdout.write(process.argv[2] === 'c' ? c() : html());
