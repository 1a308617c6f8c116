// Writes site/parts/countries.html, the options of the country list.
//
//     npm install libphonenumber-js && node countries.mjs > ../site/parts/countries.html
//
// Calling code (data-d), trunk prefix that is dropped (data-t) and the greatest
// length of a mobile number (data-n) come from libphonenumber's metadata
// (Apache-2.0), the English names from ICU.  Of the countries that share a code
// all but the first have data-o.  The script of the page puts the
// names into the reader's language and order.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'x.js'));
const { Metadata } = require('libphonenumber-js/core');
const metadata = new Metadata(require('libphonenumber-js/metadata.max.json'));
const names = new Intl.DisplayNames('en', { type: 'region' });

const countries = Object.keys(metadata.metadata.countries)
    .filter((id) => /^[A-Z]{2}$/.test(id) && names.of(id) !== id)
    .map((id) => ({ id, name: names.of(id) }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));

for (const { id, name } of countries) {
    metadata.selectNumberingPlan(id);
    const plan = metadata.numberingPlan;
    const code = plan.callingCode();
    const trunk = plan.nationalPrefix() || '';
    const mobile = metadata.type('MOBILE');
    const lengths = (mobile && mobile.possibleLengths())
                    || plan.possibleLengths();
    const max = Math.max(...lengths);
    const others = metadata.metadata.country_calling_codes[code][0] !== id;

    process.stdout.write(`<option value="${id}" data-d="${code}" `
        + `data-t="${trunk}" data-n="${max}"${others ? ' data-o' : ''}`
        + `<!--# if expr="$country = ${id}" --> selected<!--# endif -->>`
        + `${name.replace(/&/g, '&amp;')} +${code}</option>\n`);
}
