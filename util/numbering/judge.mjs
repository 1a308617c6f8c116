// What libphonenumber says of a number, and whether that is what is said here.
//
// Where libphonenumber knows a number, both must say the same. Where it does
// not, more is said here, on purpose: each such case has its name.

import { createRequire } from 'node:module';

import { ordinary, service } from './world.mjs';

const require = createRequire(import.meta.url);

const { PhoneNumber, PhoneNumberType, PhoneNumberUtil }
    = require('google-libphonenumber');

export const library = PhoneNumberUtil.getInstance();

const kinds = Object.fromEntries(Object.entries(PhoneNumberType)
    .map(([name, value]) => [value, {
        FIXED_LINE: 'fixed',
        FIXED_LINE_OR_MOBILE: 'fixed_or_mobile',
        PREMIUM_RATE: 'premium',
        PERSONAL_NUMBER: 'personal',
    }[name] ?? name.toLowerCase()]));

const codes = new Set([
    ...library.getSupportedCallingCodes(),
].map(String));


// { country, kind } as libphonenumber has it; no country: it does not know.
// Nothing is parsed there, so that no digit is taken for a prefix.

export function theirs(number) {
    const code = [1, 2, 3].map((n) => number.slice(0, n))
                          .find((prefix) => codes.has(prefix));

    if (!code) {
        return { country: null, kind: 'unknown' };
    }

    const national = number.slice(code.length);
    const zeros = /^0*/.exec(national)[0].length;
    const proto = new PhoneNumber();

    proto.setCountryCode(+code);
    proto.setNationalNumber(+national);

    if (zeros && zeros < national.length) {
        proto.setItalianLeadingZero(true);
        proto.setNumberOfLeadingZeros(zeros);
    }

    return {
        code,
        proto,
        country: library.getRegionCodeForNumber(proto) ?? null,
        kind: kinds[library.getNumberType(proto)],
    };
}


export function judge(number, ours) {
    const t = theirs(number);

    const said = (verdict) => ({ verdict, theirs: t });

    if (t.country === '001' || (!t.country && service(number))) {
        return said(ours.country === 'XX'
                    && ours.kind === service(t.code ?? number)
            ? 'a service of no country' : 'differs');
    }

    if (t.country === ours.country && t.kind === ours.kind) {
        return said(t.kind === 'unknown' ? 'the same: a country, no class'
                                         : 'the same');
    }

    if (t.kind !== 'unknown') {
        return said(t.kind === ours.kind
                    && library.isValidNumberForRegion(t.proto, ours.country)
            ? "a small territory's, which libphonenumber asks too late"
            : 'differs');
    }

    if (t.country && t.country !== ours.country) {
        return said('differs');
    }

    if (ours.kind !== 'unknown') {
        return said(ordinary.includes(ours.kind)
            ? 'differs' : 'unknown, but in a block of one class');
    }

    return said(ours.country === 'ZZ' ? 'the same: nobody known'
                                      : 'unknown, but a country by its prefix');
}
