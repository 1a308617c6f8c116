// What the metadata says of the numbers behind one calling code: an automaton
// whose states know, for each territory, the class of the number so far.
//
// As in libphonenumber a number is of the first class in this order of which
// it matches the pattern and has a length; if it is of a fixed line and of a
// mobile both, it cannot be told.

import { DEAD, beginning, size, whole } from './pattern.mjs';


// The order is that of enum ngx_http_phone_verify_class_e, from 0.

export const classes = [
    'unknown', 'fixed', 'mobile', 'fixed_or_mobile', 'toll_free', 'premium',
    'shared_cost', 'personal', 'voip', 'pager', 'uan', 'voicemail',
    'satellite',
];

export const classOf = Object.fromEntries(classes.map((c, n) => [c, n]));

export const UNKNOWN = classOf.unknown;


// where the fields are in a line of libphonenumber-js's metadata

const PATTERN = 2, LENGTHS = 3, LEADING = 10, TYPES = 11;

const types = [
    'fixed', 'mobile', 'toll_free', 'premium', 'personal', 'voicemail', 'uan',
    'pager', 'voip', 'shared_cost',
];

// The pattern of a class in a line; both fixed and mobile are under fixed.

export function patternOf(line, kind) {
    const type = kind === 'fixed_or_mobile' ? 'fixed' : kind;

    return line[TYPES][types.indexOf(type)]?.[0] ?? '[]';
}


const order = [
    'premium', 'toll_free', 'shared_cost', 'voip', 'personal', 'pager', 'uan',
    'voicemail',
];


// Of several territories that know a number libphonenumber takes the first,
// which has the greater numbering plan. But a territory that has less than this
// share of as many numbers of that class names its own, as the Isle of Man
// does +44 7924.

const SMALL = 0.1;


// "lines" are those of the territories, in the metadata's order. Returns
// { start, step(state, digit), known(state), leading(state) }: known() is
// { territory, kind } or null, "territory" an index and "kind" a class, for a
// number that is in use; leading() the index of a territory that is known by
// how the number begins, else undefined. The state null is the dead one.

export function plan(lines) {
    const automata = [];
    const known = new Map();

    const automaton = (pattern, of) => {
        const key = `${of.name} ${pattern}`;

        if (!known.has(key)) {
            known.set(key, automata.push(of(pattern)) - 1);
        }

        return known.get(key);
    };

    const territories = lines.map((line) => {
        const territory = {
            pattern: automaton(line[PATTERN], whole),
            lengths: line[LENGTHS],
            leading: line[LEADING] ? automaton(line[LEADING], beginning) : null,
            types: {},
        };

        types.forEach((type, n) => {
            const [pattern, lengths] = line[TYPES]?.[n] || [];

            // an empty pattern of mobiles is that of the fixed lines

            if (pattern !== undefined && pattern !== '') {
                territory.types[type] = {
                    pattern: automaton(pattern, whole),
                    lengths: lengths || line[LENGTHS],
                };

            } else if (pattern === '') {
                territory.same = true;
            }
        });

        return territory;
    });

    const sizes = [];

    const classIn = (territory, { length, states }) => {
        const matches = (desc) => desc && desc.lengths.includes(length)
            && automata[desc.pattern].accepts(states[desc.pattern]);

        if (!matches(territory)) {
            return UNKNOWN;
        }

        const { fixed, mobile } = territory.types;
        const first = order.find((type) => matches(territory.types[type]));

        if (first) {
            return classOf[first];
        }

        if (matches(fixed)) {
            return territory.same || matches(mobile)
                ? classOf.fixed_or_mobile : classOf.fixed;
        }

        return matches(mobile) ? classOf.mobile : UNKNOWN;
    };

    // whether that is of the same ordinary class in a small territory

    const numbers = ({ territory, kind }) => {
        const { pattern } = territories[territory].types[classes[kind]];

        return sizes[pattern] ??= size(automata[pattern]);
    };

    const smaller = (first) => (other) => other.kind === first.kind
        && [classOf.fixed, classOf.mobile].includes(first.kind)
        && numbers(other) < SMALL * numbers(first);

    const state = (length, states) => states.every((s) => s === DEAD)
        ? null : { length, states, key: `${length}:${states}` };

    return {
        start: state(0, automata.map((a) => a.start)),

        step: ({ length, states }, digit) => state(length + 1,
            states.map((s, n) => s === DEAD ? DEAD
                                            : automata[n].step(s, digit))),

        known: (s) => {
            const all = territories
                .map((territory, n) => ({
                    territory: n, kind: classIn(territory, s),
                }))
                .filter(({ kind }) => kind !== UNKNOWN);

            return all.find(smaller(all[0])) ?? all[0] ?? null;
        },

        leading: (s) => {
            const n = territories.findIndex(({ leading }) => leading !== null
                && automata[leading].accepts(s.states[leading]));

            return n < 0 ? undefined : n;
        },
    };
}
